import { describe, expect, it } from 'vitest'
import type { Json } from '../../base/json.ts'
import type { Area, ValueTest } from './predicate.ts'
import { findPoint, testValue } from './value-test.ts'
import { zoneOf } from './zone.ts'

const berlin = zoneOf('Europe/Berlin')
const NOW = Date.parse('2026-03-10T12:00Z')

/** The answer, and that its negation is exactly the opposite. */
function passes(test: ValueTest, value: Json, now = NOW): boolean {
  const verdict = testValue(test, value, now, berlin)
  const opposite = testValue({ ...test, negated: !test.negated }, value, now, berlin)
  expect(opposite).toEqual({ matches: !verdict.matches, until: verdict.until })
  return verdict.matches
}

function check(test: ValueTest, cases: readonly (readonly [value: Json, expected: boolean])[]): void {
  for (const [value, expected] of cases) expect({ value, passes: passes(test, value) }).toEqual({ value, passes: expected })
}

const timeless = <T extends object>(test: T) => ({ ...test, negated: false })

describe('set', () => {
  it('is everything but null; what is false, zero or empty is set', () => {
    check(timeless({ test: 'set' }), [
      [null, false],
      [false, true],
      [0, true],
      ['', true],
      [[], true],
      [[null], true],
      [{}, true],
    ])
  })
})

describe('equals', () => {
  it('compares the whole text, with its case and accents', () => {
    check(timeless({ test: 'equals', values: ['Romain', 'Zoé'] }), [
      ['Romain', true],
      ['Zoé', true],
      ['romain', false],
      ['Zoe', false],
      ['Romain ', false],
      ['Rom', false],
      [null, false],
      [['x', 'Romain'], true],
      [['x'], false],
      [[], false],
      [[['Romain']], false],
    ])
  })

  it('never mixes types', () => {
    check(timeless({ test: 'equals', values: [1, true, 'false', '2'] }), [
      [1, true],
      ['1', false],
      [true, true],
      ['true', false],
      [false, false],
      ['false', true],
      [2, false],
      ['2', true],
      [-0, false],
      [{ value: 1 }, false],
    ])
  })

  it('knows that a missing value is not false', () => {
    check(timeless({ test: 'equals', values: [false] }), [
      [false, true],
      [true, false],
      [null, false],
      [0, false],
    ])
    expect(testValue({ test: 'equals', values: [false], negated: true }, null, NOW, berlin).matches).toBe(true)
  })

  it('takes 0 and -0 for the same', () => {
    expect(passes(timeless({ test: 'equals', values: [0] }), -0)).toBe(true)
  })
})

describe('text', () => {
  it.each<['contains' | 'startsWith' | 'endsWith', [Json, boolean][]]>([
    [
      'contains',
      [
        ['say hello', true],
        ['Wørld', true],
        ['shello', false],
        [['x', 'HELLO'], true],
        [7, false],
        [null, false],
        [{}, false],
      ],
    ],
    [
      'startsWith',
      [
        ['Hello you', true],
        ['say hello', false],
        ['WÖRLD', true],
        [[], false],
      ],
    ],
    [
      'endsWith',
      [
        ['say Hello', true],
        ['shello', true],
        ['hello you', false],
        [['x', 'my world'], true],
      ],
    ],
  ])('%s any of the queries, folded', (match, cases) => {
    check(timeless({ test: 'text', match, values: ['Héllo', 'world'] }), cases)
  })

  it('reads no numbers as texts', () => {
    check(timeless({ test: 'text', match: 'contains', values: ['4', 'true'] }), [
      [42, false],
      [true, false],
      ['42', true],
    ])
  })
})

describe('number', () => {
  it.each<['greater' | 'less' | 'atLeast' | 'atMost', [Json, boolean][]]>([
    [
      'greater',
      [
        [10, false],
        [10.1, true],
        [21, true],
        [9, false],
      ],
    ],
    [
      'atLeast',
      [
        [10, true],
        [9.9, false],
      ],
    ],
    [
      'less',
      [
        [20, false],
        [19.9, true],
        [-5, true],
        [21, false],
      ],
    ],
    [
      'atMost',
      [
        [20, true],
        [20.1, false],
      ],
    ],
  ])('%s than any of the values, inclusive only where it says so', (compare, cases) => {
    check(timeless({ test: 'number', compare, values: [20, 10] }), cases)
    check(timeless({ test: 'number', compare, values: [20, 10] }), [
      ['15', false],
      [null, false],
      [true, false],
      [[15, 'x'], true],
      [[], false],
    ])
  })

  it('passes nothing without values', () => {
    for (const compare of ['greater', 'less', 'atLeast', 'atMost'] as const)
      expect(passes(timeless({ test: 'number', compare, values: [] }), 1)).toBe(false)
  })
})

describe('within', () => {
  it('takes geo points as profiles have them, any in any area', () => {
    const areas: Area[] = [
      { area: 'box', north: 53, south: 52, west: 13, east: 14 },
      { area: 'circle', latitude: 48.86, longitude: 2.35, metres: 5_000 },
    ]
    check(timeless({ test: 'within', areas }), [
      [{ lat: 52.5, lon: 13.4 }, true],
      [{ lat: 48.86, lon: 2.36 }, true],
      [{ lat: 40, lon: 13.4 }, false],
      [
        [
          { lat: 40, lon: 13.4 },
          { lat: 52.5, lon: 13.4 },
        ],
        true,
      ],
      [{ lat: 52.5, lon: 13.4, accuracy: 10 }, true],
      [{ lat: '52.5', lon: 13.4 }, false],
      [{ lat: 52.5 }, false],
      [{ lat: 95, lon: 13.4 }, false],
      [[52.5, 13.4], false],
      ['52.5,13.4', false],
      [null, false],
    ])
    expect(findPoint({ lat: 1, lon: 2 })).toEqual({ latitude: 1, longitude: 2 })
    expect([findPoint({ lat: 90.1, lon: 2 }), findPoint({ lat: 1, lon: -180.1 })]).toEqual([undefined, undefined])
  })
})

describe('a test that is used again', () => {
  it('answers for each zone by itself', () => {
    const test: ValueTest = { test: 'time', when: [{ frame: 'on', date: '2026-03-05' }], negated: false }
    const answers = ['UTC', 'Asia/Kathmandu', 'UTC', 'America/New_York'].map(
      (zone) => testValue(test, '2026-03-04T20:00:00Z', NOW, zoneOf(zone)).matches,
    )
    expect(answers).toEqual([false, true, false, false])
  })
})
