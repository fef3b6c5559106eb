/**
 * Whom a segment can be about at all, by their own facts alone. Most segments of a company are about some of its users ("of Germany, who
 * …"): whatever others do cannot make them members, so that nothing more is asked for them.
 */
import type { Json } from '../../base/json.ts'
import type { TraitPredicate } from '../../model/segment/predicate.ts'
import { compileTest } from '../../model/segment/value-test.ts'
import { zoneOf } from '../../model/segment/zone.ts'

type FindFact = (key: string) => Json

export type Audience = {
  /** False: the segment does not match, and will not by time alone. */
  admits: (fact: FindFact) => boolean
  /** The narrowest of its requirements that names values: others than those of them are not admitted. */
  one: { fact: string; values: readonly Json[] } | undefined
}

/** `required`: of the rule (model/segment/evaluate.ts). */
export function audienceOf(required: readonly TraitPredicate[]): Audience {
  // Tests that know no time are the same in all zones.
  const tests = required.map(({ trait, test }) => ({ trait, test: compileTest(test, zoneOf('UTC')) }))
  const named = required.flatMap(({ trait, test }) =>
    test.test === 'equals' && !test.negated ? [{ fact: trait, values: test.values }] : [],
  )
  return {
    admits: (fact) => tests.every(({ trait, test }) => test(fact(trait), 0).matches),
    one: named.toSorted((a, b) => a.values.length - b.values.length)[0],
  }
}

/** Things of segments, found by what a fact of an entity is instead of by asking each. */
export class ByAudience<Item> {
  readonly #ofAll = new Set<Item>()
  readonly #byFact = new Map<string, Map<Json, Set<Item>>>()

  /** For a segment of this audience; something may be added for several. */
  add(item: Item, { one }: Audience): void {
    if (one === undefined) {
      this.#ofAll.add(item)
      return
    }
    const byValue = this.#byFact.get(one.fact) ?? new Map<Json, Set<Item>>()
    this.#byFact.set(one.fact, byValue)
    for (const value of one.values) {
      const items = byValue.get(value) ?? new Set()
      byValue.set(value, items.add(item))
    }
  }

  get isEmpty(): boolean {
    return this.#ofAll.size === 0 && this.#byFact.size === 0
  }

  /** Whether facts decide. */
  get asksFacts(): boolean {
    return this.#byFact.size > 0
  }

  /** All that was added for audiences to which an entity with these facts may belong. */
  collect(fact: FindFact, into: Set<Item>): void {
    for (const item of this.#ofAll) into.add(item)
    for (const [key, byValue] of this.#byFact) {
      const value = fact(key)
      // Of an array any element counts.
      for (const one of Array.isArray(value) ? value : [value]) {
        const items = byValue.get(one)
        if (items) for (const item of items) into.add(item)
      }
    }
  }
}
