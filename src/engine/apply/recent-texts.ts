/** The texts that were used last, within a bound. Two generations: what is used moves to the young one, and the old one is let go whole. */
export class RecentTexts {
  readonly #generationMax: number
  #young = new Map<string, string>()
  #old = new Map<string, string>()
  #youngCharacters = 0

  /** Keeps at least the last half of so many characters, keys included, and at most all of them; 0 keeps none. */
  constructor(charactersMax: number) {
    this.#generationMax = charactersMax / 2
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
    if (this.#youngCharacters >= this.#generationMax) {
      this.#old = this.#young
      this.#young = new Map()
      this.#youngCharacters = 0
    }
    this.#young.set(key, text)
    this.#youngCharacters += key.length + text.length
  }
}
