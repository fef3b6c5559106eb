/** What a running Millrace has of each source: events on its log, repeats included, and on timelines, where each is once. */
import type { LogReader, Position } from '../../src/log/log.ts'
import { openSqliteLogReader } from '../../src/log/sqlite/open-sqlite-log-reader.ts'
import { decodeBatch } from '../../src/model/document-batch.ts'
import { EVENT_TYPES, type TrackedEvent } from '../../src/model/event/event.ts'
import type { QuarantinedItem } from '../../src/model/event/quarantine.ts'
import type { TimelineEvent } from '../../src/model/event/timeline-event.ts'
import { EVENTS, INBOX, QUARANTINE } from '../../src/model/system-collections.ts'
import { dataDirectory } from '../../src/runtime/data-directory.ts'
import { openSqliteStoreReader } from '../../src/store/sqlite/open-sqlite-store-reader.ts'
import type { StoreReader } from '../../src/store/store.ts'
import { until } from './until.ts'

export type Stored = {
  /** As the log has them. */
  logged: TrackedEvent[]
  /** What the door set aside. */
  quarantined: QuarantinedItem[]
  /** As timelines have them, without the events that Millrace makes itself. */
  applied: TimelineEvent[]
}

const READ_BYTES = 16 * 1024 * 1024
const TRACKED_TYPES: ReadonlySet<string> = new Set(EVENT_TYPES)

export class StoredEvents {
  readonly #log: LogReader
  readonly #store: StoreReader
  readonly #bySource = new Map<string, Stored>()
  #logPosition: Position = 0
  #outputPosition: Position = 0
  #looking: Promise<void> | undefined

  private constructor(log: LogReader, store: StoreReader) {
    this.#log = log
    this.#store = store
  }

  /** Reads beside a running server, which must not file outputs meanwhile: what the lake has is dropped from the store. */
  static async open(data: string): Promise<StoredEvents> {
    const { logPath, storePath } = dataDirectory(data)
    return new StoredEvents(await openSqliteLogReader(logPath), await openSqliteStoreReader(storePath))
  }

  /** What has been read so far; it grows. */
  of(source: string): Stored {
    const stored = this.#bySource.get(source) ?? { logged: [], quarantined: [], applied: [] }
    this.#bySource.set(source, stored)
    return stored
  }

  /** Resolves when what is there of the source is as `isSo` wants it, rejects with what is there when that takes too long. */
  async until(source: string, what: string, isSo: (stored: Stored) => boolean): Promise<void> {
    const stored = this.of(source)
    const look = async () => {
      await this.#look()
      return isSo(stored)
    }
    await until(`${what} of ${source}`, look, () => stored)
  }

  async close(): Promise<void> {
    await this.#looking
    await this.#log.close()
    await this.#store.close()
  }

  /** Many wait at once, one reads for all. */
  #look(): Promise<void> {
    this.#looking ??= this.#readOn().finally(() => (this.#looking = undefined))
    return this.#looking
  }

  async #readOn(): Promise<void> {
    for (const { position, payload } of await this.#log.read(this.#logPosition, { maxBytes: READ_BYTES })) {
      for (const event of documentsOf<TrackedEvent>(payload, INBOX)) this.of(event.source).logged.push(event)
      for (const item of documentsOf<QuarantinedItem>(payload, QUARANTINE)) this.of(item.source).quarantined.push(item)
      this.#logPosition = position
    }
    for (const { through, payload } of await this.#store.readOutputs(EVENTS, this.#outputPosition, READ_BYTES)) {
      for (const event of documentsOf<TimelineEvent>(payload, EVENTS))
        if (TRACKED_TYPES.has(event.type)) this.of(event.source).applied.push(event)
      this.#outputPosition = through
    }
  }
}

/** The form of a section's documents is known by the collection's name. */
function documentsOf<Document>(payload: Uint8Array, collection: string): Document[] {
  const sections = decodeBatch(payload).filter((section) => section.collection === collection)
  return sections.flatMap((section) => section.documents().map((text) => JSON.parse(text) as Document))
}
