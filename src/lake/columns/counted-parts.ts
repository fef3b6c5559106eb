/** Puts together what tallies keep of each part of an entity, from rows that come part by part (`tallyHistoryStatement`). */
import { invariant } from '../../base/errors.ts'
import type { Json } from '../../base/json.ts'
import type { EntityId, Millis } from '../../model/profile/entity.ts'
import type { Counted, CountedPart, Keep, PastTally } from '../../model/segment/segment.ts'
import { addOccurrence, emptyCounted, mergeCounted, occurrenceOf } from '../../model/segment/tally.ts'

type Gathered = { number: number; instants: Millis[]; members: unknown[] }

export class CountedParts {
  readonly #tallies: readonly PastTally[]
  readonly #now: Millis
  #open: { part: EntityId; tallies: Map<number, Gathered> } | undefined

  constructor(tallies: readonly PastTally[], now: Millis) {
    this.#tallies = tallies
    this.#now = now
  }

  /** Takes a row; yields the part before it when the row is of another. */
  add([part, tally, number, instants, instant, member]: readonly unknown[]): CountedPart[] {
    const finished = this.#open?.part === part ? [] : this.end()
    this.#open ??= { part: String(part), tallies: new Map() }
    const gathered = this.#open.tallies.get(Number(tally)) ?? { number: 0, instants: [], members: [] }
    this.#open.tallies.set(Number(tally), gathered)
    gathered.number += Number(number)
    gathered.instants.push(...itemsOf(instants).map(Number))
    if (instant !== null) {
      gathered.instants.push(Number(instant))
      gathered.members.push(member)
    }
    return finished
  }

  /** The last part, if there is any. */
  end(): CountedPart[] {
    if (this.#open === undefined) return []
    const { part, tallies } = this.#open
    this.#open = undefined
    const counted = [...tallies].toSorted(([a], [b]) => a - b)
    return [{ part, tallies: counted.map(([tally, gathered]) => [tally, this.#countedOf(tally, gathered)]) }]
  }

  /** The same as if the events had come one by one. */
  #countedOf(tally: number, { number, instants, members }: Gathered): Counted {
    const keeps = this.#tallies[tally]?.keeps
    invariant(keeps, 'rows are of tallies that were asked for')
    if (keeps.keep === 'count') {
      let counted: Counted = Math.min(number, keeps.cap)
      for (const at of instants) counted = addOccurrence(counted, keeps, { at, value: null }, this.#now)
      return counted
    }
    const property = keeps.keep === 'all' ? keeps.property : undefined
    const counted = property === undefined ? instants : instants.flatMap((at, i) => [at, valueOf(keeps, at, members[i])])
    return mergeCounted(counted, emptyCounted(keeps), keeps, this.#now) ?? emptyCounted(keeps)
  }
}

/** As it is kept of an event whose property has this JSON text. */
function valueOf(keeps: Keep, at: Millis, json: unknown): string | number | boolean | null {
  const value = typeof json === 'string' ? (JSON.parse(json) as Json) : null
  const property = keeps.keep === 'all' ? (keeps.property ?? '') : ''
  return occurrenceOf(keeps, at, { name: '', properties: { [property]: value }, context: {} }).value
}

/** Of a list as a stream of DuckDB gives it. */
function itemsOf(list: unknown): readonly unknown[] {
  if (list === null) return []
  const { items } = list as { items: readonly unknown[] }
  return items
}
