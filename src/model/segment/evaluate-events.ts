/** Questions about events, answered from tallies: how many count now, of which value, in which order; and when that changes by time alone. */
import type { Json } from '../../base/json.ts'
import type { Millis } from '../profile/entity.ts'
import type { EventLeaf } from './leaf-tallies.ts'
import type {
  Aggregate,
  CountTest,
  EventCountPredicate,
  EventTimePredicate,
  EventValuePredicate,
  SequencePredicate,
  Timeframe,
  Verdict,
} from './predicate.ts'
import type { Counted, Tally } from './segment.ts'
import { constant, type Evaluator, NEVER, passesCount, type Subject } from './subject.ts'
import { countedBy, instantsOf, listOf } from './tally.ts'
import { spanOf } from './timeframe.ts'
import { compileTest } from './value-test.ts'
import { fixedMillis, isCalendarUnit, type Zone, zoneOf } from './zone.ts'

/** What an event has as the value of a property. */
type Scalar = string | number | boolean | null

/** `tallies`: what `talliesOf` gives for the leaf. */
export function eventEvaluator(leaf: EventLeaf, tallies: readonly Tally[]): Evaluator {
  switch (leaf.is) {
    case 'events':
      return countEvaluator(leaf, tallies)
    case 'value':
      return valueEvaluator(leaf, tallies[0])
    case 'time':
      return (subject, now) => evaluateTime(leaf, countedOf(subject, tallies[0]), subject.zone, now)
    case 'sequence':
      return (subject, now) =>
        evaluateSequence(
          leaf,
          tallies.map((one) => instantsOf(subject.counted(one))),
          subject.zone,
          now,
        )
  }
}

function countedOf(subject: Subject, tally: Tally | undefined): Counted | undefined {
  return tally && subject.counted(tally)
}

function countEvaluator({ when, count }: EventCountPredicate, tallies: readonly Tally[]): Evaluator {
  const [first] = tallies
  if (first === undefined) return () => constant(passesCount(count, 0))
  if (tallies.length > 1)
    return (subject, now) =>
      evaluateCounts(
        count,
        tallies.map((one) => subject.counted(one)),
        now,
      )
  if (first.keeps.keep === 'count') return (subject, now) => evaluateCount(count, subject.counted(first), now)
  if (when.frame === 'lessThan' && !isCalendarUnit(when.unit) && count.max === null && !count.negated) {
    const window = { forMs: fixedMillis(when.amount, when.unit), min: count.min }
    return (subject, now) => evaluateRecent(window, instantsOf(subject.counted(first)), now)
  }
  return (subject, now) => evaluateInstants(when, count, instantsOf(subject.counted(first)), { zone: subject.zone, now })
}

/** At least so many within a fixed length of time: what is asked most. The same as `evaluateInstants` says, without looking at each. */
function evaluateRecent({ forMs, min }: { forMs: number; min: number }, instants: readonly Millis[], now: Millis): Verdict {
  if (min <= 0) return constant(true)
  const last = instants.length - 1
  // What is said of the future counts when it happens.
  if ((instants[last] ?? now) > now) return walkRecent({ forMs, min }, instants, now)
  // The one that must still count, and whose leaving turns the answer.
  const deciding = instants[last - min + 1]
  if (deciding === undefined || now >= deciding + forMs) return constant(false)
  return { matches: true, until: deciding + forMs }
}

function walkRecent({ forMs, min }: { forMs: number; min: number }, instants: readonly Millis[], now: Millis): Verdict {
  const living = instants.filter((at) => at + forMs > now)
  const enters = living.filter((at) => at > now)
  return walk({ count: living.length - enters.length, enters, leaves: living.map((at) => at + forMs) }, (count) => count >= min)
}

function evaluateCount(test: CountTest, counted: Counted | undefined, now: Millis): Verdict {
  if (typeof counted === 'object') return evaluateCounts(test, [counted], now)
  return constant(passesCount(test, counted ?? 0))
}

/** Counts of fixed spans only grow, as what was said of the future happens. */
function evaluateCounts(test: CountTest, counted: readonly (Counted | undefined)[], now: Millis): Verdict {
  const all = counted.map((one) => countedBy(one, now))
  const count = all.reduce((sum, one) => sum + one.count, 0)
  const pending = all.flatMap((one) => one.pending)
  if (pending.length > 1) pending.sort((a, b) => a - b)
  return walk({ count, enters: pending, leaves: [] }, (n) => passesCount(test, n))
}

type Moment = { zone: Zone; now: Millis }

function evaluateInstants(when: Timeframe, test: CountTest, instants: readonly Millis[], moment: Moment): Verdict {
  return walk(crowdAt(when, instants, moment), (count) => passesCount(test, count))
}

/** How many count now, and when others begin and cease to; both sorted, as later events begin and cease later. */
type Crowd = { count: number; enters: readonly Millis[]; leaves: readonly Millis[] }

function crowdAt(when: Timeframe, instants: readonly Millis[], { zone, now }: Moment): Crowd {
  let count = 0
  const enters: Millis[] = []
  const leaves: Millis[] = []
  for (const at of instants) {
    const { enter, leave } = spanOf(when, at, zone, 'event')
    if (enter >= leave || leave <= now || enter === NEVER) continue
    if (enter <= now) count++
    else enters.push(enter)
    if (leave !== NEVER) leaves.push(leave)
  }
  return { count, enters, leaves }
}

