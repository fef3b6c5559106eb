import { Temporal } from 'temporal-polyfill'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../base/errors.ts'
import { DAY_MS, dateOfDay, dayNumberOf, firstDayReaching, firstWallReaching, shiftMonths, shiftWall } from './calendar-days.ts'
import { instantOf, wallOf } from './naive-calendar.fixture.ts'
import { findZone, isZone, zoneOf } from './zone.ts'

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Africa/Casablanca',
  'Pacific/Apia',
]
const anyZone = fc.constantFrom(...ZONES)
const instantBetween = (from: string, until: string) => fc.integer({ min: Date.parse(from), max: Date.parse(until) })
const HOUR = 3_600_000
/** Half of them within some hours of a change of the clock, or of a day. */
const anyInstant = fc.oneof(
  instantBetween('1950-01-01', '2100-01-01'),
  fc
    .tuple(
      fc.constantFrom(
        '2026-03-29T01:00Z',
        '2026-10-25T01:00Z',
        '2026-03-08T07:00Z',
        '2026-11-01T06:00Z',
        '2026-04-04T15:00Z',
        '2026-10-03T15:30Z',
        '2025-02-23T02:00Z',
        '2011-12-30T10:00Z',
      ),
      fc.integer({ min: -26 * HOUR, max: 26 * HOUR }),
    )
    .map(([change, by]) => Date.parse(change) + by),
)

describe('names of zones', () => {
  it.each([
    ['Europe/Berlin', 'Europe/Berlin'],
    ['europe/berlin', 'Europe/Berlin'],
    ['utc', 'UTC'],
    ['Mars/Olympus', undefined],
    ['+02:00', undefined],
    ['', undefined],
    ['2026-01-01T00:00[Europe/Berlin]', undefined],
    [null, undefined],
    [7, undefined],
  ])('%j is %j', (name, id) => {
    expect(findZone(name)?.id).toBe(id)
    expect(isZone(name)).toBe(id !== undefined)
  })

  it('gives one object for one zone', () => {
    expect(zoneOf('europe/BERLIN')).toBe(zoneOf('Europe/Berlin'))
  })

  it('refuses an unknown zone by its name', () => {
    expect(() => zoneOf('Mars/Olympus')).toThrow(MillraceError)
    expect(() => zoneOf('Mars/Olympus')).toThrow('There is no time zone "Mars/Olympus".')
  })
})

describe('days', () => {
  it.each([
    ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00Z', 23],
    ['Europe/Berlin', '2026-10-25', '2026-10-24T22:00Z', 25],
    ['Europe/Berlin', '2026-06-01', '2026-05-31T22:00Z', 24],
    ['America/New_York', '2026-03-08', '2026-03-08T05:00Z', 23],
    ['America/New_York', '2026-11-01', '2026-11-01T04:00Z', 25],
    ['Australia/Lord_Howe', '2026-04-05', '2026-04-04T13:00Z', 24.5],
    ['Australia/Lord_Howe', '2026-10-04', '2026-10-03T13:30Z', 23.5],
    ['Asia/Kathmandu', '2026-01-01', '2025-12-31T18:15Z', 24],
    ['America/Sao_Paulo, where midnight was left out', '2018-11-04', '2018-11-04T03:00Z', 23],
    ['America/St_Johns, where clocks fell back over midnight', '2010-11-07', '2010-11-07T02:30Z', 25],
    ['Pacific/Apia, which left the day out', '2011-12-30', '2011-12-30T10:00Z', 0],
    ['UTC', '0001-01-01', '0001-01-01T00:00Z', 24],
    ['UTC', '9999-12-31', '9999-12-31T00:00Z', 24],
  ])('in %s %s begins at %s and has %d hours', (name, date, start, hours) => {
    const zone = zoneOf(name.split(',')[0] ?? '')
    expect(new Date(zone.startOfDate(date)).toISOString()).toBe(new Date(start).toISOString())
    expect((zone.startOfDay(dayNumberOf(date) + 1) - zone.startOfDate(date)) / HOUR).toBe(hours)
  })

  it('follow each other without gap or overlap', () => {
    fc.assert(
      fc.property(anyZone, anyInstant, (name, t) => {
        const zone = zoneOf(name)
        const day = zone.dayOf(t)
        expect(zone.startOfDay(day)).toBeLessThanOrEqual(t)
        expect(zone.startOfDay(day + 1)).toBeGreaterThan(t)
      }),
      { numRuns: 2_000 },
    )
  })

  it('are those on the wall, and begin when the wall clock shows midnight first', () => {
    fc.assert(
      fc.property(anyZone, anyInstant, (name, t) => {
        const zone = zoneOf(name)
        const day = Math.floor(wallOf(t, name) / DAY_MS)
        expect(zone.dateOf(t)).toBe(new Date(day * DAY_MS).toISOString().slice(0, 10))
        expect(zone.startOfDate(zone.dateOf(t))).toBe(instantOf(day * DAY_MS, name))
      }),
      { numRuns: 1_000 },
    )
  })

  it('are known far beyond the years of the log', () => {
    for (const t of [8.64e15, -8.64e15, 9e15, -9e15])
      expect(Number.isFinite(zoneOf('Europe/Berlin').startOfDay(Math.floor(t / DAY_MS)))).toBe(true)
    expect(zoneOf('Europe/Berlin').add(0, 1e9, 'years')).toBeGreaterThan(8.64e15)
  })
})

