/**
 * Sends tracked events to a server that is killed again and again, as clients do that send a batch again until it is answered
 * 200, and compares what came of them with a count of what was sent: profiles, totals, the log, timelines in lake and outputs.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom, type Random } from '../../src/base/random.ts'
import { writeKeyOf } from '../../src/engine/tracking/write-keys.ts'
import { changeWriteKeys, writeKeyFile } from '../../src/http/tracking/write-key-file.ts'
import { EVENTS } from '../../src/model/system-collections.ts'
import { engineConfigSchema } from '../../src/runtime/config.ts'
import { openStoreReader } from '../../src/runtime/storage.ts'
import type { EngineStatus } from '../../src/runtime/status.ts'
import { compareFiles } from './compare-files.ts'
import { compareProfiles } from './compare-profiles.ts'
import { MortalServer } from './mortal-server.ts'
import { type ProfileTraffic, profileTraffic } from './profile-traffic.ts'
import { sendUntilAccepted } from './send-batch.ts'

export type ProfileCrashOptions = {
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

export type ProfileCrashOutcome = {
  kills: number
  messages: number
  /** Events that came again because they were sent twice on purpose. */
  repeated: number
  /** Events that came again because the server died between accepting and answering them. */
  unanswered: number
}

const WRITE_KEY = 'key-of-web'
/** Senders at the same time, each with the next batch. */
const CONNECTIONS = 3
/** Before the next batch, at most: so that there is still something to send when the server is at work again. */
const PAUSE_MS = 20
const SETTLE_TIMEOUT_MS = 60_000
const BATCH_SETTLE_MS = 500
/** Often, so that much is filed, removed from the outputs and still to be filed when the server dies. */
const LAKE_FLUSH_MS = 40

/** Throws at the first difference. */
export async function profileCrashRun(options: ProfileCrashOptions): Promise<ProfileCrashOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-profile-crash-'))
  const run = new ProfileCrashRun(options, folder)
  try {
    return await run.run()
  } finally {
    await run.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

class ProfileCrashRun {
  readonly #options: ProfileCrashOptions
  readonly #folder: string
  readonly #random: Random
  readonly #traffic: ProfileTraffic
  #server: MortalServer | undefined
  #next = 0

  constructor(options: ProfileCrashOptions, folder: string) {
    const { events, seed, users = Math.max(20, events / 20) } = options
    this.#options = options
    this.#folder = folder
    this.#random = seededRandom(seed)
    this.#traffic = profileTraffic({ events, users, random: seededRandom(seed + 1) })
  }

  async run(): Promise<ProfileCrashOutcome> {
    const { kills = 0, crashAt, onProgress } = this.#options
    const server = await this.#start()
    const onKill = () => onProgress?.(`kill ${server.deaths} of ${kills}`)
    const progress = () => this.#next / this.#traffic.batches.length
    const killing = { kills, random: this.#random, onKill, isAtWork }
    const dying = crashAt === undefined ? server.killDuring(progress, killing) : server.reviveOnce()
    await Promise.all([dying, ...Array.from({ length: CONNECTIONS }, () => this.#send(server))])
    if (!(await server.untilStatus(isApplied, SETTLE_TIMEOUT_MS)))
      throw new Error(`Not applied in time: ${await server.describe()}`)
    const { repeated, parts } = await compareProfiles(server.url, this.#traffic)
    await server.stop()
    const { store = 'sqlite' } = this.#options
    const openStore = () => openStoreReader(engineConfigSchema.parse({ catalog: this.#folder, data: this.#data, store }))
    await compareFiles(this.#data, this.#traffic, { repeated, parts, openStore })
    const { messages, sent } = this.#traffic
    const planned = sent - messages.size
    return { kills: server.deaths, messages: messages.size, repeated: planned, unanswered: repeated - planned }
  }

  async close(): Promise<void> {
    await this.#server?.close()
  }

  get #data(): string {
    return join(this.#folder, 'data')
  }

  async #start(): Promise<MortalServer> {
    const { store, crashAt } = this.#options
    writeFileSync(join(this.#folder, 'millrace.yaml'), 'sources: { web: {} }\n')
    const key = writeKeyOf(WRITE_KEY, { source: 'web', scopes: ['track'] }, new Date().toISOString())
    changeWriteKeys(writeKeyFile(this.#data), () => [key])
    this.#server = await MortalServer.start({
      catalog: this.#folder,
      data: this.#data,
      lakeFlushMs: LAKE_FLUSH_MS,
      ...(store === undefined ? {} : { store }),
      ...(crashAt === undefined ? {} : { crashAt }),
    })
    return this.#server
  }

  async #send(server: MortalServer): Promise<void> {
    const { kills = 0, crashAt } = this.#options
    const { batches } = this.#traffic
    while (this.#next < batches.length) {
      const number = this.#next++
      await server.untilDiedOftenEnough(number / batches.length, kills)
      await sendUntilAccepted(() => server.url, WRITE_KEY, batches[number] ?? [])
      await sleep(this.#random.next() * PAUSE_MS)
      // At a durability point each batch should make a transaction of its own, so that the point is passed often.
      if (crashAt !== undefined) await server.untilStatus(isFiled, BATCH_SETTLE_MS)
    }
  }
}

export function isAtWork({ documents }: EngineStatus): boolean {
  return documents.applied > 0
}

export function isApplied({ log, apply }: EngineStatus): boolean {
  return (apply.positions?.[EVENTS] ?? -1) >= log.head
}

/** Where the last entry held repeats only, the lake has nothing to file of it: then this never becomes true. */
function isFiled(status: EngineStatus): boolean {
  return isApplied(status) && (status.lake.positions?.[EVENTS] ?? -1) >= status.log.head
}
