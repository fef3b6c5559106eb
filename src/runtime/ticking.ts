/**
 * Brings time to the log: when something is due and nothing else comes, a `tick` is appended, so that what time does is an input like any
 * other. One at a time: the next one only when the last is applied.
 */
import type { Clock } from '../base/clock.ts'
import type { Position } from '../log/log.ts'

type TickingParts = {
  clock: Clock
  /** Resolves with the position of the tick on the log. */
  tick: () => Promise<Position>
  reportBug: (error: unknown) => void
}

/** Timers hold no more than 31 bits of milliseconds; a later instant is looked at again then. */
const TIMER_MAX_MS = 2 ** 31 - 1
/** A log that cannot be written to is tried again after so long. */
const RETRY_MS = 1_000

export class Ticking {
  readonly #parts: TickingParts
  #timer: NodeJS.Timeout | undefined
  #dueAt = Number.POSITIVE_INFINITY
  #applied: Position = 0
  /** The last tick's, until it is applied. */
  #awaited: Position | undefined
  #isTicking = false
  #isStopped = false

  constructor(parts: TickingParts) {
    this.#parts = parts
  }

  /** What `apply` says after each commit: applied up to here, and when something is due. */
  note(applied: Position, dueAt: number): void {
    this.#dueAt = dueAt
    this.#applied = applied
    this.#arm()
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  #arm(): void {
    clearTimeout(this.#timer)
    if (this.#awaited !== undefined && this.#applied >= this.#awaited) this.#awaited = undefined
    if (this.#isStopped || this.#isTicking || this.#awaited !== undefined || this.#dueAt === Number.POSITIVE_INFINITY) return
    const waitMs = this.#dueAt - this.#parts.clock.now()
    if (waitMs <= 0) return void this.#tick()
    this.#timer = setTimeout(() => this.#arm(), Math.min(waitMs, TIMER_MAX_MS))
  }

  async #tick(): Promise<void> {
    this.#isTicking = true
    try {
      this.#awaited = await this.#parts.tick()
    } catch {
      // The log says elsewhere why it cannot be written to.
      if (!this.#isStopped) this.#timer = setTimeout(() => this.#arm(), RETRY_MS)
      return
    } finally {
      this.#isTicking = false
    }
    // It may have been applied before the log said where it stands.
    this.#arm()
  }
}
