/**
 * The lake writer from one start to its first failure: reads the log (captured collections) and the store's outputs (derived
 * ones), gathers documents in open fragments and rolls these. It holds nothing that the next session could not read again.
 *
 * Invariant: at every moment the recorded fragments of a journal are a gapless beginning of it, and reading on from the
 * recorded cursors, without what recorded fragments cover, yields exactly the rest.
 */
import { basename } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { invariant } from '../base/errors.ts'
import type { Collection } from '../model/catalog.ts'
import { decodeBatch } from '../model/document-batch.ts'
import type { Log, LogEntry, Position } from '../log/log.ts'
import type { OutputBatch, Store } from '../store/store.ts'
import { CollectionFiling, type Journal } from './collection-filing.ts'
import { FragmentFiles, type StepObserver } from './fragment-files.ts'
import { formatFragmentPath, HOUR_MS, type Codec } from './fragment-path.ts'
import type { FragmentRecord } from './manifest.ts'
import { mapAtOnce } from './map-at-once.ts'
import { redactLake } from './redact-lake.ts'
import type { Redaction } from './redaction.ts'

export type LakeSessionOptions = {
  directory: string
  manifestPath: string
  /** Those with a derivation are read from the store's outputs, the others from the log. */
  collections: readonly Pick<Collection, 'name' | 'derivation'>[]
  log: Pick<Log, 'read'>
  store: Pick<Store, 'readOutputs'>
  clock: Clock
  codec: Codec
  /** A fragment of this size (uncompressed) is rolled. */
  fragmentBytes: number
  /** No document waits longer than this in an open fragment. */
  flushIntervalMs: number
  /** Beyond so many open fragments, or so much memory of theirs, the largest are rolled. */
  openFragmentsMax: number
  openBytesMax: number
  onStep: StepObserver
  /** `filedThrough`: by collection, up to where every document is in a published fragment. */
  onPublished: (fragments: readonly FragmentRecord[], filedThrough: ReadonlyMap<string, Position>) => void
}

/** Compressed; some 20 MB of documents, 0.2 s of work, between two looks at the clock. */
const READ_BYTES = 4 * 1024 * 1024

/** Flushes of different files at once share the disk's journal commits; more than this gains nothing. */
const FINISHED_AT_ONCE = 8

export class LakeSession {
  readonly #options: LakeSessionOptions
  readonly #files: FragmentFiles
  readonly #filings: Map<string, CollectionFiling>
  readonly #captured: CollectionFiling[]
  readonly #derived: CollectionFiling[]
  /** How far the log was read: the same for all captured collections. */
  #logPosition: Position
  #flushAt: number | undefined
  readonly #open = new Set<Journal>()
  readonly #memory = { bytes: 0 }

