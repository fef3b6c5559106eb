/** Time as it is handed to the engine: deciding code never reads the machine's clock itself. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Resolves after `durationMs`, or at once when `signal` aborts; never rejects. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (durationMs, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const finish = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', finish)
        resolve()
      }
      const timer = setTimeout(finish, durationMs)
      signal?.addEventListener('abort', finish, { once: true })
    }),
}

type Sleeper = { wakeAt: number; wake: () => void }

/** A clock that stands still until a test moves it. */
export class FakeClock implements Clock {
  #now: number
  #sleepers: Sleeper[] = []

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const sleeper = { wakeAt: this.#now + durationMs, wake: resolve }
      this.#sleepers.push(sleeper)
      signal?.addEventListener('abort', () => this.#wake(sleeper), { once: true })
    })
  }

  /** Moves time forward and wakes every sleeper that is due, earliest first. */
  advance(durationMs: number): void {
    this.#now += durationMs
    const due = this.#sleepers.filter((sleeper) => sleeper.wakeAt <= this.#now)
    for (const sleeper of due.toSorted((a, b) => a.wakeAt - b.wakeAt)) this.#wake(sleeper)
  }

  /** How many callers sleep right now. */
  get sleeping(): number {
    return this.#sleepers.length
  }

  #wake(sleeper: Sleeper): void {
    this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
    sleeper.wake()
  }
}
