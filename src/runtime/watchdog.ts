/**
 * Notices a thread that does not react any more: an endless loop in a lambda, a disk that hangs. It asks for a sign of life only
 * while there is something to do, so an idle engine stays idle. It reports and nothing else: a new thread would meet the same
 * document, and a slow one would lose its work.
 *
 *   state   | woken        | sign of an idle thread            | sign of a busy thread | time is up
 *   idle    | pausing      | –                                 | –                     | –
 *   pausing | –            | –                                 | –                     | asked (after `stuckAfterMs / 4`)
 *   asked   | (remembered) | idle, or pausing when woken since | pausing               | stuck (after `stuckAfterMs`)
 *   stuck   | (remembered) | as in asked, and it is over       | as in asked           | –
 */
import type { Clock } from '../base/clock.ts'

type WatchdogOptions = {
  clock: Clock
  stuckAfterMs: number
  /** Asks the thread for a sign of life. */
  ask: () => void
  /** Called with true when the thread is stuck, and with false when it is not any more. */
  onChange: (isStuck: boolean) => void
}

type WatchdogState = 'idle' | 'pausing' | 'asked' | 'stuck'

/** Asks a busy thread so many times before it could be taken for stuck. */
const QUESTIONS = 4

export class Watchdog {
  readonly #options: WatchdogOptions
  #state: WatchdogState = 'idle'
  #wasWoken = false
  #timer = new AbortController()

  constructor(options: WatchdogOptions) {
    this.#options = options
  }

  /** The thread was given something to do. */
  woken(): void {
    this.#wasWoken = true
    if (this.#state === 'idle') this.#pause()
  }

  /** The thread has answered. `isIdle`: it waits to be woken. */
  sign(isIdle: boolean): void {
    this.end()
    if (!isIdle || this.#wasWoken) this.#pause()
  }

  /** The thread has ended; a new one has to be woken first. */
  end(): void {
    const wasStuck = this.#state === 'stuck'
    this.#timer.abort()
    this.#state = 'idle'
    if (wasStuck) this.#options.onChange(false)
  }

  #pause(): void {
    this.#state = 'pausing'
    this.#after(this.#options.stuckAfterMs / QUESTIONS, () => this.#ask())
  }

  #ask(): void {
    this.#state = 'asked'
    this.#wasWoken = false
    this.#options.ask()
    this.#after(this.#options.stuckAfterMs, () => {
      this.#state = 'stuck'
      this.#options.onChange(true)
    })
  }

  #after(durationMs: number, act: () => void): void {
    this.#timer.abort()
    const timer = new AbortController()
    this.#timer = timer
    void this.#options.clock.sleep(durationMs, timer.signal).then(() => {
      if (!timer.signal.aborted) act()
    })
  }
}
