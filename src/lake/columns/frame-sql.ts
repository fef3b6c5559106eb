/**
 * Frames of time as bounds in SQL. With zones of their own, entities share bounds where their zones agree; `zone` is then SQL of the
 * number of an entity's zone.
 */
import type { Millis } from '../../model/profile/entity.ts'
import type { Timeframe, Unit } from '../../model/segment/predicate.ts'
import { END_OF_TIME, type Interval, intervalsAt, longestMs, type TimeOf } from '../../model/segment/timeframe.ts'
import type { Zone } from '../../model/segment/zone.ts'
import { allOf, anyOf, integerSql } from './sql-text.ts'

/** `now`: what counts at this instant. `later`: what counts at this instant or at any after. */
export type Moment = 'now' | 'later'

/** The instants that count, by number of the zone. */
export type Bounds = Interval[][]

export function boundsOf(
  frames: readonly Timeframe[],
  of: TimeOf,
  moment: Moment,
  { now, zones }: { now: Millis; zones: readonly Zone[] },
): Bounds {
  const intervals = moment === 'now' ? intervalsAt : intervalsFrom
  return zones.map((zone) => frames.flatMap((frame) => intervals(frame, now, zone, of)))
}

/** Never too few. */
function intervalsFrom(when: Timeframe, now: Millis, zone: Zone, of: TimeOf): Interval[] {
  const future = { from: now + 1, until: Number.POSITIVE_INFINITY }
  switch (when.frame) {
    case 'lessThan':
      return [...intervalsAt(when, now, zone, of), future]
    case 'moreThan':
      return [{ from: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY }]
    case 'exactly':
      return [{ from: now - atMostMs(when.amount, when.unit), until: Number.POSITIVE_INFINITY }]
    case 'betweenAgo':
      return [{ from: now - atMostMs(when.max, when.unit), until: Number.POSITIVE_INFINITY }]
    case 'ever':
    case 'on':
    case 'notOn':
    case 'before':
    case 'after':
    case 'between':
      return intervalsAt(when, END_OF_TIME, zone, of)
  }
}

/** The days, by number, that begin at instants within. */
export function dayBounds(bounds: Bounds, zones: readonly Zone[]): Bounds {
  return bounds.map((intervals, i) => {
    const zone = zones[i]
    return zone === undefined
      ? []
      : intervals.map(({ from, until }) => ({ from: firstDayFrom(from, zone), until: firstDayFrom(until, zone) }))
  })
}

/** The first day that begins at the instant or after. */
function firstDayFrom(instant: Millis, zone: Zone): number {
  if (Math.abs(instant) >= END_OF_TIME) return instant
  let day = zone.dayOf(instant)
  // A day that a zone left out begins when the next does.
  while (zone.startOfDay(day - 1) >= instant) day--
  while (zone.startOfDay(day) < instant) day++
  return day
}

/** Whether an instant that counts may cease to by itself. */
export function isPassing({ frame }: Timeframe): boolean {
  return frame === 'lessThan' || frame === 'exactly' || frame === 'betweenAgo'
}

/** Whether time decides, besides what is said to happen in the future. */
export function isMoving(when: Timeframe): boolean {
  return isPassing(when) || when.frame === 'moreThan'
}

/** Nothing counts for longer. */
function atMostMs(amount: number, unit: Unit): number {
  return Math.ceil(longestMs(amount + 2, unit))
}

/** Whether the same instants count in all zones. */
export function areSame(bounds: Bounds): boolean {
  return new Set(bounds.map((intervals) => formatIntervals(intervals))).size <= 1
}

/** Whether `instant`, SQL, is within; never true where it is null. */
export function boundsSql(instant: string, bounds: Bounds, zone: string): string {
  const numbers = bounds.map((_, i) => i)
  const groups = [...Map.groupBy(numbers, (i) => formatIntervals(bounds[i] ?? [])).values()]
  const conditionOf = ([first = 0]: number[]) => intervalsSql(instant, bounds[first] ?? [])
  const [only] = groups
  if (groups.length === 1 && only) return conditionOf(only)
  return anyOf(groups.map((group) => allOf([`${zone} in (${group.join(', ')})`, conditionOf(group)])))
}

/** From the first instant that counts in any zone to the last. */
export function hullSql(instant: string, bounds: Bounds): string {
  const all = bounds.flat()
  if (all.length === 0) return 'false'
  return intervalsSql(instant, [
    { from: Math.min(...all.map(({ from }) => from)), until: Math.max(...all.map(({ until }) => until)) },
  ])
}

function intervalsSql(instant: string, intervals: readonly Interval[]): string {
  return anyOf(
    intervals.map(({ from, until }) => {
      const begins = from > -END_OF_TIME ? [`${instant} >= ${integerSql(Math.ceil(from))}`] : []
      const ends = until <= END_OF_TIME ? [`${instant} < ${integerSql(Math.ceil(until))}`] : []
      return allOf(begins.length + ends.length === 0 ? [`${instant} is not null`] : [...begins, ...ends])
    }),
  )
}

function formatIntervals(intervals: readonly Interval[]): string {
  return intervals.map(({ from, until }) => `${from} ${until}`).join()
}
