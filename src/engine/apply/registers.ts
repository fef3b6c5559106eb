/**
 * The registers of one derivation: what the store holds, overlaid with what this process has reduced but not yet committed.
 * Generations move open → committing → recent, so memory is bounded by the size of transactions, and a key that keeps
 * being touched is never loaded again.
 */
import { deepFreeze } from '../../base/deep-freeze.ts'
import type { Json } from '../../base/json.ts'
import type { PackedKey } from '../../model/key.ts'
import type { DocumentChange, Store } from '../../store/store.ts'

/** `value` undefined: the store has no such register, or it was deleted. */
type Entry = { value: Json | undefined; isChanged: boolean }
type Generation = Map<PackedKey, Entry>

export class Registers {
  readonly #store: Store
  readonly #space: string
  #open: Generation = new Map()
  #committing: Generation = new Map()
  #recent: Generation = new Map()

  constructor(store: Store, collection: string) {
    this.#store = store
    this.#space = `register/${collection}`
  }

  /** Makes `get` valid for these keys until the transaction closes. */
  async prepare(keys: Iterable<PackedKey>): Promise<void> {
    const missing: PackedKey[] = []
    for (const key of keys) {
      if (this.#open.has(key)) continue
      const known = this.#committing.get(key) ?? this.#recent.get(key)
      if (known === undefined) missing.push(key)
      this.#open.set(key, { value: known?.value, isChanged: false })
    }
    if (missing.length === 0) return
    const texts = await this.#store.load(this.#space, missing)
    missing.forEach((key, i) => {
      const text = texts[i]
      if (text !== undefined) this.#open.set(key, { value: deepFreeze(JSON.parse(text)), isChanged: false })
    })
  }

  get(key: PackedKey): Json | undefined {
    return this.#open.get(key)?.value
  }

  /** Undefined deletes the register. */
  set(key: PackedKey, value: Json | undefined): void {
    this.#open.set(key, { value, isChanged: true })
  }

  /** Closes the open generation and returns its changes; reading goes on over it. */
  close(): DocumentChange[] {
    const changes: DocumentChange[] = []
    for (const [key, { value, isChanged }] of this.#open) {
      if (isChanged) changes.push({ space: this.#space, key, value: value === undefined ? undefined : JSON.stringify(value) })
    }
    this.#recent = this.#committing
    this.#committing = this.#open
    this.#open = new Map()
    return changes
  }
}
