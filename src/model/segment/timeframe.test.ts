import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Timeframe } from './predicate.ts'
import { UNITS } from './predicate.ts'
import { intervalsAt, spanOf, type Span, verdictOf } from './timeframe.ts'
import { zoneOf } from './zone.ts'

const berlin = zoneOf('Europe/Berlin')
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'America/St_Johns',
  'Pacific/Apia',
]

const at = (text: string) => Date.parse(text)
const written = (t: number) => (Number.isFinite(t) ? new Date(t).toISOString().replace('.000Z', 'Z') : String(t))

function countsAt({ enter, leave }: Span, now: number): boolean {
  return enter <= now && now < leave
}

/** When the hour, as it is in the zone, lies one hour back. */
function hour(t: string, zone: string): [enter: string, leave: string] {
  const { enter, leave } = spanOf({ frame: 'exactly', amount: 1, unit: 'hours' }, at(t), zoneOf(zone), 'event')
  return [written(enter), written(leave)]
}

describe('the span of now in which an instant counts', () => {
  const noon = '2026-01-31T11:00:00Z'
  it.each<[when: Timeframe, t: string, enter: string, leave: string]>([
    [{ frame: 'ever' }, noon, noon, 'Infinity'],
    [{ frame: 'lessThan', amount: 30, unit: 'minutes' }, noon, noon, '2026-01-31T11:30:00Z'],
    [{ frame: 'lessThan', amount: 2, unit: 'hours' }, noon, noon, '2026-01-31T13:00:00Z'],
    // A day is 24 hours, on the day of a change of the clock too.
    [{ frame: 'lessThan', amount: 1, unit: 'days' }, '2026-03-28T12:00:00Z', '2026-03-28T12:00:00Z', '2026-03-29T12:00:00Z'],
    [{ frame: 'lessThan', amount: 1, unit: 'weeks' }, noon, noon, '2026-02-07T11:00:00Z'],
    [{ frame: 'lessThan', amount: 1, unit: 'months' }, noon, noon, '2026-02-28T23:00:00Z'],
    [{ frame: 'lessThan', amount: 2, unit: 'months' }, noon, noon, '2026-03-31T10:00:00Z'],
    [{ frame: 'lessThan', amount: 1, unit: 'quarters' }, '2026-01-15T11:00:00Z', '2026-01-15T11:00:00Z', '2026-04-15T10:00:00Z'],
    [{ frame: 'lessThan', amount: 1, unit: 'years' }, noon, noon, '2027-01-31T11:00:00Z'],
    [{ frame: 'lessThan', amount: 0, unit: 'days' }, noon, 'Infinity', 'Infinity'],
    [{ frame: 'lessThan', amount: 0, unit: 'months' }, noon, 'Infinity', 'Infinity'],
    [{ frame: 'moreThan', amount: 7, unit: 'days' }, noon, '2026-02-07T11:00:00Z', 'Infinity'],
    [{ frame: 'moreThan', amount: 1, unit: 'months' }, noon, '2026-02-28T23:00:00Z', 'Infinity'],
    [{ frame: 'moreThan', amount: 0, unit: 'years' }, noon, noon, 'Infinity'],
    [{ frame: 'betweenAgo', min: 2, max: 5, unit: 'days' }, noon, '2026-02-02T11:00:00Z', '2026-02-05T11:00:00.001Z'],
    [{ frame: 'betweenAgo', min: 0, max: 0, unit: 'days' }, noon, noon, '2026-01-31T11:00:00.001Z'],
    [{ frame: 'betweenAgo', min: 5, max: 2, unit: 'days' }, noon, 'Infinity', 'Infinity'],
    [{ frame: 'exactly', amount: 0, unit: 'days' }, noon, noon, '2026-01-31T23:00:00Z'],
    [{ frame: 'exactly', amount: 2, unit: 'days' }, noon, '2026-02-01T23:00:00Z', '2026-02-02T23:00:00Z'],
    [{ frame: 'exactly', amount: 1, unit: 'days' }, '2026-03-28T12:00:00Z', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z'],
    [{ frame: 'exactly', amount: 2, unit: 'weeks' }, noon, '2026-02-13T23:00:00Z', '2026-02-14T23:00:00Z'],
    // A month back from 28 to 31 March is 28 February; from no day is it 31 January.
    [{ frame: 'exactly', amount: 1, unit: 'months' }, '2026-02-28T12:00:00Z', '2026-03-27T23:00:00Z', '2026-03-31T22:00:00Z'],
    [{ frame: 'exactly', amount: 1, unit: 'months' }, noon, 'Infinity', 'Infinity'],
    [{ frame: 'exactly', amount: 1, unit: 'quarters' }, '2026-02-10T12:00:00Z', '2026-05-09T22:00:00Z', '2026-05-10T22:00:00Z'],
    [{ frame: 'exactly', amount: 1, unit: 'years' }, noon, '2027-01-30T23:00:00Z', '2027-01-31T23:00:00Z'],
    [{ frame: 'exactly', amount: 3, unit: 'hours' }, '2026-01-31T11:20:00Z', '2026-01-31T14:00:00Z', '2026-01-31T15:00:00Z'],
    [{ frame: 'exactly', amount: 0, unit: 'minutes' }, '2026-01-31T11:20:30Z', '2026-01-31T11:20:30Z', '2026-01-31T11:21:00Z'],
    [{ frame: 'on', date: '2026-01-31' }, noon, noon, 'Infinity'],
    [{ frame: 'on', date: '2026-01-31' }, '2026-01-30T23:00:00Z', '2026-01-30T23:00:00Z', 'Infinity'],
    [{ frame: 'on', date: '2026-01-31' }, '2026-01-31T23:00:00Z', 'Infinity', 'Infinity'],
    [{ frame: 'notOn', date: '2026-01-31' }, noon, 'Infinity', 'Infinity'],
    [{ frame: 'notOn', date: '2026-01-31' }, '2026-01-30T22:59:59.999Z', '2026-01-30T22:59:59.999Z', 'Infinity'],
    [{ frame: 'notOn', date: '2026-01-31' }, '2026-01-31T23:00:00Z', '2026-01-31T23:00:00Z', 'Infinity'],
    [{ frame: 'before', than: '2026-01-31' }, '2026-01-30T22:59:59.999Z', '2026-01-30T22:59:59.999Z', 'Infinity'],
    [{ frame: 'before', than: '2026-01-31' }, '2026-01-30T23:00:00Z', 'Infinity', 'Infinity'],
    [{ frame: 'before', than: at(noon) }, noon, 'Infinity', 'Infinity'],
    [{ frame: 'after', than: '2026-01-31' }, '2026-01-31T22:59:59.999Z', 'Infinity', 'Infinity'],
    [{ frame: 'after', than: '2026-01-31' }, '2026-01-31T23:00:00Z', '2026-01-31T23:00:00Z', 'Infinity'],
    [{ frame: 'after', than: at(noon) }, noon, 'Infinity', 'Infinity'],
    [{ frame: 'after', than: at(noon) }, '2026-01-31T11:00:00.001Z', '2026-01-31T11:00:00.001Z', 'Infinity'],
    [{ frame: 'between', from: '2026-01-31', to: '2026-01-31' }, noon, noon, 'Infinity'],
    [{ frame: 'between', from: '2026-01-31', to: '2026-01-31' }, '2026-01-31T23:00:00Z', 'Infinity', 'Infinity'],
    [{ frame: 'between', from: at(noon), to: at(noon) }, noon, noon, 'Infinity'],
    [{ frame: 'between', from: '2026-02-01', to: '2026-01-01' }, noon, 'Infinity', 'Infinity'],
  ])('%j: %s counts from %s until %s in Berlin', (...[when, t, enter, leave]) => {
    const span = spanOf(when, at(t), berlin, 'event')
    expect({ enter: written(span.enter), leave: written(span.leave) }).toEqual({ enter, leave })
  })

  it('is endless for the date of a trait in an absolute frame, and else that of an event', () => {
    const t = at('2026-01-31T11:00Z')
    const endless = { enter: -Infinity, leave: Infinity }
    expect(spanOf({ frame: 'on', date: '2026-01-31' }, t, berlin, 'trait')).toEqual(endless)
    expect(spanOf({ frame: 'ever' }, t, berlin, 'trait')).toEqual(endless)
    expect(spanOf({ frame: 'on', date: '2026-02-01' }, t, berlin, 'trait').enter).toBe(Infinity)
    const relative = { frame: 'lessThan', amount: 1, unit: 'days' } as const
    expect(spanOf(relative, t, berlin, 'trait')).toEqual(spanOf(relative, t, berlin, 'event'))
  })

  it('has the hour of the wall clock where the zone is not a whole hour off, and both when it comes twice', () => {
    expect(hour('2026-01-01T10:20Z', 'Asia/Kathmandu')).toEqual(['2026-01-01T11:15:00Z', '2026-01-01T12:15:00Z'])
    expect(hour('2026-10-25T00:20Z', 'Europe/Berlin')).toEqual(['2026-10-25T01:00:00Z', '2026-10-25T02:00:00Z'])
    expect(hour('2026-10-25T01:20Z', 'Europe/Berlin')).toEqual(['2026-10-25T02:00:00Z', '2026-10-25T03:00:00Z'])
    // Clocks go from 0:01 back to 23:01.
    expect(hour('2010-11-07T02:30:30Z', 'America/St_Johns')).toEqual(['2010-11-07T03:30:00Z', '2010-11-07T03:31:00Z'])
    // Clocks go from 2:00 back to 1:30.
    expect(hour('2026-04-04T14:50Z', 'Australia/Lord_Howe')).toEqual(['2026-04-04T15:00:00Z', '2026-04-04T16:00:00Z'])
    expect(hour('2026-04-04T15:10Z', 'Australia/Lord_Howe')).toEqual(['2026-04-04T16:00:00Z', '2026-04-04T16:30:00Z'])
  })
})

const CHANGES = [
  '2026-03-29T01:00Z',
  '2026-10-25T01:00Z',
  '2026-03-08T07:00Z',
  '2026-11-01T06:00Z',
  '2026-04-04T15:00Z',
  '2011-12-30T10:00Z',
]
const DAY = 86_400_000
const anyNow = fc.oneof(
  fc.integer({ min: at('2010-01-01T00:00Z'), max: at('2035-01-01T00:00Z') }),
  fc.tuple(fc.constantFrom(...CHANGES), fc.integer({ min: -2 * DAY, max: 2 * DAY })).map(([change, by]) => at(change) + by),
  // Ends of months, where lengths differ.
  fc
    .tuple(fc.integer({ min: 2010, max: 2035 }), fc.integer({ min: 0, max: 11 }), fc.integer({ min: -3 * DAY, max: 2 * DAY }))
    .map(([year, month, by]) => Date.UTC(year, month) + by),
)
const anyZone = fc.constantFrom(...ZONES).map(zoneOf)
const anyUnit = fc.constantFrom(...UNITS)
const anyAmount = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 40 }))
const anyDate = anyNow.map((t) => new Date(t).toISOString().slice(0, 10))
const anyBound = fc.oneof(anyNow, anyDate)
const anyFrame: fc.Arbitrary<Timeframe> = fc.oneof(
  fc.record({
    frame: fc.constantFrom('lessThan' as const, 'moreThan' as const, 'exactly' as const),
    amount: anyAmount,
    unit: anyUnit,
  }),
  fc.record({ frame: fc.constant('betweenAgo' as const), min: anyAmount, max: anyAmount, unit: anyUnit }),
  fc.constant({ frame: 'ever' as const }),
  fc.record({ frame: fc.constantFrom('on' as const, 'notOn' as const), date: anyDate }),
  fc.record({ frame: fc.constantFrom('before' as const, 'after' as const), than: anyBound }),
  fc.record({ frame: fc.constant('between' as const), from: anyBound, to: anyBound }),
)
const anyOf = fc.constantFrom('event' as const, 'trait' as const)

