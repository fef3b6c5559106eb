/** Lets callers wait until the log is applied up to a position, such as that of a command which they have just appended. */
import type { Position } from '../log/log.ts'

type Waiting = { position: Position; resolve: () => void }

export class AppliedPositions {
  #reached: Position = 0
  #waiting: Waiting[] = []

  get reached(): Position {
    return this.#reached
  }

  /** Everything up to here is committed. */
  reach(position: Position): void {
    this.#reached = Math.max(this.#reached, position)
    const isDone = (waiting: Waiting) => waiting.position <= this.#reached
    for (const { resolve } of this.#waiting.filter(isDone)) resolve()
    this.#waiting = this.#waiting.filter((waiting) => !isDone(waiting))
  }

  /** Resolves when the position is reached, or when `signal` aborts. */
  wait(position: Position, signal: AbortSignal): Promise<void> {
    if (position <= this.#reached || signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const waiting = { position, resolve }
      this.#waiting.push(waiting)
      signal.addEventListener('abort', () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting)
        resolve()
      })
    })
  }
}
