/** A Millrace of its own process whose sources each have a write key of their name, and what it has stored of each. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EventTotals } from '../../src/engine/profiles/event-counts.ts'
import { type WriteKeyTerms, writeKeyOf } from '../../src/engine/tracking/write-keys.ts'
import { changeWriteKeys, writeKeyFile } from '../../src/http/tracking/write-key-file.ts'
import type { QuarantinedItem } from '../../src/model/event/quarantine.ts'
import { EVENTS } from '../../src/model/system-collections.ts'
import type { EngineStatus } from '../../src/runtime/status.ts'
import { ServerProcess } from '../crash/server-process.ts'
import { StoredEvents } from '../sdk/stored-events.ts'
import { until } from '../sdk/until.ts'
import { HttpClient } from './http-client.ts'

export type StageOptions = {
  /** By name, as the catalog has them. */
  sources: Record<string, { strict?: boolean }>
  /** Further keys, by their text. */
  keys?: Record<string, WriteKeyTerms>
  /** Of the client. */
  connections: number
}

/** Longer than the tests: until then events stay where they are read. */
const LAKE_FLUSH_MS = 3_600_000
const QUARANTINE_PAGE = 500

export class TrackingStage {
  readonly client: HttpClient
  readonly stored: StoredEvents
  readonly server: ServerProcess
  readonly #folder: string

  private constructor(folder: string, parts: { server: ServerProcess; stored: StoredEvents; connections: number }) {
    this.#folder = folder
    this.server = parts.server
    this.stored = parts.stored
    this.client = new HttpClient(parts.server.url, parts.connections)
  }

  static async open({ sources, keys = {}, connections }: StageOptions): Promise<TrackingStage> {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-tracking-')))
    const data = join(folder, 'data')
    // JSON is YAML.
    writeFileSync(join(folder, 'millrace.yaml'), JSON.stringify({ sources }))
    const own = Object.keys(sources).map((source): [string, WriteKeyTerms] => [keyOf(source), { source, scopes: ['track'] }])
    const createdAt = new Date().toISOString()
    changeWriteKeys(writeKeyFile(data), () =>
      [...own, ...Object.entries(keys)].map(([text, terms]) => writeKeyOf(text, terms, createdAt)),
    )
    const server = await ServerProcess.start({ catalog: folder, data, lakeFlushMs: LAKE_FLUSH_MS })
    return new TrackingStage(folder, { server, stored: await StoredEvents.open(data), connections })
  }

  /** Resolves when all that is on the log is applied, with the totals of then. */
  async settled(): Promise<EventTotals> {
    let status: Partial<EngineStatus> = {}
    const isSettled = async () => {
      status = (await this.server.status()) as EngineStatus
      return (status.apply?.positions?.[EVENTS] ?? -1) >= (status.log?.head ?? 0)
    }
    await until('settled', isSettled, () => [status, this.server.errors])
    return status.events ?? { applied: 0, repeated: 0, setAside: 0 }
  }

  /** All of it, page by page; of one source, if it is named. */
  async quarantined(source?: string): Promise<QuarantinedItem[]> {
    const items: QuarantinedItem[] = []
    const filter = source === undefined ? '' : `&source=${source}`
    for (let cursor: string | null | undefined = ''; cursor !== null && cursor !== undefined;) {
      const after: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const page = await this.read<{ items: QuarantinedItem[]; nextCursor: string | null }>(
        `/quarantine?limit=${QUARANTINE_PAGE}${filter}${after}`,
      )
      items.push(...page.items)
      cursor = page.nextCursor
    }
    return items
  }

  /** The answer has the form that its endpoint promises. */
  async read<Body>(path: string): Promise<Body> {
    const { status, text } = await this.client.send({ path, method: 'GET' })
    if (status !== 200) throw new Error(`${path}: ${status} ${text}`)
    return JSON.parse(text) as Body
  }

  async close(): Promise<void> {
    this.client.close()
    await this.stored.close()
    await this.server.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** In place of one that Millrace made. */
export function keyOf(source: string): string {
  return `key-of-${source}`
}