/** Instants that matter for a frame: about where its intervals begin and end. */
function edges(when: Timeframe, now: number, zone: ReturnType<typeof zoneOf>, of: 'event' | 'trait'): number[] {
  const ends = intervalsAt(when, now, zone, of).flatMap(({ from, until }) => [from, until])
  return ends.filter(Number.isFinite).flatMap((end) => [-DAY, -3_600_000, -1, 0, 1, 3_600_000, DAY].map((by) => end + by))
}

describe('the instants that count at a moment', () => {
  it('are exactly those whose span holds the moment', () => {
    fc.assert(
      fc.property(anyFrame, anyNow, anyZone, anyOf, fc.array(anyNow, { maxLength: 3 }), (...[when, now, zone, of, others]) => {
        const intervals = intervalsAt(when, now, zone, of)
        for (const t of [...others, now, now + 1, ...edges(when, now, zone, of)]) {
          const isIn = intervals.some(({ from, until }) => from <= t && t < until)
          expect({ t: written(t), counts: isIn }).toEqual({ t: written(t), counts: countsAt(spanOf(when, t, zone, of), now) })
        }
      }),
      { numRuns: 8_000 },
    )
  })

  it('are found from the instant as well: its span begins and ends where the intervals say', () => {
    fc.assert(
      fc.property(anyFrame, anyNow, anyZone, (when, t, zone) => {
        const { enter, leave } = spanOf(when, t, zone, 'event')
        for (const now of [enter - 1, enter, leave - 1, leave].filter(Number.isFinite)) {
          const isIn = intervalsAt(when, now, zone, 'event').some(({ from, until }) => from <= t && t < until)
          expect(isIn).toBe(enter <= now && now < leave)
        }
      }),
      { numRuns: 4_000 },
    )
  })

  it('are one span of time, or none, or two without a day; never touching', () => {
    fc.assert(
      fc.property(anyFrame, anyNow, anyZone, anyOf, (when, now, zone, of) => {
        const intervals = intervalsAt(when, now, zone, of)
        expect(intervals.length).toBeLessThanOrEqual(when.frame === 'notOn' ? 2 : 1)
        for (const { from, until } of intervals) expect(from).toBeLessThan(until)
      }),
    )
  })
})

