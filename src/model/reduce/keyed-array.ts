/**
 * Arrays that are sorted and unique by a key of their items: the form of merged arrays with a `key` and of array sets.
 * What is not in this form yet is brought into it: sorted, equal keys combined in their order.
 */
import type { Json } from '../../base/json.ts'
import { rethrowAt, type Location } from './reducer.ts'
import type { Comparison } from './value-order.ts'

export class KeyedArrays {
  readonly #compare: Comparison
  /** Of the items; undefined: the last one wins. */
  readonly #item: Location | undefined

  constructor(compare: Comparison, item: Location | undefined) {
    this.#compare = compare
    this.#item = item
  }

  /** The normal form of `right` with nothing to its left: itself when it is in this form already. */
  alone(right: Json[], isFull: boolean): Json[] {
    const sorted = this.#sorted(right)
    if (this.#item?.changesAlone !== true) return sorted
    let changed: Json[] | undefined
    for (let i = 0; i < sorted.length; i++) {
      const item = sorted[i] as Json
      const result = this.#reduce(undefined, item, isFull, right)
      if (result === item && changed === undefined) continue
      changed ??= sorted.slice(0, i)
      if (result !== undefined) changed.push(result)
    }
    return changed ?? sorted
  }

  /** Both sides' items in order of the key, equal keys reduced. Neither side must be in normal form; `left` comes back when nothing changes. */
  merge(left: Json[], right: Json[], isFull: boolean): Json[] {
    const before = this.#sorted(left)
    const after = this.#sorted(right)
    let merged: Json[] | undefined
    let taken = 0
    for (const item of after) {
      const at = this.#search(before, item, taken)
      const known = at < before.length && this.#compare(before[at] as Json, item) === 0 ? before[at] : undefined
      const result = this.#reduce(known, item, isFull, right)
      if (result === known) continue
      if (merged === undefined) {
        merged = before.slice(0, at)
        taken = at
      }
      for (; taken < at; taken++) merged.push(before[taken] as Json)
      if (result !== undefined) merged.push(result)
      if (known !== undefined) taken++
    }
    if (merged === undefined) return before
    for (; taken < before.length; taken++) merged.push(before[taken] as Json)
    return merged
  }

  /** The items of `left` whose keys occur in `right`, or, with `isIn` false, those whose keys do not. */
  select(left: Json[], right: Json[], isIn: boolean): Json[] {
    const keys = this.#sorted(right)
    let from = 0
    return this.#sorted(left).filter((item) => {
      from = this.#search(keys, item, from)
      return (from < keys.length && this.#compare(keys[from] as Json, item) === 0) === isIn
    })
  }

  /** First index from `from` on whose item does not sort before `item`. Steps double, so that near ones are found first. */
  #search(items: readonly Json[], item: Json, from: number): number {
    let low = from
    let high = from
    for (let step = 1; high < items.length && this.#compare(items[high] as Json, item) < 0; step *= 2) {
      low = high + 1
      high += step
    }
    if (high > items.length) high = items.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#compare(items[middle] as Json, item) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  #sorted(items: Json[]): Json[] {
    for (let i = 1; i < items.length; i++) {
      if (this.#compare(items[i - 1] as Json, items[i] as Json) >= 0) return this.#sort(items)
    }
    return items
  }

  /** Items of one key are deltas of one document, so they combine partially, tombstones included. */
  #sort(items: Json[]): Json[] {
    const unique: Json[] = []
    // Sorting is stable: equal keys stay in their order.
    for (const item of items.toSorted(this.#compare)) {
      const last = unique.at(-1)
      if (last === undefined || this.#compare(last, item) !== 0) unique.push(item)
      else unique[unique.length - 1] = this.#reduce(last, item, false, items) ?? item
    }
    return unique
  }

  #reduce(left: Json | undefined, right: Json, isFull: boolean, whole: readonly Json[]): Json | undefined {
    const item = this.#item
    if (item === undefined || (left === undefined && !item.changesAlone)) return right
    try {
      return item.reduce(left, right, isFull)
    } catch (error) {
      return rethrowAt(error, whole.indexOf(right))
    }
  }
}
