/** What random documents are made of: few names, small numbers, instants near `now`, so that what is asked for is often there. */
import * as fc from 'fast-check'
import type { Json } from '../../base/json.ts'
import type { TraitType } from '../profile/trait.ts'
import { type Clock, dayOf } from './naive-calendar.fixture.ts'
import type { RawLeaf, RawOptions } from './naive-segment.fixture.ts'

/** That documents ask for; users and accounts have the same. */
export const TRAIT_TYPES: Record<string, TraitType> = {
  plan: 'string',
  company: 'string',
  score: 'number',
  is_active: 'boolean',
  renewed_at: 'date',
  renewals: 'array',
  tags: 'array',
  place: 'geo_point',
}
/** Of entities that have a calendar of their own. */
export const ZONE_TRAIT = 'time_zone'
export const EVENT_NAMES = ['Order', 'Visit']
export const SEGMENTS = { vip: 'user', trial: 'user', paying: 'account', big: 'account' } as const
export const PLANS = ['pro', 'Pro', 'free']
export const TEXTS = ['Hello Wørld', 'hello@example.com', 'https://example.com/hello', 'Größe 42']
const DAY = 86_400_000

/** Amounts for which something lies on either side. */
const AMOUNTS: Record<string, number[]> = {
  minutes: [1, 30],
  hours: [1, 2, 12],
  days: [1, 1, 2, 3, 7, 30],
  weeks: [1, 2],
  months: [1, 1, 2, 3],
  quarters: [1, 2],
  years: [1],
}
const units = fc.constantFrom('days', 'days', 'days', 'hours', 'minutes', 'weeks', 'months', 'months', 'quarters', 'years')
export const numbers = fc.constantFrom(-1, 0, 0.5, 1, 2, 3, 4)

export function leaf(key: string, operator: fc.Arbitrary<string>, options: fc.Arbitrary<RawOptions>): fc.Arbitrary<RawLeaf> {
  return fc.record({ property: fc.constant({ key }), operator, options })
}

/** One value, or one or two in a list. */
export function values(value: fc.Arbitrary<Json>): fc.Arbitrary<RawOptions> {
  return fc.record({ value: fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 2 })) })
}

export function operators(words: string): fc.Arbitrary<string> {
  return fc.constantFrom(...words.split(' '))
}

export const SEARCHING = operators(
  'contains contains does_not_contain starts_with does_not_start_with ends_with does_not_end_with',
)
export const EQUALLING = operators('equals does_not_equal in not_in')
export const COMPARING = operators('is_greater_than is_less_than is_greater_or_equal is_less_or_equal')

/** Pieces of what there is to find: any, and those at the ends and the starts of words. */
const pieces = fc
  .tuple(fc.constantFrom(...TEXTS), fc.nat({ max: 12 }), fc.integer({ min: 1, max: 25 }), fc.boolean())
  .map(([text, from, length, isUpper]) => (isUpper ? text.toUpperCase() : text).slice(from, from + length))
  .filter((piece) => piece.trim() !== '')
export const queries = fc.oneof(
  { weight: 1, arbitrary: pieces },
  {
    weight: 3,
    arbitrary: fc.constantFrom('h', 'HELLO', 'hello@', 'world', 'example.com', '.com', 'ello', 'grosse', '42', 'https://'),
  },
)

export function days({ now, timeZone }: Clock): fc.Arbitrary<string> {
  return fc.integer({ min: -4, max: 2 }).map((count) => dayOf(now + count * DAY, timeZone))
}

export function moments(clock: Clock): fc.Arbitrary<string> {
  const instants = fc.constantFrom(0, 0, -1, 1, DAY, -DAY, -30 * DAY).map((offset) => new Date(clock.now + offset).toISOString())
  return fc.oneof(days(clock), instants)
}

export const oneAge: fc.Arbitrary<RawOptions> = units.chain((unit) =>
  fc.constantFrom(...(AMOUNTS[unit] ?? [])).map((amount) => ({ [unit]: amount })),
)

/** Today as well. */
export const exactAge: fc.Arbitrary<RawOptions> = fc.oneof(
  { weight: 4, arbitrary: oneAge },
  { weight: 1, arbitrary: fc.constantFrom({ days: 0 }, { hours: 0 }, { months: 0 }) },
)

export const twoAges: fc.Arbitrary<RawOptions> = fc
  .tuple(units, fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 }))
  .map(([unit, min, more]) => ({ [`min_${unit}`]: min, [`max_${unit}`]: Math.max(1, min + more) }))

export function spans(clock: Clock): fc.Arbitrary<RawOptions> {
  return fc
    .tuple(moments(clock), moments(clock))
    .map(([a, b]) => (Date.parse(a) <= Date.parse(b) ? { from: a, to: b } : { from: b, to: a }))
}

export const counts: fc.Arbitrary<[operator: string, options: RawOptions]> = fc.oneof(
  fc.constantFrom<[string, RawOptions][]>(['zero_times', {}], ['at_least_once', {}], ['at_least_once', {}]),
  fc.tuple(fc.constant('is_at_least'), fc.record({ count: fc.integer({ min: 1, max: 4 }) })),
  fc.tuple(operators('is_at_most equals does_not_equal'), fc.record({ count: fc.integer({ min: 0, max: 3 }) })),
)
