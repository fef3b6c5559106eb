/** The texts that were used last, within a bound. Two generations: what is used moves to the young one, and the old one is let go whole. */
export class RecentTexts {
  readonly #generationMax: number
  #young = new Map<string, string>()
  #old = new Map<string, string>()

  /** Keeps at least the last `max / 2` texts and at most `max`; 0 keeps none. */
  constructor(max: number) {
    this.#generationMax = Math.floor(max / 2)
  }

  get(key: string): string | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: string, text: string): void {
    if (this.#generationMax === 0) return
    if (this.#young.size >= this.#generationMax) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, text)
  }
}
