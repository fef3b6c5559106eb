/** Lets the columns catch up while nothing presses, so that a question about everybody finds little left to read. */
import type { Clock } from '../base/clock.ts'
import type { Position } from '../log/log.ts'

type ColumnsUpkeepParts = { clock: Clock; catchUp: (signal: AbortSignal) => Promise<void> }

/** Between two times; often enough that what is left takes a second or so to read. */
const PAUSE_MS = 15_000
/** `apply` that is this far behind needs the machine more. */
const BUSY_LAG_MS = 500

export class ColumnsUpkeep {
  readonly #parts: ColumnsUpkeepParts
  readonly #stopping = new AbortController()
  #caughtUp: Position = -1
  #nextAt = 0
  #timer: NodeJS.Timeout | undefined
  #isRunning = false

  constructor(parts: ColumnsUpkeepParts) {
    this.#parts = parts
  }

  /** After each commit: so much is applied, and `apply` is this far behind. */
  note(applied: Position, lagMs: number): void {
    if (applied === this.#caughtUp || this.#timer || this.#isRunning || lagMs > BUSY_LAG_MS) return
    const waitMs = Math.max(1_000, this.#nextAt - this.#parts.clock.now())
    this.#timer = setTimeout(() => void this.#catchUp(applied), waitMs)
    this.#timer.unref()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#stopping.abort()
  }

  async #catchUp(applied: Position): Promise<void> {
    this.#timer = undefined
    this.#isRunning = true
    // What fails is told to whoever asks the next question.
    await this.#parts.catchUp(this.#stopping.signal).catch(() => {})
    this.#isRunning = false
    this.#caughtUp = applied
    this.#nextAt = this.#parts.clock.now() + PAUSE_MS
  }
}
