/**
 * Feeds segment events into a server that is killed again and again, and compares everything that came out with an independent
 * computation: both tables, the toggles that a webhook received, and the lake of events and toggles, document by document.
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom, type Random } from '../../src/base/random.ts'
import { segmentEvents } from '../../src/engine/segment-generator/segment-events.ts'
import type { EngineStatus } from '../../src/runtime/status.ts'
import { MortalServer } from './mortal-server.ts'
import { readLakeLines } from './read-lake-lines.ts'
import { digestOf, type OracleEvent, SegmentOracle, TableDigest } from '../segment-oracle.ts'
import { same, sameList } from './same.ts'
import { ToggleReceiver } from './toggle-receiver.ts'

export type CrashRunOptions = {
  events: number
  seed: number
  /** Kills at random moments, until so many have been made (or all events are through). */
  kills?: number
  /** Instead: the process kills itself at this durability point, once. */
  crashAt?: string
  users?: number
  /** `sqlite` or a PostgreSQL URL. */
  store?: string
  onProgress?: (text: string) => void
}

export type CrashRunOutcome = { kills: number; repeatedBodies: number; repeatedRequests: number }

const COLLECTION = 'examples/segment/events'
const BATCH_MAX = 400
const SETTLE_TIMEOUT_MS = 60_000
const BATCH_SETTLE_MS = 2_000

