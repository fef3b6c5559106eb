import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Json } from '../../base/json.ts'
import type { Timeframe, ValueTest } from './predicate.ts'
import { compileTest, findInstant, testValue } from './value-test.ts'
import { zoneOf } from './zone.ts'

const berlin = zoneOf('Europe/Berlin')
const NOW = Date.parse('2026-03-10T12:00Z')

function check(test: ValueTest, cases: readonly (readonly [value: Json, expected: boolean])[]): void {
  for (const [value, expected] of cases) {
    const verdict = testValue(test, value, NOW, berlin)
    expect({ value, matches: verdict.matches }).toEqual({ value, matches: expected })
    const opposite = testValue({ ...test, negated: !test.negated }, value, NOW, berlin)
    expect(opposite).toEqual({ matches: !expected, until: verdict.until })
  }
}

function time(...when: Timeframe[]): ValueTest {
  return { test: 'time', when, negated: false }
}

function until(value: Json, ...when: Timeframe[]): number {
  return testValue(time(...when), value, NOW, berlin).until
}

describe('instants of texts', () => {
  it.each([
    ['2026-03-01T08:00:00.000Z', '2026-03-01T08:00:00.000Z'],
    ['2026-03-01T08:00:00+02:00', '2026-03-01T06:00:00.000Z'],
    ['2026-03-01T08:00:00.123456789Z', '2026-03-01T08:00:00.123Z'],
    ['2026-03-01 08:00:00 UTC', undefined],
    ['2026-03-01 08:00:00', '2026-03-01T08:00:00.000Z'],
    ['2026-03-01T08:00', '2026-03-01T08:00:00.000Z'],
    ['2016-12-31T23:59:60.000Z', '2017-01-01T00:00:00.000Z'],
    ['2026-03-01', '2026-02-28T23:00:00.000Z'],
    ['2026-03-29', '2026-03-28T23:00:00.000Z'],
    ['0000-01-01T00:00:00.000Z', '0000-01-01T00:00:00.000Z'],
    ['2026-02-30', undefined],
    ['2026-02-30T08:00:00.000Z', undefined],
    ['2026-03-01T25:00:00.000Z', undefined],
    ['2026-03-01 8:00:00 GMTxZ', undefined],
    ['20260301', undefined],
    ['1772352000', undefined],
    ['1772352000000', undefined],
    ['2026', undefined],
    ['tomorrow', undefined],
    ['', undefined],
  ])('%j is %s in Berlin', (text, instant) => {
    const found = findInstant(text, berlin)
    expect(found === undefined ? undefined : new Date(found).toISOString()).toBe(instant)
  })
})

