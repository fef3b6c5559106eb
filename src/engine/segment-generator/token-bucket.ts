/** Limits a rate: tokens arrive evenly with time, and who was held up may catch up on at most a second's worth. */
import type { Clock } from '../../base/clock.ts'

export class TokenBucket {
  readonly #clock: Clock
  readonly #perMs: number
  readonly #capacity: number
  /** When the tokens that were not taken yet began to arrive. */
  #since: number

  /** Empty at first. `perSecond` is positive. */
  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock
    this.#perMs = perSecond / 1000
    this.#capacity = Math.max(1, perSecond)
    this.#since = clock.now()
  }

  /** Takes at least one and at most `max` tokens, as soon as there is what arrives in `GRAIN_MS` (or one, when that is less). */
  async take(max: number): Promise<number> {
    const wanted = Math.min(max, Math.max(1, Math.floor(this.#perMs * GRAIN_MS)))
    while (this.#available() < wanted) await this.#clock.sleep(Math.ceil((wanted - this.#available()) / this.#perMs))
    const taken = Math.min(max, Math.floor(this.#available()))
    this.#since += taken / this.#perMs
    return taken
  }

  #available(): number {
    const now = this.#clock.now()
    const earliest = now - this.#capacity / this.#perMs
    // A clock that is set back must not make anybody wait for it to return.
    this.#since = Math.min(Math.max(this.#since, earliest), now)
    return (now - this.#since) * this.#perMs + ROUNDING
  }
}

/** Short enough to look even to a person, long enough that timers do not limit the rate. */
const GRAIN_MS = 10
/** Milliseconds times rate may fall short of a whole token by the last bit. */
const ROUNDING = 1e-6