/** Throws at the first difference. */
export async function crashRun(options: CrashRunOptions): Promise<CrashRunOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-crash-'))
  const receiver = await ToggleReceiver.start()
  const run = new CrashRun(options, folder, receiver)
  try {
    return await run.run()
  } finally {
    await run.close()
    await receiver.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

class CrashRun {
  readonly #options: CrashRunOptions
  readonly #folder: string
  readonly #receiver: ToggleReceiver
  readonly #random: Random
  readonly #events: OracleEvent[]
  readonly #catalog: string
  #server: MortalServer | undefined
  #repeatedRequests = 0
  #isFed = false

  constructor(options: CrashRunOptions, folder: string, receiver: ToggleReceiver) {
    this.#options = options
    this.#folder = folder
    this.#receiver = receiver
    this.#random = seededRandom(options.seed)
    this.#events = generate(options.events, options.seed, options.users ?? Math.max(50, options.events / 20))
    this.#catalog = writeCatalog(folder, receiver.url)
  }

  async run(): Promise<CrashRunOutcome> {
    const { store, crashAt } = this.#options
    const server = await MortalServer.start({
      catalog: this.#catalog,
      data: join(this.#folder, 'data'),
      ...(store === undefined ? {} : { store }),
      ...(crashAt === undefined ? {} : { crashAt }),
    })
    this.#server = server
    const dying = crashAt === undefined ? this.#killAtRandom(server) : server.reviveOnce()
    await this.#feed(server)
    this.#isFed = true
    await dying
    if (!(await server.untilStatus(isSettled, SETTLE_TIMEOUT_MS)))
      throw new Error(`Not settled in time: ${await server.describe()}`)
    await server.stop()
    await this.#compare()
    return { kills: server.deaths, repeatedBodies: this.#receiver.repeats, repeatedRequests: this.#repeatedRequests }
  }

  async close(): Promise<void> {
    await this.#server?.close()
  }

  /** Batches in order, each with its key, again and again until it is acknowledged: what a careful client does. */
  async #feed(server: MortalServer): Promise<void> {
    const { kills = 0, crashAt } = this.#options
    for (let start = 0, batch = 0; start < this.#events.length; batch++) {
      const end = Math.min(this.#events.length, start + 1 + Math.floor(this.#random.next() * BATCH_MAX))
      await server.untilDiedOftenEnough(start / this.#events.length, kills)
      await this.#postUntilAcknowledged(server, this.#events.slice(start, end), `batch-${batch}`)
      // At a durability point each batch should make a transaction of its own, so that the point is passed often.
      if (crashAt !== undefined) await server.untilStatus(isSettled, BATCH_SETTLE_MS)
      start = end
    }
  }

  async #postUntilAcknowledged(server: MortalServer, documents: OracleEvent[], key: string): Promise<void> {
    const body = JSON.stringify({ [COLLECTION]: documents })
    for (;;) {
      const response = await post(`${server.url}/ingest`, body, key)
      if (response?.ok) {
        const { isRepeat } = (await response.json()) as { isRepeat: boolean }
        if (isRepeat) this.#repeatedRequests++
        return
      }
      if (response && response.status < 500) throw new Error(`Refused: ${response.status} ${await response.text()}`)
      await sleep(20)
    }
  }

  async #killAtRandom(server: MortalServer): Promise<void> {
    const { kills = 0, onProgress } = this.#options
    const onKill = () => onProgress?.(`kill ${server.deaths} of ${kills}${this.#isFed ? ', everything is accepted' : ''}`)
    await server.killAtRandom({ kills, random: this.#random, onKill })
  }

  async #compare(): Promise<void> {
    const toggles: string[] = []
    const oracle = new SegmentOracle((toggle) => toggles.push(JSON.stringify(toggle)))
    for (const event of this.#events) oracle.apply(event)
    const db = new DatabaseSync(join(this.#folder, 'catalog', 'examples.db'), { readOnly: true })
    same('memberships', tableDigest(db, 'segment_memberships'), digestOf(oracle.memberships()))
    same('profiles', tableDigest(db, 'segment_profiles'), digestOf(oracle.profiles()))
    db.close()
    same('bodies that differ under one key', this.#receiver.differing, 0)
    sameList('toggles received', this.#receiver.documents, toggles)
    const lake = join(this.#folder, 'data', 'lake')
    const lines = this.#events.map((event) => JSON.stringify(event))
    for (const vendor of new Set(this.#events.map(({ segment }) => segment.vendor))) {
      const ofVendor = (text: string) => (JSON.parse(text) as OracleEvent).segment.vendor === vendor
      sameList(
        `events of vendor ${vendor} in the lake`,
        await readLakeLines(join(lake, COLLECTION, `vendor=${vendor}`)),
        lines.filter(ofVendor),
      )
      sameList(
        `toggles of vendor ${vendor} in the lake`,
        await readLakeLines(join(lake, 'examples/segment/toggles', `vendor=${vendor}`)),
        toggles.filter(ofVendor),
      )
    }
  }
}

async function post(url: string, body: string, key: string): Promise<Response | undefined> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key }
  try {
    return await fetch(url, { method: 'POST', headers, body })
  } catch {
    return undefined
  }
}

/** Every event publishes a membership, so where the lake has read the last of those it has read everything. */
function isSettled({ log, apply, materializations, lake }: EngineStatus): boolean {
  const positions = [
    ...Object.values(apply.positions ?? { none: -1 }),
    ...Object.values(materializations).flatMap(({ bindings }) => bindings?.map(({ position }) => position) ?? [-1]),
    lake.positions?.[COLLECTION] ?? -1,
    lake.positions?.['examples/segment/memberships'] ?? -1,
  ]
  return positions.every((position) => position >= log.head)
}

function generate(count: number, seed: number, users: number): OracleEvent[] {
  let now = Date.UTC(2026, 0, 1)
  const stream = segmentEvents(seededRandom(seed), { users, now: () => (now += 137) })
  return Array.from({ length: count }, () => stream.next().value)
}

/** The example, with a receiver of toggles. */
function writeCatalog(folder: string, url: string): string {
  const catalog = join(folder, 'catalog')
  cpSync(join(import.meta.dirname, '../../examples/segment'), catalog, { recursive: true, filter: (path) => !/\.db/.test(path) })
  const path = join(catalog, 'crash.millrace.yaml')
  writeFileSync(
    path,
    `import: [millrace.yaml]
materializations:
  crash/toggles:
    endpoint: { webhook: { url: "${url}" } }
    bindings:
      - { source: examples/segment/toggles, table: toggles }
`,
  )
  return path
}

function tableDigest(db: DatabaseSync, table: string): string {
  const digest = new TableDigest()
  for (const row of db.prepare(`select flow_document from ${table}`).iterate())
    digest.add(JSON.parse(String(row['flow_document'])))
  return digest.toString()
}
