/** Wakes one waiting loop when there may be more to do. Rings while nobody waits are remembered as one. */
export class Doorbell {
  #hasRung = false
  #wake: (() => void) | undefined

  /** Whether somebody waits for a ring right now. */
  get isAwaited(): boolean {
    return this.#wake !== undefined
  }

  ring(): void {
    this.#hasRung = true
    this.#wake?.()
  }

  /** Resolves at the next ring (at once when it has rung since the last wait), or when `signal` aborts. */
  wait(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        this.#wake = undefined
        this.#hasRung = false
        signal?.removeEventListener('abort', finish)
        resolve()
      }
      if (this.#hasRung || signal?.aborted) return finish()
      this.#wake = finish
      signal?.addEventListener('abort', finish, { once: true })
    })
  }
}
