/**
 * The documents of one space of the store: what it holds, overlaid with what this process has reduced but not yet committed.
 * Registers, entities and identifiers are kept in it. Within a chunk documents are values; between chunks they are JSON text, one
 * string each, since half a million small objects would keep the garbage collector busier than the work itself. A transaction's
 * texts stay in memory until the next one is committed.
 */
import { deepFreeze } from '../../base/deep-freeze.ts'
import type { Json } from '../../base/json.ts'
import type { DocumentChange, Store } from '../../store/store.ts'
import { RecentTexts } from './recent-texts.ts'

/** One document during a chunk. `value` undefined: there is none. Whoever changes `value` sets `isChanged` as well. */
export type OpenDocument<Value> = { value: Value | undefined; isChanged: boolean }

/** JSON texts; `NONE` where there is no document. */
type Texts = Map<string, string>
const NONE = ''

export function changeDocument<Value>(document: OpenDocument<Value>, value: Value | undefined): void {
  document.value = value
  document.isChanged = true
}

export type DocumentsOptions<Value> = {
  space: string
  /** From JSON text; default: parsed and frozen. */
  revive?: (text: string) => Value
  /** Its counterpart. Default: JSON. */
  write?: (value: Value) => string
  /** How many characters of texts stay in memory after their transaction, or after they were only read. Default none. */
  recentCharacters?: number
}

export class Documents<Value = Json> {
  readonly #store: Pick<Store, 'load'>
  readonly #space: string
  readonly #revive: (text: string) => Value
  readonly #write: (value: Value) => string
  readonly #recent: RecentTexts
  /** Of the present chunk. */
  readonly #live = new Map<string, OpenDocument<Value>>()
  /** Changed in the open transaction. */
  #changed: Texts = new Map()
  /** Of the transaction before, which the store may not have yet. */
  #committing: Texts = new Map()
  #changedCharacters = 0

  constructor(store: Pick<Store, 'load'>, options: DocumentsOptions<Value>) {
    const { space, revive = parseFrozen, write = JSON.stringify, recentCharacters = 0 } = options
    this.#store = store
    this.#space = space
    this.#revive = revive
    this.#write = write
    this.#recent = new RecentTexts(recentCharacters)
  }

  /** The documents of these keys, in their order, to be read and changed until the chunk is sealed. At once when all are in memory. */
  open(keys: readonly string[]): OpenDocument<Value>[] | Promise<OpenDocument<Value>[]> {
    const missing: string[] = []
    const documents = keys.map((key) => this.#live.get(key) ?? this.#open(key, missing))
    return missing.length > 0 ? this.#load(missing).then(() => documents) : documents
  }

  /** The document of one key. */
  openOne(key: string): OpenDocument<Value> | Promise<OpenDocument<Value>> {
    const known = this.#live.get(key)
    if (known) return known
    const missing: string[] = []
    const document = this.#open(key, missing)
    return missing.length > 0 ? this.#load(missing).then(() => document) : document
  }

  /** Those of these keys that have a document. Nothing is opened: that costs a fraction of reading what it says. */
  async present(keys: readonly string[]): Promise<Set<string>> {
    const present = new Set<string>()
    const missing: string[] = []
    for (const key of keys) {
      const live = this.#live.get(key)
      const text = live === undefined ? this.#textOf(key) : undefined
      if (live === undefined && text === undefined) missing.push(key)
      else if (live?.value !== undefined || (text !== undefined && text !== NONE)) present.add(key)
    }
    const texts = missing.length === 0 ? [] : await this.#store.load(this.#space, missing)
    missing.forEach((key, i) => texts[i] !== undefined && present.add(key))
    return present
  }

  /** Opened in this chunk; undefined for all others. */
  opened(key: string): OpenDocument<Value> | undefined {
    return this.#live.get(key)
  }

  /** Changes what is opened there, or puts a document under a key that has not been used before. */
  put(key: string, value: Value | undefined): void {
    const document = this.#live.get(key)
    if (document === undefined) this.#live.set(key, { value, isChanged: true })
    else changeDocument(document, value)
  }

  /** Ends a chunk: its changes belong to the open transaction from here on. */
  seal(): void {
    for (const [key, { value, isChanged }] of this.#live) {
      if (!isChanged) continue
      const text = value === undefined ? NONE : this.#write(value)
      this.#changed.set(key, text)
      this.#changedCharacters += key.length + text.length
      this.#recent.set(key, text)
    }
    this.#live.clear()
  }

  /** What the open transaction has written so far; a text that was written twice counts twice. */
  get changedCharacters(): number {
    return this.#changedCharacters
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
    this.#changedCharacters = 0
    return changes
  }

  #open(key: string, missing: string[]): OpenDocument<Value> {
    const text = this.#textOf(key)
    if (text === undefined) missing.push(key)
    const document = { value: this.#parse(text), isChanged: false }
    this.#live.set(key, document)
    return document
  }

  /** Undefined: only the store knows. */
  #textOf(key: string): string | undefined {
    return this.#changed.get(key) ?? this.#committing.get(key) ?? this.#recent.get(key)
  }

  async #load(keys: readonly string[]): Promise<void> {
    const texts = await this.#store.load(this.#space, keys)
    keys.forEach((key, i) => {
      const text = texts[i]
      const document = text === undefined ? undefined : this.#live.get(key)
      if (document === undefined || text === undefined) return
      document.value = this.#parse(text)
      this.#recent.set(key, text)
    })
  }

  #parse(text: string | undefined): Value | undefined {
    return text === undefined || text === NONE ? undefined : this.#revive(text)
  }
}

/** Who names the type of a space's documents is who writes them. */
function parseFrozen(text: string): never {
  return deepFreeze(JSON.parse(text) as Json) as never
}
