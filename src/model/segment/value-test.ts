/**
 * Tests of one value: of a trait, of a property of an event, of an aggregate. Types are never mixed: the text `1` is not the number 1,
 * and a number is no date. What a value of the wrong type does not pass, its negation does.
 */
import { isObject, type Json } from '../../base/json.ts'
import { castDate } from '../profile/cast-date.ts'
import type { Millis } from '../profile/entity.ts'
import { isDate, isDateTime } from '../schema/date-time.ts'
import { prepareArea, type Point } from './geo.ts'
import type { Timeframe, ValueTest, Verdict } from './predicate.ts'
import { prepareFolded, fold } from './text-match.ts'
import { type Span, spanOf, verdictOf } from './timeframe.ts'
import type { Zone } from './zone.ts'

/** `until` is finite only for tests of time. */
export type CompiledTest = (value: Json, now: Millis) => Verdict

const FOREVER_TRUE: Verdict = Object.freeze({ matches: true, until: Infinity })
const FOREVER_FALSE: Verdict = Object.freeze({ matches: false, until: Infinity })

/** The test with everything prepared that does not depend on the value. */
export function compileTest(test: ValueTest, zone: Zone): CompiledTest {
  if (test.test === 'time') return compileTime(test.when, test.negated, zone)
  const passes = compileTimeless(test)
  const [yes, no] = test.negated ? [FOREVER_FALSE, FOREVER_TRUE] : [FOREVER_TRUE, FOREVER_FALSE]
  return (value) => (passes(value) ? yes : no)
}

/** The compiled form is kept as long as the test is; tests must not be changed. */
export function testValue(test: ValueTest, value: Json, now: Millis, zone: Zone): Verdict {
  const kept = compiledTests.get(test)
  if (kept?.zone === zone) return kept.compiled(value, now)
  const compiled = compileTest(test, zone)
  compiledTests.set(test, { zone, compiled })
  return compiled(value, now)
}

const compiledTests = new WeakMap<ValueTest, { zone: Zone; compiled: CompiledTest }>()

type TimelessTest = Exclude<ValueTest, { test: 'time' }>

function compileTimeless(test: TimelessTest): (value: Json) => boolean {
  switch (test.test) {
    case 'set':
      return (value) => value !== null
    case 'equals': {
      const values = new Set<Json>(test.values)
      return anyElement((value) => values.has(value))
    }
    case 'text': {
      const queries = test.values.map((query) => prepareFolded(test.match, fold(query)))
      return anyElement((value) => {
        if (typeof value !== 'string') return false
        const folded = fold(value)
        return queries.some((matches) => matches(folded))
      })
    }
    case 'number':
      return anyElement(compileNumber(test.compare, test.values))
    case 'within': {
      const areas = test.areas.map(prepareArea)
      return anyElement((value) => {
        const point = findPoint(value)
        return point !== undefined && areas.some((isWithin) => isWithin(point))
      })
    }
  }
}

function anyElement(passes: (value: Json) => boolean): (value: Json) => boolean {
  return (value) => (Array.isArray(value) ? value.some((element) => passes(element)) : passes(value))
}

type Compare = Extract<ValueTest, { test: 'number' }>['compare']

/** Any of the values: so the easiest decides. */
function compileNumber(compare: Compare, values: readonly number[]): (value: Json) => boolean {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  switch (compare) {
    case 'greater':
      return (value) => typeof value === 'number' && value > least
    case 'less':
      return (value) => typeof value === 'number' && value < most
    case 'atLeast':
      return (value) => typeof value === 'number' && value >= least
    case 'atMost':
      return (value) => typeof value === 'number' && value <= most
  }
}

function compileTime(when: readonly Timeframe[], negated: boolean, zone: Zone): CompiledTest {
  const [first] = when
  return (value, now) => {
    // One date and one frame are by far the most.
    if (typeof value === 'string' && first && when.length === 1) return verdictOfOne(findSpan(value, first, zone), now, negated)
    const instants = instantsOf(value, zone)
    if (instants.length === 0) return negated ? FOREVER_TRUE : FOREVER_FALSE
    const spans = instants.flatMap((t) => when.map((frame) => spanOf(frame, t, zone, 'trait')))
    const { matches, until } = verdictOf(spans, now)
    return { matches: matches !== negated, until }
  }
}

function findSpan(text: string, when: Timeframe, zone: Zone): Span | undefined {
  const t = findInstant(text, zone)
  return t === undefined ? undefined : spanOf(when, t, zone, 'trait')
}

function verdictOfOne(span: Span | undefined, now: Millis, negated: boolean): Verdict {
  const isIn = span !== undefined && span.enter <= now && now < span.leave
  const until = span === undefined ? Infinity : isIn ? span.leave : span.enter > now ? span.enter : Infinity
  return { matches: isIn !== negated, until }
}

function instantsOf(value: Json, zone: Zone): Millis[] {
  const elements = Array.isArray(value) ? value : [value]
  return elements.flatMap((element) => (typeof element === 'string' ? (findInstant(element, zone) ?? []) : []))
}

/** As profiles write instants: `2026-03-01T08:00:00.000Z`. */
const INSTANT_LENGTH = 24
const UPPER_Z = 90
const DASH = 45

/**
 * The instant that a text of a date means (ISO 8601). A date alone is the start of that day in the zone; a time without an offset is
 * in UTC, as in profiles. Undefined for all other texts, those of Unix time among them.
 */
export function findInstant(text: string, zone: Zone): Millis | undefined {
  if (text.charCodeAt(4) !== DASH) return undefined
  if (text.length === INSTANT_LENGTH && text.charCodeAt(INSTANT_LENGTH - 1) === UPPER_Z && isDateTime(text)) {
    const millis = Date.parse(text)
    // A leap second is none for `Date`.
    if (!Number.isNaN(millis)) return millis
  }
  if (isDate(text)) return zone.startOfDate(text)
  const instant = castDate(text)
  return instant === undefined ? undefined : Date.parse(instant)
}

/** A geo point as profiles have it: an object with numbers `lat` and `lon` that are on earth. Other members do not matter. */
export function findPoint(value: Json): Point | undefined {
  if (!isObject(value)) return undefined
  const { lat, lon } = value
  if (typeof lat !== 'number' || typeof lon !== 'number' || Math.abs(lat) > 90 || Math.abs(lon) > 180) return undefined
  return { latitude: lat, longitude: lon }
}
