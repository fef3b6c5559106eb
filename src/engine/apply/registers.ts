/**
 * The registers of one derivation: what the store holds, overlaid with what this process has reduced but not yet committed.
 * Generations move open → committing → recent, so memory is bounded by the size of transactions, and a key that keeps
 * being touched is never loaded again.
 */
import { deepFreeze } from '../../base/deep-freeze.ts'
import type { Json } from '../../base/json.ts'
import type { PackedKey } from '../../model/key.ts'
import type { DocumentChange, Store } from '../../store/store.ts'

/**
 * One register as it stands in the open transaction. `value` undefined: there is none (it never was, or was deleted).
 * Whoever sets `value` sets `isChanged` as well.
 */
export type Register = { value: Json | undefined; isChanged: boolean }
type Generation = Map<PackedKey, Register>

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

  /** The registers of these keys, in their order, to be read and changed until the transaction closes. */
  async open(keys: readonly PackedKey[]): Promise<Register[]> {
    const missing: PackedKey[] = []
    const registers = keys.map((key) => this.#open.get(key) ?? this.#carryOver(key, missing))
    if (missing.length > 0) await this.#load(missing)
    return registers
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

  #carryOver(key: PackedKey, missing: PackedKey[]): Register {
    const known = this.#committing.get(key) ?? this.#recent.get(key)
    if (known === undefined) missing.push(key)
    const register = { value: known?.value, isChanged: false }
    this.#open.set(key, register)
    return register
  }

  async #load(keys: readonly PackedKey[]): Promise<void> {
    const texts = await this.#store.load(this.#space, keys)
    keys.forEach((key, i) => {
      const text = texts[i]
      const register = this.#open.get(key)
      if (text !== undefined && register) register.value = deepFreeze(JSON.parse(text) as Json)
    })
  }
}
