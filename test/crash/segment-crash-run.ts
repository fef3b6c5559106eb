/**
 * Sends what segments ask about to a server that is killed again and again, while windows of time close, history is brought to segments
 * that are defined and changed in the middle, and a reader of notifications is killed as well; then compares everything (compare-segments.ts).
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Random, seededRandom } from '../../src/base/random.ts'
import type { SegmentReport } from '../../src/engine/segments/reading/segment-report.ts'
import { writeKeyOf } from '../../src/engine/tracking/write-keys.ts'
import { changeWriteKeys, writeKeyFile } from '../../src/http/tracking/write-key-file.ts'
import { engineConfigSchema } from '../../src/runtime/config.ts'
import { requireCatalog } from '../../src/runtime/require-catalog.ts'
import { openStoreReader } from '../../src/runtime/storage.ts'
import { compareSegments, type SegmentFigures } from './compare-segments.ts'
import { MortalServer } from './mortal-server.ts'
import { isApplied, isAtWork } from './profile-crash-run.ts'
import { CATALOG_RULES, documentOf, LATER_RULES, type SegmentRule, SegmentTraffic } from './segment-traffic.ts'
import { sendUntilAccepted } from './send-batch.ts'

export type SegmentCrashOptions = {
  events: number
  seed: number
  /** Kills at random moments. */
  kills?: number
  /** Instead: the process kills itself at this durability point, once. */
  crashAt?: string
  users?: number
  /** `sqlite` or a PostgreSQL URL. */
  store?: string
  onProgress?: (text: string) => void
}

export type SegmentCrashOutcome = SegmentFigures & { kills: number; readerKills: number }

const WRITE_KEY = 'key-of-web'
const BATCH_MAX = 60
const RETRY_MS = 20
const PAUSE_MS = 20
const SETTLE_TIMEOUT_MS = 60_000
/** Often, so that much is filed, removed from the outputs and still to be filed when the server dies. */
const LAKE_FLUSH_MS = 40
/** So that history comes in many pages, most of which meet a death or a repeat. */
const FILL_PAGE_ENTITIES = 3
const READER_LIVES_MS = { min: 400, max: 2_500 }