describe('wall clocks', () => {
  it('show what they show, and the first instant of a wall time is found', () => {
    fc.assert(
      fc.property(anyZone, anyInstant, (name, t) => {
        const { offset } = zoneOf(name).pieceAt(t)
        expect(t + offset).toBe(wallOf(t, name))
        expect(zoneOf(name).firstAt(t + offset)).toBe(instantOf(wallOf(t, name), name))
      }),
      { numRuns: 1_000 },
    )
  })

  it('have shown a time just when its first instant has come', () => {
    fc.assert(
      fc.property(anyZone, anyInstant, fc.integer({ min: -30 * HOUR, max: 30 * HOUR }), (name, t, by) => {
        const zone = zoneOf(name)
        expect(zone.firstAt(t + by) <= t).toBe(t + by <= zone.latestWall(t))
      }),
      { numRuns: 3_000 },
    )
  })
})

describe('adding months', () => {
  it.each([
    ['2026-01-15T09:00', 1, 'months', '2026-02-15T09:00'],
    ['2026-01-28T15:00', 1, 'months', '2026-02-28T15:00'],
    ['2026-01-29T15:00', 1, 'months', '2026-03-01T00:00'],
    ['2026-01-31T09:00', 1, 'months', '2026-03-01T00:00'],
    ['2026-01-31T09:00', 2, 'months', '2026-03-31T09:00'],
    ['2024-02-29T12:00', 1, 'years', '2025-03-01T00:00'],
    ['2024-02-29T12:00', 4, 'years', '2028-02-29T12:00'],
    ['2025-11-30T12:00', 1, 'quarters', '2026-03-01T00:00'],
    ['2026-12-31T23:59', 1, 'months', '2027-01-31T23:59'],
    ['2026-03-15T12:00', 0, 'months', '2026-03-15T12:00'],
  ] as const)('%s + %d %s = %s', (from, amount, unit, to) => {
    expect(new Date(zoneOf('UTC').add(Date.parse(`${from}Z`), amount, unit)).toISOString()).toBe(`${to}:00.000Z`)
  })

  it.each([
    ['keeps the wall time over a change of the clock', '2026-03-01T08:00Z', '2026-04-01T07:00Z'],
    ['goes on where clocks are put forward', '2026-02-28T01:30Z', '2026-03-28T01:30Z'],
    ['ends with the month for a day that it lacks', '2026-01-29T01:30Z', '2026-02-28T23:00Z'],
    ['takes the first of a time that comes twice', '2026-09-25T00:30Z', '2026-10-25T00:30Z'],
    ['takes the second pass of an hour for its end', '2026-10-25T01:10Z', '2026-11-25T01:59:59.999Z'],
  ])('%s', (_, from, to) => {
    expect(new Date(zoneOf('Europe/Berlin').add(Date.parse(from), 1, 'months')).toISOString()).toBe(new Date(to).toISOString())
  })

  it('changes nothing when nothing is added, in the second pass of an hour too', () => {
    const t = Date.parse('2026-10-25T01:10Z')
    expect(zoneOf('Europe/Berlin').add(t, 0, 'months')).toBe(t)
  })

  it('takes the instant of the change for a time that is left out', () => {
    const t = zoneOf('Europe/Berlin').add(Date.parse('2025-03-29T01:30Z'), 1, 'years')
    expect(new Date(t).toISOString()).toBe('2026-03-29T01:00:00.000Z')
  })

  it('is what Temporal says, but for days that a month lacks and for changes of the clock', () => {
    fc.assert(
      fc.property(anyZone, anyInstant, fc.integer({ min: 1, max: 40 }), (name, t, months) => {
        const from = Temporal.Instant.fromEpochMilliseconds(t).toZonedDateTimeISO(name)
        const to = from.add({ months })
        const isPlain = [from, to].every((moment) => moment.hoursInDay === 24)
        fc.pre(isPlain && to.day === from.day)
        expect(zoneOf(name).add(t, months, 'months')).toBe(to.epochMilliseconds)
      }),
      { numRuns: 1_000 },
    )
  })

  it('never gives less for what is later', () => {
    fc.assert(
      fc.property(
        anyZone,
        anyInstant,
        fc.integer({ min: 0, max: 3 * DAY_MS }),
        fc.integer({ min: 1, max: 30 }),
        (name, t, by, months) => {
          expect(zoneOf(name).add(t + by, months, 'months')).toBeGreaterThanOrEqual(zoneOf(name).add(t, months, 'months'))
        },
      ),
      { numRuns: 3_000 },
    )
  })

  it('turns around exactly', () => {
    const days = fc.integer({ min: -40_000, max: 80_000 })
    const months = fc.integer({ min: -50, max: 50 })
    fc.assert(
      fc.property(days, months, (day, by) => {
        const first = firstDayReaching(day, by)
        expect([shiftMonths(first, by) >= day, shiftMonths(first - 1, by) >= day]).toEqual([true, false])
      }),
    )
    const timeOfDay = fc.oneof(fc.constantFrom(0, 1, DAY_MS - 1), fc.integer({ min: 0, max: DAY_MS - 1 }))
    fc.assert(
      fc.property(days, timeOfDay, months, (day, time, by) => {
        const wall = day * DAY_MS + time
        const first = firstWallReaching(wall, by)
        expect([shiftWall(first, by) >= wall, shiftWall(first - 1, by) >= wall]).toEqual([true, false])
      }),
      { numRuns: 3_000 },
    )
  })

  it('numbers days as Date does', () => {
    fc.assert(
      fc.property(fc.integer({ min: -719_528, max: 2_932_896 }), (day) => {
        const text = new Date(day * DAY_MS).toISOString().slice(0, 10)
        expect([dateOfDay(day), dayNumberOf(text)]).toEqual([text, day])
      }),
      { numRuns: 2_000 },
    )
  })
})
