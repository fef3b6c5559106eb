/**
 * Tallies: the little that is kept of an entity's events so that a question about them has its exact answer at any instant. Taking in an
 * event, and joining what two parts of an entity have, give the same whatever the order; events that come late are no exception.
 */
import { createHash } from 'node:crypto'
import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import type { Millis } from '../profile/entity.ts'
import { type EventSelector, OCCURRENCES_MAX } from './predicate.ts'
import type { Counted, Keep } from './segment.ts'
import { compileTest } from './value-test.ts'
import { zoneOf } from './zone.ts'

/** As reports call it and show its properties (event-report.ts). */
export type EventFacts = { name: string; properties: JsonObject; context: JsonObject }

export type Occurrence = { at: Millis; value: Scalar | null }
type Scalar = string | number | boolean

/** Longer texts are kept as a digest: they are only told apart, and a thousand of them stay a hundred kilobytes. */
const TEXT_CHARACTERS_MAX = 100
/** Of a digest: in front of the 64 of the hash, so that no text that is kept as it is can be the same. */
const BEGINNING_CHARACTERS = 40

export function selects(selector: EventSelector, event: EventFacts): boolean {
  return selector.name === event.name && compileSelector(selector)(event)
}

/** For events of its name: whether all filters pass. Filters know no moving time. */
export function compileSelector({ filters, timeZone = 'UTC' }: EventSelector): (event: EventFacts) => boolean {
  const passes = filters.map(({ section, key, test }) => {
    const compiled = compileTest(test, zoneOf(timeZone))
    return (event: EventFacts) => compiled(valueAt(section === 'property' ? event.properties : event.context, key), 0).matches
  })
  if (passes.length === 0) return () => true
  return (event) => passes.every((filter) => filter(event))
}

/** A key that is there literally comes first, then its dots lead into objects; null where there is nothing. */
export function valueAt(values: JsonObject, key: string): Json {
  if (Object.hasOwn(values, key)) return values[key] ?? null
  let value: Json = values
  for (const name of key.split('.')) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return null
    value = value[name] ?? null
  }
  return value
}

/** The value that a tally keeps of an event. */
export function occurrenceOf(keeps: Keep, at: Millis, event: EventFacts): Occurrence {
  if (keeps.keep !== 'all' || keeps.property === undefined) return { at, value: null }
  const value = valueAt(event.properties, keeps.property)
  if (typeof value === 'string') return { at, value: shortened(value) }
  return { at, value: value === null || typeof value === 'object' ? null : value }
}

function shortened(text: string): string {
  if (text.length <= TEXT_CHARACTERS_MAX) return text
  // By code units: UTF-8 has one and the same form for all halves of pairs.
  const hash = createHash('sha256').update(Buffer.from(text, 'utf16le')).digest('hex')
  return text.slice(0, BEGINNING_CHARACTERS) + hash
}

/** With one more event; the same object when it makes no difference. `now` never goes back. */
export function addOccurrence(counted: Counted | undefined, keeps: Keep, occurrence: Occurrence, now: Millis): Counted {
  const { at, value } = occurrence
  if (!isMeant(keeps, at, now)) return counted ?? emptyCounted(keeps)
  switch (keeps.keep) {
    case 'count':
      return addToCount(counted ?? 0, keeps.cap, at, now)
    case 'latest':
    case 'earliest':
      return bounded(insertInstant(instantsOf(counted), at), keeps, now, counted)
    case 'all':
      return bounded(insertAll(counted, keeps, [at, value]), keeps, now, counted)
  }
}

/** What the parts of an entity have together. */
export function mergeCounted(a: Counted | undefined, b: Counted | undefined, keeps: Keep, now: Millis): Counted | undefined {
  if (a === undefined || b === undefined) return a ?? b
  if (keeps.keep === 'count') return sumCounts(a, b, keeps.cap, now)
  if (keeps.keep === 'all' && keeps.property !== undefined) {
    const pairs = [...pairsOf(a), ...pairsOf(b)].toSorted(comparePairs)
    return bounded(pairs.flat(), keeps, now, undefined)
  }
  const instants = [...instantsOf(a), ...instantsOf(b)].toSorted((x, y) => x - y)
  return bounded(instants, keeps, now, undefined)
}

export function emptyCounted(keeps: Keep): Counted {
  return keeps.keep === 'count' ? 0 : []
}

/** How many of a `count` have happened by now, up to its cap, and when the next ones do. */
export function countedBy(counted: Counted | undefined, now: Millis): { count: number; pending: readonly Millis[] } {
  if (counted === undefined) return { count: 0, pending: [] }
  if (typeof counted === 'number') return { count: counted, pending: [] }
  // A count with instants behind it: how many have happened, and when others will have (`addToCount`).
  const [count = 0, ...instants] = counted as number[]
  const pending = instants.filter((at) => at > now)
  return { count: count + instants.length - pending.length, pending }
}

