/** Random predicates on traits: every operator of every type. */
import * as fc from 'fast-check'
import type { Clock } from './naive-calendar.fixture.ts'
import type { RawLeaf, RawOptions } from './naive-segment.fixture.ts'
import {
  COMPARING,
  days,
  EQUALLING,
  exactAge,
  leaf,
  moments,
  numbers,
  oneAge,
  operators,
  PLANS,
  queries,
  SEARCHING,
  spans,
  TRAIT_TYPES,
  twoAges,
  values,
} from './segment-words.fixture.ts'

export function traitLeaves(prefix: string, clock: Clock): fc.Arbitrary<RawLeaf> {
  const key = (name: string) => prefix + name
  return fc.oneof(
    leaf(key('plan'), EQUALLING, values(fc.constantFrom(...PLANS))),
    leaf(key('company'), SEARCHING, fc.record({ value: fc.array(queries, { minLength: 1, maxLength: 4 }) })),
    leaf(key('score'), fc.oneof(EQUALLING, COMPARING), values(numbers)),
    leaf(key('is_active'), operators('is_true is_false is_not_set'), fc.constant({})),
    leaf(key('tags'), SEARCHING, values(queries)),
    leaf(key('tags'), EQUALLING, values(fc.oneof(fc.constantFrom(...PLANS), numbers))),
    leaf(key('tags'), COMPARING, values(numbers)),
    leaf(key('place'), operators('is_within is_not_within'), areas),
    ...Object.keys(TRAIT_TYPES).map((name) => leaf(key(name), operators('is_set is_not_set'), fc.constant({}))),
    dateLeaves(key('renewed_at'), clock),
    dateLeaves(key('renewed_at'), clock),
    dateLeaves(key('renewals'), clock),
    dateLeaves(key('renewals'), clock),
    dateLeaves(key('renewals'), clock),
  )
}

/** Edges with whole numbers of degrees, as the points that are tested have them. */
const areas: fc.Arbitrary<RawOptions> = fc.oneof(
  fc.record({
    box: fc.constantFrom(
      { north: 20, south: 0, west: 0, east: 40 },
      { north: 10, south: -10, west: 170, east: -170 },
      { north: 90, south: 80, west: -180, east: 180 },
    ),
  }),
  fc.record({
    circle: fc.record({
      latitude: fc.constantFrom(0, 10, 89, -90),
      longitude: fc.constantFrom(0, 20, 179, -180),
      metres: fc.constantFrom(500_000, 2_345_678, 20_000_000),
    }),
  }),
  fc.record({
    polygon: fc.constantFrom(
      {
        points: [
          [0, 0],
          [20, 0],
          [20, 40],
          [0, 40],
        ],
      },
      {
        points: [
          [-10, 170],
          [-10, -170],
          [10, -170],
          [10, 170],
        ],
      },
      {
        points: [
          [0, 0],
          [30, 10],
          [0, 20],
          [10, 10],
        ],
      },
    ),
  }),
)

function dateLeaves(key: string, clock: Clock): fc.Arbitrary<RawLeaf> {
  const between = fc.oneof(
    twoAges,
    fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 1, max: 3 })).map(([min, more]) => ({ value: [min, min + more] })),
    spans(clock),
  )
  return fc.oneof(
    leaf(key, operators('is_on is_not_on'), values(days(clock))),
    leaf(key, operators('is_before is_after'), values(moments(clock))),
    leaf(key, operators('is_less_than is_more_than'), oneAge),
    leaf(key, operators('is_exactly'), exactAge),
    // Of a list, `is_less_than` with a plain number is about numbers.
    leaf(
      key,
      operators(key.endsWith('s') ? 'is_exactly is_more_than' : 'is_exactly is_less_than is_more_than'),
      values(fc.integer({ min: 1, max: 3 })),
    ),
    leaf(key, operators('is_between'), between),
  )
}