/** Goes through what time will bring until the answer turns. */
function walk({ count, enters, leaves }: Crowd, test: (count: number) => boolean): Verdict {
  const matches = test(count)
  let [entered, left] = [0, 0]
  for (;;) {
    const next = Math.min(enters[entered] ?? NEVER, leaves[left] ?? NEVER)
    if (next === NEVER) return constant(matches)
    while (enters[entered] === next) entered++
    while (leaves[left] === next) left++
    if (test(count + entered - left) !== matches) return { matches, until: next }
  }
}

function valueEvaluator(leaf: EventValuePredicate, tally: Tally | undefined): Evaluator {
  // Tests of aggregates know no time.
  const compiled = compileTest(leaf.test, zoneOf('UTC'))
  const passes = (values: readonly Scalar[], from: number) => compiled(aggregate(leaf.aggregate, values, from), 0).matches
  return (subject, now) => evaluateValues({ leaf, passes }, listOf(countedOf(subject, tally)), subject.zone, now)
}

type ValueQuestion = {
  leaf: EventValuePredicate
  /** Of the values from an index on. */
  passes: (values: readonly Scalar[], from: number) => boolean
}

function evaluateValues({ leaf, passes }: ValueQuestion, list: readonly Scalar[], zone: Zone, now: Millis): Verdict {
  const values: Scalar[] = []
  const leaves: Millis[] = []
  let enters = NEVER
  // Instants and values in turn.
  for (let i = 0; i + 1 < list.length; i += 2) {
    const { enter, leave } = spanOf(leaf.when, list[i] as Millis, zone, 'event')
    if (enter > now) enters = Math.min(enters, enter < leave ? enter : NEVER)
    else if (leave > now) {
      values.push(list[i + 1] ?? null)
      leaves.push(leave)
    }
  }
  const matches = passes(values, 0)
  const until = Math.min(
    enters,
    turnOf(matches, leaves, (gone) => passes(values, gone)),
  )
  return until === NEVER ? constant(matches) : { matches, until }
}

/** So many turns are looked at for the one that changes the answer; where none of them does, it is looked at again then. */
const TURNS_MAX = 10

/** When the answer turns as one value after the other leaves; what happened earlier leaves earlier. */
function turnOf(matches: boolean, leaves: readonly Millis[], test: (gone: number) => boolean): Millis {
  let turns = 0
  for (let gone = 1; gone <= leaves.length; gone++) {
    const at = leaves[gone - 1] ?? NEVER
    if (at === NEVER) return NEVER
    // Of one day all leave at once.
    if (leaves[gone] === at) continue
    if (++turns > TURNS_MAX || test(gone) !== matches) return at
  }
  return NEVER
}

/** Of the values from an index on; null where there is nothing to aggregate. */
export function aggregate(how: Aggregate, values: readonly Scalar[], from = 0): Json {
  if (how === 'distinctCount') return countDistinct(values, from)
  let [count, sum, least, most] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  let isExact = true
  for (let i = from; i < values.length; i++) {
    const value = values[i]
    if (typeof value !== 'number') continue
    count++
    sum += value
    if (value < least) least = value
    if (value > most) most = value
    isExact &&= Number.isSafeInteger(value) && Number.isSafeInteger(sum)
  }
  if (how === 'sum') return isExact ? sum : sumOf(values, from)
  if (count === 0) return null
  if (how === 'average') return (isExact ? sum : sumOf(values, from)) / count
  return how === 'minimum' ? least : most
}

function countDistinct(values: readonly Scalar[], from: number): number {
  const distinct = new Set<Scalar>()
  for (let i = from; i < values.length; i++) {
    const value = values[i] ?? null
    if (value !== null) distinct.add(value)
  }
  return distinct.size
}

/** From the smallest on, so that the order of arrival does not show in the last digits. */
function sumOf(values: readonly Scalar[], from: number): number {
  const numbers = values.slice(from).filter((value) => typeof value === 'number')
  return numbers.toSorted((a, b) => a - b).reduce((sum, number) => sum + number, 0)
}

function evaluateTime({ which, when }: EventTimePredicate, counted: Counted | undefined, zone: Zone, now: Millis): Verdict {
  const instants = instantsOf(counted)
  const happened = instants.filter((at) => at <= now)
  const at = which === 'first' ? happened[0] : happened.at(-1)
  // What is said of the future becomes the first, or the last, when it happens.
  const next = instants[happened.length] ?? NEVER
  if (at === undefined) return { matches: false, until: next }
  const { enter, leave } = spanOf(when, at, zone, 'event')
  const matches = enter <= now && now < leave
  const flip = matches ? leave : enter > now ? enter : NEVER
  return { matches, until: which === 'last' ? Math.min(flip, next) : flip }
}

function evaluateSequence(
  leaf: SequencePredicate,
  [first = [], second = []]: (readonly Millis[])[],
  zone: Zone,
  now: Millis,
): Verdict {
  const following = second.filter((at) => follows(at, first, leaf.withinMs))
  const test = (count: number) => count > 0 !== leaf.negated
  return walk(crowdAt(leaf.when, following, { zone, now }), test)
}

/** Whether one of the sorted instants lies before `at`, within the span. */
function follows(at: Millis, instants: readonly Millis[], withinMs: number): boolean {
  let [low, high] = [0, instants.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((instants[middle] ?? NEVER) < at) low = middle + 1
    else high = middle
  }
  return low > 0 && at - (instants[low - 1] ?? Number.NEGATIVE_INFINITY) <= withinMs
}