describe('all frames', () => {
  it('never let an event count before it happens', () => {
    fc.assert(
      fc.property(anyFrame, anyNow, anyZone, (when, t, zone) => {
        expect(spanOf(when, t, zone, 'event').enter).toBeGreaterThanOrEqual(t)
      }),
      { numRuns: 3_000 },
    )
  })

  it('let what is later neither enter nor leave before what is earlier', () => {
    fc.assert(
      fc.property(anyFrame, anyNow, fc.integer({ min: 0, max: 4 * DAY }), anyZone, (when, t, by, zone) => {
        const [earlier, later] = [spanOf(when, t, zone, 'event'), spanOf(when, t + by, zone, 'event')]
        fc.pre(Number.isFinite(earlier.enter) && Number.isFinite(later.enter))
        expect(later.enter).toBeGreaterThanOrEqual(earlier.enter)
        expect(later.leave).toBeGreaterThanOrEqual(earlier.leave)
      }),
      { numRuns: 5_000 },
    )
  })
})

describe('the verdict of several spans', () => {
  it.each([
    ['of none', [], 5, false, Infinity],
    ['before', [[7, 9]], 5, false, 7],
    ['at its first instant', [[5, 9]], 5, true, 9],
    ['at its end', [[2, 5]], 5, false, Infinity],
    ['where one follows the other', [[7, 9], [2, 7], [11, 12]], 5, true, 9], // prettier-ignore
    ['in a gap', [[2, 4], [8, 9], [7, 9]], 5, false, 7], // prettier-ignore
    ['that never counts', [[Infinity, Infinity]], 5, false, Infinity],
    ['that always counts', [[-Infinity, Infinity]], 5, true, Infinity],
  ] as const)('%s: %j at %d', (...[, spans, now, matches, until]) => {
    expect(
      verdictOf(
        spans.map(([enter, leave]) => ({ enter, leave })),
        now,
      ),
    ).toEqual({ matches, until })
  })

  it('stays until the instant that it names, and turns there', () => {
    const anySpan = fc
      .tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 1, max: 6 }))
      .map(([enter, length]) => ({ enter, leave: enter + length }))
    fc.assert(
      fc.property(fc.array(anySpan, { maxLength: 5 }), fc.integer({ min: 0, max: 20 }), (spans, now) => {
        const isIn = (t: number) => spans.some(({ enter, leave }) => enter <= t && t < leave)
        const turn = Array.from({ length: 40 }, (_, index) => now + index).find((t) => isIn(t) !== isIn(now)) ?? Infinity
        expect(verdictOf(spans, now)).toEqual({ matches: isIn(now), until: turn })
      }),
    )
  })
})