/** Throws at the first difference. */
export async function segmentCrashRun(options: SegmentCrashOptions): Promise<SegmentCrashOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-segment-crash-'))
  const run = new SegmentCrashRun(options, folder)
  try {
    return await run.run()
  } finally {
    await run.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

class SegmentCrashRun {
  readonly #options: SegmentCrashOptions
  readonly #folder: string
  readonly #random: Random
  readonly #traffic: SegmentTraffic
  readonly #rules = new Map<string, SegmentRule>(Object.entries(CATALOG_RULES))
  readonly #closing = new AbortController()
  #server: MortalServer | undefined
  #reader: ChildProcess | undefined
  #readerKills = 0
  #sent = 0

  constructor(options: SegmentCrashOptions, folder: string) {
    const { events, seed, users = Math.max(20, Math.ceil(events / 40)) } = options
    this.#options = options
    this.#folder = folder
    this.#random = seededRandom(seed)
    this.#traffic = new SegmentTraffic(seededRandom(seed + 1), users)
  }

  async run(): Promise<SegmentCrashOutcome> {
    const { kills = 0, crashAt, events, onProgress } = this.#options
    const server = await this.#start()
    const onKill = () => onProgress?.(`kill ${server.deaths} of ${kills}`)
    const killing = { kills, random: this.#random, onKill, isAtWork }
    const dying = crashAt === undefined ? server.killDuring(() => this.#sent / events, killing) : server.reviveOnce()
    const reading = this.#read(server)
    await Promise.all([dying, this.#send(server), this.#defineLater(server)])
    await this.#settle(server)
    this.#closing.abort()
    await reading
    await server.stop()
    const figures = await this.#compare()
    return { ...figures, kills: server.deaths, readerKills: this.#readerKills }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#reader?.kill('SIGKILL')
    await this.#server?.close()
  }

  get #data(): string {
    return join(this.#folder, 'data')
  }

  get #journal(): string {
    return join(this.#folder, 'journal.ndjson')
  }

  async #start(): Promise<MortalServer> {
    const { store, crashAt } = this.#options
    const segments = Object.fromEntries(Object.entries(CATALOG_RULES).map(([id, rule]) => [id, documentOf(rule)]))
    const traits = { user: { plan: { type: 'string' }, score: { type: 'number' } }, account: { plan: { type: 'string' } } }
    // JSON is YAML.
    writeFileSync(join(this.#folder, 'millrace.yaml'), JSON.stringify({ sources: { web: {} }, traits, segments }))
    const key = writeKeyOf(WRITE_KEY, { source: 'web', scopes: ['track'] }, new Date().toISOString())
    changeWriteKeys(writeKeyFile(this.#data), () => [key])
    this.#server = await MortalServer.start({
      catalog: this.#folder,
      data: this.#data,
      lakeFlushMs: LAKE_FLUSH_MS,
      flags: ['--fill-page-entities', `${FILL_PAGE_ENTITIES}`],
      ...(store === undefined ? {} : { store }),
      ...(crashAt === undefined ? {} : { crashAt }),
    })
    return this.#server
  }

  async #send(server: MortalServer): Promise<void> {
    const { kills = 0, events, crashAt } = this.#options
    while (this.#sent < events) {
      await server.untilDiedOftenEnough(this.#sent / events, kills)
      const size = Math.min(events - this.#sent, 1 + Math.floor(this.#random.next() * BATCH_MAX))
      const lines = Array.from({ length: size }, () => this.#traffic.next(Date.now()))
      await sendUntilAccepted(() => server.url, WRITE_KEY, lines)
      this.#sent += size
      await sleep(this.#random.next() * PAUSE_MS)
      // At a durability point each batch should make a transaction of its own, so that the point is passed often.
      if (crashAt !== undefined) await server.untilStatus(isApplied, PAUSE_MS)
    }
  }

  /** Segments of the API, evenly over the run. */
  async #defineLater(server: MortalServer): Promise<void> {
    for (const [i, rules] of LATER_RULES.entries()) {
      const share = (i + 1) / (LATER_RULES.length + 1)
      while (this.#sent < share * this.#options.events) await sleep(RETRY_MS)
      for (const [id, rule] of Object.entries(rules)) {
        await untilOk(() => `${server.url}/segments/${id}`, documentOf(rule))
        this.#rules.set(id, rule)
      }
    }
  }

  /** All is applied, and no segment waits for history. */
  async #settle(server: MortalServer): Promise<void> {
    const deadline = Date.now() + SETTLE_TIMEOUT_MS
    while (Date.now() < deadline) {
      const segments = await readSegments(server.url)
      const isLive = segments.every(({ state }) => state === 'live') && segments.length === this.#rules.size
      if (isLive && (await server.untilStatus(isApplied, SETTLE_TIMEOUT_MS))) return
      await sleep(RETRY_MS)
    }
    throw new Error(`Not settled in time: ${JSON.stringify(await readSegments(server.url))} ${await server.describe()}`)
  }

  /** The reader, killed and started again. */
  async #read(server: MortalServer): Promise<void> {
    const urlPath = join(this.#folder, 'url')
    const { min, max } = READER_LIVES_MS
    const { signal } = this.#closing
    while (!signal.aborted) {
      const until = Date.now() + min + this.#random.next() * (max - min)
      writeUrl(urlPath, server.url)
      const script = join(import.meta.dirname, 'notification-client.ts')
      const reader = spawn(process.execPath, [script, urlPath, this.#journal], { stdio: ['ignore', 'ignore', 'inherit'] })
      this.#reader = reader
      while (Date.now() < until && !signal.aborted) {
        if (reader.exitCode !== null) throw new Error('The reader of notifications gave up.')
        writeUrl(urlPath, server.url)
        await sleep(RETRY_MS)
      }
      const gone = once(reader, 'exit')
      reader.kill('SIGKILL')
      await gone
      this.#readerKills++
    }
  }

  async #compare(): Promise<SegmentFigures> {
    const { store = 'sqlite' } = this.#options
    const openStore = () => openStoreReader(engineConfigSchema.parse({ catalog: this.#folder, data: this.#data, store }))
    const catalog = await requireCatalog(this.#folder)
    return await compareSegments({ data: this.#data, catalog, rules: this.#rules, openStore, journal: this.#journal })
  }
}

async function untilOk(urlOf: () => string, body: object): Promise<void> {
  for (;;) {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(urlOf(), { method: 'PUT', headers, body: JSON.stringify(body) }).catch(() => undefined)
    if (response?.ok) return
    if (response && response.status < 500) throw new Error(`Refused: ${response.status} ${await response.text()}`)
    await sleep(RETRY_MS)
  }
}

async function readSegments(url: string): Promise<SegmentReport[]> {
  const response = await fetch(`${url}/segments`)
  return ((await response.json()) as { segments: SegmentReport[] }).segments
}

/** Whole at every moment. */
function writeUrl(path: string, url: string): void {
  writeFileSync(`${path}.new`, url)
  renameSync(`${path}.new`, path)
}
