/** Random predicates on events: counts, aggregates, the first and the last time, sequences; in every timeframe. */
import * as fc from 'fast-check'
import type { Json } from '../../base/json.ts'
import type { Clock } from './naive-calendar.fixture.ts'
import type { RawFilter, RawLeaf, RawOptions } from './naive-segment.fixture.ts'
import {
  COMPARING,
  counts,
  days,
  exactAge,
  moments,
  numbers,
  oneAge,
  operators,
  spans,
  twoAges,
} from './segment-words.fixture.ts'

function named(timeframe: string, options: fc.Arbitrary<RawOptions>): fc.Arbitrary<RawOptions> {
  return options.map((one) => ({ timeframe, ...one }))
}

function timeframes(clock: Clock): fc.Arbitrary<RawOptions> {
  const onDay = days(clock).map((date) => ({ date }))
  const aroundMoment = moments(clock).map((date) => ({ date }))
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant({}) },
    { weight: 4, arbitrary: named('less_than', oneAge) },
    { weight: 4, arbitrary: named('more_than', oneAge) },
    { weight: 3, arbitrary: named('exactly', exactAge) },
    { weight: 3, arbitrary: named('between_days', twoAges) },
    { weight: 1, arbitrary: named('on', onDay) },
    { weight: 1, arbitrary: named('not_on', onDay) },
    { weight: 1, arbitrary: named('before', aroundMoment) },
    { weight: 1, arbitrary: named('after', aroundMoment) },
    { weight: 1, arbitrary: named('between', spans(clock)) },
  )
}

function selectors(clock: Clock): fc.Arbitrary<{ eventName: string; propsFilters?: RawFilter[] }> {
  const eventName = fc.constantFrom('Order', 'Order', 'Order', 'Visit')
  const propsFilters = fc.array(filters(clock), { minLength: 1, maxLength: 2 })
  return fc.oneof(
    { weight: 3, arbitrary: fc.record({ eventName }) },
    { weight: 1, arbitrary: fc.record({ eventName, propsFilters }) },
  )
}

function filter(key: string, operator: string, value?: fc.Arbitrary<Json>): fc.Arbitrary<RawFilter> {
  return fc.record({
    section: fc.constant(key.startsWith('campaign') ? ('context' as const) : ('property' as const)),
    key: fc.constant(key),
    operator: operators(operator),
    ...(value && { value }),
  })
}

function filters(clock: Clock): fc.Arbitrary<RawFilter> {
  return fc.oneof(
    filter('total', 'gt lt gte lte equals is_greater_than does_not_equal', numbers),
    filter('total', 'is_set is_not_set'),
    filter('item.sku', 'contains equals starts_with does_not_contain', fc.constantFrom('pro', 'Hello', 'free')),
    filter('gift', 'is_true is_false is_not_set is_set'),
    filter('shipped_at', 'before after is_before', moments(clock)),
    filter('shipped_at', 'is_on is_not_on', days(clock)),
    filter('campaign.name', 'contains does_not_equal equals', fc.constantFrom('pro', 'Hello', 'free')),
  )
}

const aggregates: fc.Arbitrary<[operator: string, options: RawOptions]> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(operators('sum average minimum maximum distinct_count'), aggregated()) },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constant('distinct_count'),
      fc.record({ property: fc.constant('item.sku'), comparison: operators('equals'), value: fc.constantFrom(1, 2, 3) }),
    ),
  },
)

function aggregated(): fc.Arbitrary<RawOptions> {
  return fc.oneof(
    fc.record({
      property: fc.constant('total'),
      comparison: fc.oneof(COMPARING, operators('equals does_not_equal')),
      value: numbers,
    }),
    fc.record({ property: fc.constantFrom('total', 'item.sku'), comparison: operators('is_set is_not_set') }),
  )
}

function sequences(clock: Clock): fc.Arbitrary<[operator: string, options: RawOptions]> {
  const within = fc.constantFrom(
    { within_minutes: 1 },
    { within_hours: 1 },
    { within_days: 1 },
    { within_days: 3 },
    { within_weeks: 1 },
  )
  return fc.tuple(
    operators('followed_by followed_by not_followed_by'),
    // oxlint-disable-next-line unicorn/no-thenable -- documents have this word; nobody awaits them
    fc.tuple(selectors(clock), within).map(([then, span]) => ({ then, ...span })),
  )
}

export function eventLeaves(clock: Clock): fc.Arbitrary<RawLeaf> {
  const questions = fc.oneof(
    { weight: 5, arbitrary: counts },
    { weight: 2, arbitrary: aggregates },
    { weight: 2, arbitrary: fc.tuple(operators('first_time last_time'), fc.constant({})) },
    { weight: 2, arbitrary: sequences(clock) },
  )
  return fc
    .tuple(questions, selectors(clock), timeframes(clock))
    .map(([[operator, options], selector, timeframe]) => ({
      property: { key: 'event' },
      operator,
      options: { ...selector, ...timeframe, ...options },
    }))
    .filter(({ operator, options }) => options.timeframe !== undefined || !operator.endsWith('_time'))
}
