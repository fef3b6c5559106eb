/**
 * The registers of one derivation: what the store holds, overlaid with what this process has reduced but not yet committed.
 * Within a chunk they are values; between chunks they are JSON text, one string each, since half a million small objects would
 * keep the garbage collector busier than the derivation. A transaction's texts stay in memory until the next one is committed.
 */
import { deepFreeze } from '../../base/deep-freeze.ts'
import type { Json } from '../../base/json.ts'
import type { PackedKey } from '../../model/key.ts'
import type { DocumentChange, Store } from '../../store/store.ts'

/** One register during a chunk. `value` undefined: there is none. Whoever sets `value` sets `isChanged` as well. */
export type Register = { value: Json | undefined; isChanged: boolean }

/** JSON texts; `NONE` where there is no register. */
type Texts = Map<PackedKey, string>
const NONE = ''

export class Registers {
  readonly #store: Store
  readonly #space: string
  /** Of the present chunk. */
  readonly #live = new Map<PackedKey, Register>()
  /** Changed in the open transaction. */
  #changed: Texts = new Map()
  /** Of the transaction before, which the store may not have yet. */
  #committing: Texts = new Map()

  constructor(store: Store, collection: string) {
    this.#store = store
    this.#space = `register/${collection}`
  }

  /** The registers of these keys, in their order, to be read and changed until the chunk is sealed. */
  async open(keys: readonly PackedKey[]): Promise<Register[]> {
    const missing: PackedKey[] = []
    const registers = keys.map((key) => this.#live.get(key) ?? this.#revive(key, missing))
    if (missing.length > 0) await this.#load(missing)
    return registers
  }

  /** Ends a chunk: its changes belong to the open transaction from here on. */
  seal(): void {
    for (const [key, { value, isChanged }] of this.#live) {
      if (isChanged) this.#changed.set(key, value === undefined ? NONE : JSON.stringify(value))
    }
    this.#live.clear()
  }

  /** Closes the transaction and returns its changes; reading goes on over it. */
  close(): DocumentChange[] {
    const changes = Array.from(this.#changed, ([key, text]) => ({
      space: this.#space,
      key,
      value: text === NONE ? undefined : text,
    }))
    this.#committing = this.#changed
    this.#changed = new Map()
    return changes
  }

  #revive(key: PackedKey, missing: PackedKey[]): Register {
    const text = this.#changed.get(key) ?? this.#committing.get(key)
    if (text === undefined) missing.push(key)
    const register = { value: parse(text), isChanged: false }
    this.#live.set(key, register)
    return register
  }

  async #load(keys: readonly PackedKey[]): Promise<void> {
    const texts = await this.#store.load(this.#space, keys)
    keys.forEach((key, i) => {
      const register = texts[i] === undefined ? undefined : this.#live.get(key)
      if (register) register.value = parse(texts[i])
    })
  }
}

function parse(text: string | undefined): Json | undefined {
  return text === undefined || text === NONE ? undefined : deepFreeze(JSON.parse(text) as Json)
}