  private constructor(options: LakeSessionOptions, files: FragmentFiles) {
    this.#options = options
    this.#files = files
    this.#filings = new Map(options.collections.map(({ name }) => [name, this.#newFiling(name)]))
    const isDerived = new Set(options.collections.filter(({ derivation }) => derivation).map(({ name }) => name))
    const filings = [...this.#filings.values()]
    this.#captured = filings.filter(({ collection }) => !isDerived.has(collection))
    this.#derived = filings.filter(({ collection }) => isDerived.has(collection))
    this.#logPosition = Math.min(...this.#captured.map(({ position }) => position))
  }

  /** Repairs what a crash has left behind, and takes up every collection where it was filed to. */
  static async start(options: LakeSessionOptions): Promise<LakeSession> {
    return new LakeSession(options, await FragmentFiles.recover(options))
  }

  /** Files the next stretch of everything; false when there was nothing new. */
  async pass(): Promise<boolean> {
    const hasNewInputs = await this.#passLog()
    let hasNewOutputs = false
    for (const filing of this.#derived) hasNewOutputs = (await this.#passOutputs(filing)) || hasNewOutputs
    if (this.#flushAt !== undefined && this.#options.clock.now() >= this.#flushAt) await this.rollAll()
    return hasNewInputs || hasNewOutputs
  }

  /** When the open fragments are to be rolled; undefined while none is open. */
  get flushAt(): number | undefined {
    return this.#flushAt
  }

  /** Publishes every open fragment and records how far everything was read. */
  async rollAll(): Promise<void> {
    await this.#roll([...this.#open])
    const cursors = this.#movedCursors()
    if (cursors.size > 0) await this.#files.add([], cursors)
    this.#flushAt = undefined
  }

  /**
   * Publishes what is open, so that everything that was read before is in fragments, and redacts these. True when it is complete now
   * and was not before. Whoever asks sees to it that log and store hold no such documents any more.
   */
  async redact(redaction: Redaction, signal: AbortSignal): Promise<boolean> {
    const isComplete = () => this.#files.manifest.redaction(redaction.id)?.isComplete === true
    if (isComplete()) return false
    await this.rollAll()
    await redactLake(this.#files, redaction, signal)
    return isComplete()
  }

  get positions(): Map<string, Position> {
    return new Map([...this.#filings.values()].map(({ collection, position }) => [collection, position]))
  }

  /** After a failure: lets go of all files, as a crash would. The session is over. */
  async abandon(): Promise<void> {
    for (const { fragment } of this.#open) await fragment?.abandon()
    this.close()
  }

  /** Gives the space of the open fragments back. What was in them is read again by the next session. */
  async discard(): Promise<void> {
    for (const { fragment } of this.#open) await fragment?.abandon()
    // When this fails too, the next start deletes them.
    await this.#files.deleteOpenFiles().catch(() => undefined)
    this.close()
  }

  close(): void {
    this.#files.manifest.close()
  }

  async #passLog(): Promise<boolean> {
    if (this.#captured.length === 0) return false
    const entries = await this.#options.log.read(this.#logPosition, { maxBytes: READ_BYTES })
    for (const entry of entries) await this.#fileEntry(entry)
    return entries.length > 0
  }

  async #fileEntry({ position, appendedAt, payload }: LogEntry): Promise<void> {
    const place = { through: position, hour: Math.floor(appendedAt / HOUR_MS) }
    const touched: Journal[] = []
    for (const section of decodeBatch(payload)) {
      const filing = this.#captured.find(({ collection }) => collection === section.collection)
      if (filing === undefined || filing.position >= position) continue
      if (filing.beginsHour(place.hour)) await this.#roll(filing.openJournals())
      touched.push(...(await filing.add(section, place)))
    }
    for (const filing of this.#captured) filing.position = Math.max(filing.position, position)
    this.#logPosition = position
    await this.#afterBatch(touched)
  }

  async #passOutputs(filing: CollectionFiling): Promise<boolean> {
    const batches = await this.#options.store.readOutputs(filing.collection, filing.position, READ_BYTES)
    for (const batch of batches) await this.#fileOutputs(filing, batch)
    return batches.length > 0
  }

  async #fileOutputs(filing: CollectionFiling, { through, appendedAt, payload }: OutputBatch): Promise<void> {
    const place = { through, hour: Math.floor(appendedAt / HOUR_MS) }
    const touched: Journal[] = []
    if (filing.beginsHour(place.hour)) await this.#roll(filing.openJournals())
    for (const section of decodeBatch(payload)) touched.push(...(await filing.add(section, place)))
    filing.position = Math.max(filing.position, through)
    await this.#afterBatch(touched)
  }

  /** Fragments end between batches only, so that none splits the documents of one log entry. */
  async #afterBatch(touched: readonly Journal[]): Promise<void> {
    const { clock, flushIntervalMs, fragmentBytes, onStep } = this.#options
    onStep('read')
    if (this.#open.size > 0) this.#flushAt ??= clock.now() + flushIntervalMs
    const full = touched.filter(({ fragment }) => fragment !== undefined && fragment.sizeBytes >= fragmentBytes)
    await this.#roll([...new Set(full)])
    await this.#rollSurplus()
    if (this.#open.size === 0) this.#flushAt = undefined
  }

  /** Too much is open at once: the largest go, a quarter more than needed, so that not every batch rolls some again. */
  async #rollSurplus(): Promise<void> {
    const { openFragmentsMax, openBytesMax } = this.#options
    if (this.#open.size <= openFragmentsMax && this.#memory.bytes <= openBytesMax) return
    const largestFirst = [...this.#open].toSorted((a, b) => openBytes(b) - openBytes(a))
    let { size: count } = this.#open
    let { bytes } = this.#memory
    const surplus = largestFirst.filter(({ fragment }) => {
      if (count <= openFragmentsMax * 0.75 && bytes <= openBytesMax * 0.75) return false
      count--
      bytes -= fragment?.memoryBytes ?? 0
      return true
    })
    await this.#roll(surplus)
  }

  async #roll(journals: readonly Journal[]): Promise<void> {
    if (journals.length === 0) return
    const records = await mapAtOnce(journals, FINISHED_AT_ONCE, (journal) => this.#finish(journal))
    await this.#files.add(records, this.#movedCursors())
    this.#options.onPublished(records, this.#filedThrough())
  }

  async #finish(journal: Journal): Promise<FragmentRecord> {
    const { collection, partition, fragment } = journal
    invariant(fragment, `a fragment of ${collection} is open`)
    const { begin, codec, hour, firstPosition } = fragment
    const { end, sha1, ...outcome } = await fragment.finish()
    const path = formatFragmentPath({ collection, partition, begin, end, sha1, codec, hour })
    this.#filings.get(collection)?.close(journal)
    const temporary = basename(fragment.path)
    return { collection, partition, begin, end, sha1, path, firstPosition, temporary, ...outcome }
  }

  #filedThrough(): Map<string, Position> {
    const { manifest } = this.#files
    return new Map([...this.#filings.keys()].map((collection) => [collection, manifest.cursor(collection)]))
  }

  #movedCursors(): Map<string, Position> {
    const moved = new Map<string, Position>()
    for (const { collection, cursor } of this.#filings.values()) {
      if (cursor > this.#files.manifest.cursor(collection)) moved.set(collection, cursor)
    }
    return moved
  }

  #newFiling(collection: string): CollectionFiling {
    const { manifest } = this.#files
    return new CollectionFiling(collection, manifest.cursor(collection), {
      codec: this.#options.codec,
      open: this.#open,
      memory: this.#memory,
      newOpenFile: () => this.#files.newOpenFile(),
      tail: (collection, partition) => manifest.tail(collection, partition),
      onCompressed: () => this.#options.onStep('compressed'),
    })
  }
}

function openBytes({ fragment }: Journal): number {
  return fragment?.sizeBytes ?? 0
}
