/** The keys that one transaction adds and removes. They are put in order only when somebody reads them in order. */
import { compareByCodePoints } from '../../base/code-points.ts'
import type { KeyRange } from '../../store/store.ts'
import { SortedKeys } from './sorted-keys.ts'

export class KeyChanges {
  /** True: added. */
  readonly #states = new Map<string, boolean>()
  readonly #sorted = new SortedKeys()
  /** In `#states`, not in `#sorted` yet. */
  #unsorted: string[] = []

  get size(): number {
    return this.#states.size
  }

  /** Undefined: it was not changed. */
  get(key: string): boolean | undefined {
    return this.#states.get(key)
  }

  set(key: string, isThere: boolean): void {
    const before = this.#states.size
    this.#states.set(key, isThere)
    if (this.#states.size > before) this.#unsorted.push(key)
  }

  /** In the order in which they were changed first. */
  [Symbol.iterator](): Iterator<[string, boolean]> {
    return this.#states.entries()
  }

  /** Those within the range, up to and including `last`, in order. Nothing changes meanwhile. */
  *within({ after, from = '', until }: KeyRange, last: string | undefined): Generator<string, undefined> {
    for (const key of this.#unsorted) this.#sorted.add(key)
    this.#unsorted = []
    const start = after !== undefined && compareByCodePoints(after, from) > 0 ? after : from
    for (const key of this.#sorted.from(start)) {
      if (key === after) continue
      if (until !== undefined && compareByCodePoints(key, until) >= 0) return
      if (last !== undefined && compareByCodePoints(key, last) > 0) return
      yield key
    }
  }
}
