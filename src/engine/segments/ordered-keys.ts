/**
 * An ordered set of keys: those of one space of the store, overlaid with what this process has added and removed but not yet
 * committed. Deadlines and the users of accounts are kept in it: what is read in order, a page at a time, and never by key.
 */
import { compareByCodePoints } from '../../base/code-points.ts'
import { invariant } from '../../base/errors.ts'
import type { DocumentChange, KeyRange, Store } from '../../store/store.ts'
import { KeyChanges } from './key-changes.ts'

/** The key says everything: an empty JSON text. */
const VALUE = '""'

/** Pages wait for each other and for `close`; a transaction is closed only when the one before has been committed. */
export class OrderedKeys {
  readonly #store: Pick<Store, 'scan'>
  readonly #space: string
  /** Of the open transaction. */
  #changed = new KeyChanges()
  /** Of the transaction before, which the store may not show yet. */
  #committing = new KeyChanges()

  /** Keys are at most `SCANNED_KEY_LENGTH_MAX` long. */
  constructor(store: Pick<Store, 'scan'>, space: string) {
    this.#store = store
    this.#space = space
  }

  /** May be there already. */
  add(key: string): void {
    this.#changed.set(key, true)
  }

  /** May be missing. */
  remove(key: string): void {
    this.#changed.set(key, false)
  }

  /** The first `limit` keys of the range, in the order of `Store.scan`. Fewer: there are no more. */
  async page(range: KeyRange, limit: number): Promise<string[]> {
    const layers = [this.#changed, this.#committing]
    const keys: string[] = []
    for (let rest = range; ;) {
      const stored = (await this.#store.scan(this.#space, rest, limit)).map(({ key }) => key)
      const last = stored.length < limit ? undefined : stored.at(-1)
      // Behind the last one the store may have more, which come before those of the overlay.
      const overlays = layers.map((layer) => layer.within(rest, last))
      for (const key of merged([stored.values(), ...overlays])) {
        if (keys.length === limit) break
        if (isThere(key, layers)) keys.push(key)
      }
      if (last === undefined || keys.length === limit) return keys
      rest = { after: last, until: range.until }
    }
  }

  /** How many keys the open transaction adds or removes. */
  get changedKeys(): number {
    return this.#changed.size
  }

  /** Closes the transaction and returns its changes; pages go on over it. */
  close(): DocumentChange[] {
    this.#committing = this.#changed
    this.#changed = new KeyChanges()
    return Array.from(this.#committing, ([key, isThere]) => ({ space: this.#space, key, value: isThere ? VALUE : undefined }))
  }
}

/** A key of the store or of a layer; the first layer has the last word. */
function isThere(key: string, layers: readonly KeyChanges[]): boolean {
  for (const layer of layers) {
    const isAdded = layer.get(key)
    if (isAdded !== undefined) return isAdded
  }
  return true
}

/** What `until` must be for all keys that begin with this prefix, which ends in a character of ASCII. */
export function prefixEnd(prefix: string): string {
  const last = prefix.charCodeAt(prefix.length - 1)
  invariant(last <= LAST_OF_ASCII, `the prefix "${prefix}" ends in a character of ASCII`)
  return prefix.slice(0, -1) + String.fromCharCode(last + 1)
}

const LAST_OF_ASCII = 0x7f

/** Of lists in order: each key once, in order. */
function* merged(lists: Iterator<string, undefined>[]): Generator<string> {
  const heads = lists.map((list) => list.next().value)
  for (;;) {
    let least: string | undefined
    for (const head of heads) {
      if (head !== undefined && (least === undefined || compareByCodePoints(head, least) < 0)) least = head
    }
    if (least === undefined) return
    yield least
    heads.forEach((head, i) => {
      if (head === least) heads[i] = lists[i]?.next().value
    })
  }
}