/** Of all but counts; sorted. */
export function instantsOf(counted: Counted | undefined): readonly Millis[] {
  // Only tallies of instants are asked.
  return Array.isArray(counted) ? (counted as number[]) : NONE
}

/** As it is kept; of those that keep a property, instants and values in turn. */
export function listOf(counted: Counted | undefined): readonly (Scalar | null)[] {
  return Array.isArray(counted) ? counted : NONE
}

const NONE: readonly never[] = []

/** Of those that keep a property; by instant. */
export function pairsOf(counted: Counted | undefined): [at: Millis, value: Scalar | null][] {
  const pairs: [Millis, Scalar | null][] = []
  if (Array.isArray(counted)) {
    for (let i = 0; i + 1 < counted.length; i += 2) pairs.push([counted[i] as Millis, counted[i + 1] ?? null])
  }
  return pairs
}

function isMeant(keeps: Keep, at: Millis, now: Millis): boolean {
  if (keeps.keep === 'latest' || keeps.keep === 'earliest') return true
  if (at < (keeps.from ?? Number.NEGATIVE_INFINITY) || at >= (keeps.until ?? Number.POSITIVE_INFINITY)) return false
  return keeps.keep === 'count' || keeps.forMs === undefined || at > now - keeps.forMs
}

function addToCount(counted: Counted, cap: number, at: Millis, now: Millis): Counted {
  const { count, pending } = countedBy(counted, now)
  if (count >= cap) return counted
  return packCount(at > now ? count : count + 1, at > now ? insertInstant(pending, at) : pending, cap)
}

function sumCounts(a: Counted, b: Counted, cap: number, now: Millis): Counted {
  const [first, second] = [countedBy(a, now), countedBy(b, now)]
  const pending = [...first.pending, ...second.pending].toSorted((x, y) => x - y)
  return packCount(first.count + second.count, pending, cap)
}

function packCount(count: number, pending: readonly Millis[], cap: number): Counted {
  const kept = pending.slice(0, Math.max(0, cap - count))
  return kept.length === 0 ? Math.min(count, cap) : [count, ...kept]
}

function insertInstant(instants: readonly Millis[], at: Millis): Millis[] {
  let place = instants.length
  while (place > 0 && (instants[place - 1] ?? 0) > at) place--
  return instants.toSpliced(place, 0, at)
}

function insertAll(counted: Counted | undefined, { property }: Extract<Keep, { keep: 'all' }>, pair: [Millis, Scalar | null]) {
  if (property === undefined) return insertInstant(instantsOf(counted), pair[0])
  const list = Array.isArray(counted) ? counted : []
  // Mostly the newest.
  let place = list.length
  while (place > 0 && comparePairs([list[place - 2] as Millis, list[place - 1] ?? null], pair) > 0) place -= 2
  return list.toSpliced(place, 0, ...pair)
}

/** Of one instant by value, so that any order of arrival gives the same. */
function comparePairs(a: [Millis, Scalar | null], b: [Millis, Scalar | null]): number {
  return a[0] - b[0] || compareScalars(a[1], b[1])
}

function compareScalars(a: Scalar | null, b: Scalar | null): number {
  const [x, y] = [JSON.stringify(a), JSON.stringify(b)]
  return x < y ? -1 : Number(x > y)
}

/** Lets go what no question needs any more. */
function bounded(list: (Scalar | null)[], keeps: Keep, now: Millis, before: Counted | undefined): Counted {
  const kept = keptOf(list, keeps, now)
  const isSame = Array.isArray(before) && before.length === kept.length && kept.every((value, i) => value === before[i])
  return isSame ? before : kept
}

function keptOf(list: (Scalar | null)[], keeps: Keep, now: Millis): (Scalar | null)[] {
  switch (keeps.keep) {
    case 'count':
      return list
    case 'earliest':
      return list.slice(0, keeps.size)
    case 'latest': {
      const future = list.length - countUntil(list as number[], now)
      return list.slice(-(keeps.size + future))
    }
    case 'all': {
      const step = keeps.property === undefined ? 1 : 2
      const oldest = now - (keeps.forMs ?? Number.POSITIVE_INFINITY)
      let from = Math.max(0, list.length - OCCURRENCES_MAX * step)
      while (from < list.length && (list[from] as number) <= oldest) from += step
      return from === 0 ? list : list.slice(from)
    }
  }
}

/** How many of the sorted instants are at or before `now`. */
function countUntil(instants: readonly Millis[], now: Millis): number {
  let count = instants.length
  while (count > 0 && (instants[count - 1] ?? 0) > now) count--
  return count
}
