/** A Millrace that dies again and again, and is started again on the same data each time. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../src/base/random.ts'
import type { EngineStatus } from '../../src/runtime/status.ts'
import { type ServerOptions, ServerProcess } from './server-process.ts'

/** Killing more often than a start takes would only test the start. */
const KILL_AFTER_MS = { min: 150, max: 900 }
/** Enough for anything that the server does with a batch. */
const KILL_WITHIN_MS = 20
const CRASH_TIMEOUT_MS = 60_000
const LOOK_AGAIN_MS = 5

export type Killing = { kills: number; random: Random; onKill?: () => void }

type AtWork = { isAtWork: (status: EngineStatus) => boolean }

export class MortalServer {
  /** How often it has died so far. */
  deaths = 0
  readonly #options: ServerOptions
  #server: ServerProcess

  private constructor(options: ServerOptions, server: ServerProcess) {
    this.#options = options
    this.#server = server
  }

  /** With `crashAt` it kills itself at that durability point, in its first life. */
  static async start({ crashAt, ...options }: ServerOptions): Promise<MortalServer> {
    const server = await ServerProcess.start({ ...options, ...(crashAt === undefined ? {} : { crashAt }) })
    return new MortalServer(options, server)
  }

  /** Another one in each life. */
  get url(): string {
    return this.#server.url
  }

  /** Kills it at random moments, so many times. */
  async killAtRandom({ kills, random, onKill }: Killing): Promise<void> {
    while (this.deaths < kills) {
      await sleep(KILL_AFTER_MS.min + random.next() * (KILL_AFTER_MS.max - KILL_AFTER_MS.min))
      await this.#die(onKill)
    }
  }

  /**
   * Kills it so many times at random moments while something goes on whose `progress` runs from 0 to 1; in each life not before
   * the status `isAtWork`. What goes on must wait for it (`untilDiedOftenEnough`).
   */
  async killDuring(progress: () => number, { isAtWork, ...killing }: Killing & AtWork): Promise<void> {
    const { kills, random, onKill } = killing
    while (this.deaths < kills) {
      if (!(await this.untilStatus(isAtWork, CRASH_TIMEOUT_MS))) throw new Error(`It does nothing: ${await this.describe()}`)
      const rest = Math.max(0, (this.deaths + 1) / (kills + 1) - progress())
      const share = progress() + rest * random.next()
      while (progress() < share) await sleep(1)
      await sleep(random.next() * KILL_WITHIN_MS)
      await this.#die(onKill)
    }
  }

  /** Resolves when it has killed itself and lives again; rejects when it does not die. */
  async reviveOnce(): Promise<void> {
    const deadline = Date.now() + CRASH_TIMEOUT_MS
    while (this.#server.isAlive && Date.now() < deadline) await sleep(LOOK_AGAIN_MS)
    if (this.#server.isAlive) throw new Error('The durability point was never passed.')
    this.deaths++
    await this.#live()
  }

  /** So that events are spread over the deaths, and most deaths meet a server that is taking events in. */
  async untilDiedOftenEnough(share: number, kills: number): Promise<void> {
    while (this.deaths + 1 < share * (kills + 1)) await sleep(LOOK_AGAIN_MS)
  }

  /** True once the status is so; false when that takes longer, or it dies meanwhile. */
  async untilStatus(isSo: (status: EngineStatus) => boolean, timeoutMs: number): Promise<boolean> {
    const deadline = Date.now() + timeoutMs
    const server = this.#server
    while (Date.now() < deadline && server.isAlive) {
      // What `/status` answers.
      const status = (await server.status().catch(() => undefined)) as EngineStatus | undefined
      if (status && isSo(status)) return true
      await sleep(LOOK_AGAIN_MS)
    }
    return false
  }

  /** What it says of itself, and what it printed as errors. */
  async describe(): Promise<string> {
    return `${JSON.stringify(await this.#server.status().catch(() => undefined))} ${this.#server.errors}`
  }

  /** In order, for good. */
  async stop(): Promise<void> {
    const code = await this.#server.stop()
    if (code !== 0) throw new Error(`The server stopped with ${code}: ${this.#server.errors}`)
  }

  async close(): Promise<void> {
    if (this.#server.isAlive) await this.#server.kill()
  }

  async #die(onKill: Killing['onKill']): Promise<void> {
    await this.#server.kill()
    this.deaths++
    onKill?.()
    await this.#live()
  }

  async #live(): Promise<void> {
    this.#server = await ServerProcess.start(this.#options)
  }
}
