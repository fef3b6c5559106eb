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
import { readLakeLines } from './read-lake-lines.ts'
import { digestOf, type OracleEvent, SegmentOracle, TableDigest } from '../segment-oracle.ts'
import { ServerProcess } from './server-process.ts'
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
/** Killing more often than a start takes would only test the start. */
const KILL_AFTER_MS = { min: 150, max: 900 }
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
  #server: ServerProcess | undefined
  #kills = 0
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
    this.#server = await this.#start(this.#options.crashAt)
    const killing = this.#options.crashAt === undefined ? this.#killAtRandom() : this.#restartOnce()
    await this.#feed()
    this.#isFed = true
    await killing
    await this.#settle()
    const code = await this.#server.stop()
    if (code !== 0) throw new Error(`The server stopped with ${code}: ${this.#server.errors}`)
    await this.#compare()
    return { kills: this.#kills, repeatedBodies: this.#receiver.repeats, repeatedRequests: this.#repeatedRequests }
  }

  async close(): Promise<void> {
    if (this.#server?.isAlive) await this.#server.kill()
  }

  #start(crashAt?: string): Promise<ServerProcess> {
    const { store } = this.#options
    const options = { catalog: this.#catalog, data: join(this.#folder, 'data') }
    return ServerProcess.start({
      ...options,
      ...(store === undefined ? {} : { store }),
      ...(crashAt === undefined ? {} : { crashAt }),
    })
  }

  /** Batches in order, each with its key, again and again until it is acknowledged: what a careful client does. */
  async #feed(): Promise<void> {
    for (let start = 0, batch = 0; start < this.#events.length; batch++) {
      const end = Math.min(this.#events.length, start + 1 + Math.floor(this.#random.next() * BATCH_MAX))
      await this.#untilKilledOftenEnough(start / this.#events.length)
      await this.#postUntilAcknowledged(this.#events.slice(start, end), `batch-${batch}`)
      // At a durability point each batch should make a transaction of its own, so that the point is passed often.
      if (this.#options.crashAt !== undefined) await this.#untilSettled(BATCH_SETTLE_MS)
      start = end
    }
  }

  /** Spreads the events over the kills, so that most kills meet a server that is taking events in. */
  async #untilKilledOftenEnough(share: number): Promise<void> {
    const { kills = 0 } = this.#options
    while (this.#kills + 1 < share * (kills + 1)) await sleep(5)
  }

  async #postUntilAcknowledged(documents: OracleEvent[], key: string): Promise<void> {
    const body = JSON.stringify({ [COLLECTION]: documents })
    for (;;) {
      const response = await this.#post(body, key)
      if (response?.ok) {
        const { isRepeat } = (await response.json()) as { isRepeat: boolean }
        if (isRepeat) this.#repeatedRequests++
        return
      }
      if (response && response.status < 500) throw new Error(`Refused: ${response.status} ${await response.text()}`)
      await sleep(20)
    }
  }

  async #post(body: string, key: string): Promise<Response | undefined> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': key }
    try {
      return await fetch(`${this.#server?.url}/ingest`, { method: 'POST', headers, body })
    } catch {
      return undefined
    }
  }

  async #killAtRandom(): Promise<void> {
    const { kills = 0, onProgress } = this.#options
    while (this.#kills < kills) {
      await sleep(KILL_AFTER_MS.min + this.#random.next() * (KILL_AFTER_MS.max - KILL_AFTER_MS.min))
      await this.#server?.kill()
      this.#kills++
      onProgress?.(`kill ${this.#kills} of ${kills}${this.#isFed ? ', everything is accepted' : ''}`)
      this.#server = await this.#start()
    }
  }

  async #restartOnce(): Promise<void> {
    const deadline = Date.now() + SETTLE_TIMEOUT_MS
    while (this.#server?.isAlive && Date.now() < deadline) await sleep(20)
    if (this.#server?.isAlive) throw new Error(`The durability point ${this.#options.crashAt} was never passed.`)
    this.#kills++
    this.#server = await this.#start()
  }

  async #settle(): Promise<void> {
    if (await this.#untilSettled(SETTLE_TIMEOUT_MS)) return
    throw new Error(`Not settled in time: ${JSON.stringify(await this.#server?.status())} ${this.#server?.errors}`)
  }

  /** Until every task has reached the head of the log; false when that takes longer, or the server dies meanwhile. */
  async #untilSettled(timeoutMs: number): Promise<boolean> {
    const deadline = Date.now() + timeoutMs
    while (Date.now() < deadline && this.#server?.isAlive) {
      const status = (await this.#server.status().catch(() => undefined)) as Status | undefined
      if (status && isSettled(status)) return true
      await sleep(5)
    }
    return false
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

type Status = {
  log: { head: number }
  apply: { positions?: Record<string, number> }
  materializations: Record<string, { bindings?: { position: number }[] }>
  lake: { positions?: Record<string, number> }
}

/** Every event publishes a membership, so where the lake has read the last of those it has read everything. */
function isSettled({ log, apply, materializations, lake }: Status): boolean {
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

function same(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${what}: ${String(actual)} instead of ${String(expected)}`)
}

function sameList(what: string, actual: readonly string[], expected: readonly string[]): void {
  const at = actual.findIndex((text, i) => text !== expected[i])
  if (at >= 0) throw new Error(`${what}: at ${at} ${actual[at]} instead of ${expected[at] ?? 'nothing'}`)
  same(`number of ${what}`, actual.length, expected.length)
}