describe('time', () => {
  const lessThanWeek: Timeframe = { frame: 'lessThan', amount: 7, unit: 'days' }

  it('takes texts of dates, and nothing else', () => {
    check(time(lessThanWeek), [
      ['2026-03-05T00:00:00Z', true],
      ['2026-03-04', true],
      ['2026-03-03', false],
      ['2026-03-11', false],
      [NOW, false],
      [NOW / 1_000, false],
      [String(NOW), false],
      ['soon', false],
      [true, false],
      [null, false],
      [{ date: '2026-03-05' }, false],
      [['soon', '2026-03-05'], true],
      [['2026-01-01'], false],
      [[], false],
    ])
  })

  it.each<[Timeframe, [Json, boolean][]]>([
    [
      { frame: 'on', date: '2026-03-05' },
      [
        ['2026-03-05', true],
        ['2026-03-04T23:00:00Z', true],
        ['2026-03-05T23:00:00Z', false],
      ],
    ],
    [
      { frame: 'notOn', date: '2026-03-05' },
      [
        ['2026-03-05', false],
        ['2026-03-06', true],
      ],
    ],
    [
      { frame: 'before', than: '2026-03-05' },
      [
        ['2026-03-04', true],
        ['2026-03-05', false],
      ],
    ],
    [
      { frame: 'after', than: '2026-03-05' },
      [
        ['2026-03-05T22:59:59Z', false],
        ['2026-03-06', true],
        ['2030-01-01', true],
      ],
    ],
    [
      { frame: 'between', from: '2026-03-05', to: '2026-03-06' },
      [
        ['2026-03-05', true],
        ['2026-03-06T22:00:00Z', true],
        ['2026-03-07', false],
      ],
    ],
    [
      { frame: 'moreThan', amount: 7, unit: 'days' },
      [
        ['2026-03-03T12:00:00Z', true],
        ['2026-03-03T12:00:01Z', false],
      ],
    ],
    [
      { frame: 'exactly', amount: 5, unit: 'days' },
      [
        ['2026-03-05', true],
        ['2026-03-06', false],
      ],
    ],
    [
      { frame: 'betweenAgo', min: 2, max: 5, unit: 'days' },
      [
        ['2026-03-08T12:00:00Z', true],
        ['2026-03-05T11:59:59Z', false],
      ],
    ],
    [{ frame: 'ever' }, [['2040-01-01', true]]],
  ])('%j', (when, cases) => {
    check(time(when), cases)
  })

  it('passes when any element is in any frame', () => {
    check(time({ frame: 'on', date: '2026-03-05' }, { frame: 'on', date: '2026-03-07' }), [
      [['2026-03-06', '2026-03-07'], true],
      ['2026-03-06', false],
    ])
  })

  it('says when it will turn by itself', () => {
    expect(until('2026-03-05T12:00:00Z', lessThanWeek)).toBe(Date.parse('2026-03-12T12:00Z'))
    // Of several, the last that still counts; a date to come counts from then on.
    expect(until(['2026-03-05T12:00:00Z', '2026-03-09T12:00:00Z'], lessThanWeek)).toBe(Date.parse('2026-03-16T12:00Z'))
    expect(until(['2026-03-05T12:00:00Z', '2026-03-11T12:00:00Z'], lessThanWeek)).toBe(Date.parse('2026-03-18T12:00Z'))
    expect(until(['2026-03-05T12:00:00Z', '2026-03-13T12:00:00Z'], lessThanWeek)).toBe(Date.parse('2026-03-12T12:00Z'))
    expect(until('2026-03-13T12:00:00Z', lessThanWeek)).toBe(Date.parse('2026-03-13T12:00Z'))
    expect(until('2026-01-01', lessThanWeek)).toBe(Infinity)
    expect(until('2026-03-05', { frame: 'on', date: '2026-03-05' })).toBe(Infinity)
    expect(until('no date', lessThanWeek)).toBe(Infinity)
  })

  it('is right until that instant and turns at it', () => {
    const anyDate = fc.integer({ min: -20, max: 20 }).map((days) => new Date(NOW + days * 86_400_000).toISOString())
    const anyFrame: fc.Arbitrary<Timeframe> = fc.oneof(
      fc.record({
        frame: fc.constantFrom('lessThan' as const, 'moreThan' as const, 'exactly' as const),
        amount: fc.nat(20),
        unit: fc.constant('days' as const),
      }),
      fc.record({
        frame: fc.constant('betweenAgo' as const),
        min: fc.nat(9),
        max: fc.nat(20),
        unit: fc.constant('days' as const),
      }),
    )
    fc.assert(
      fc.property(
        fc.array(anyDate, { maxLength: 4 }),
        fc.array(anyFrame, { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        (dates, when, negated) => {
          const compiled = compileTest({ test: 'time', when, negated }, berlin)
          const { matches, until } = compiled(dates, NOW)
          expect(until).toBeGreaterThan(NOW)
          if (Number.isFinite(until))
            expect([compiled(dates, until - 1).matches, compiled(dates, until).matches]).toEqual([matches, !matches])
          for (let now = NOW; now < Math.min(until, NOW + 45 * 86_400_000); now += 6 * 3_600_000)
            expect(compiled(dates, now).matches).toBe(matches)
        },
      ),
    )
  })
})
