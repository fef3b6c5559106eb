/**
 * When an instant counts. `spanOf` is the one definition, from which verdicts and deadlines come; `intervalsAt` turns it around,
 * for bounds in SQL and of what is kept: t is in `intervalsAt(when, now, …)` just when `now` is in `spanOf(when, t, …)`.
 *
 * Instants and amounts are whole numbers, amounts not negative.
 */
import type { Millis } from '../profile/entity.ts'
import { dayNumberOf, firstDayReaching, firstWallReaching, shiftMonths, type DayNumber } from './calendar-days.ts'
import type { Timeframe, Unit, Verdict } from './predicate.ts'
import { fixedMillis, isCalendarUnit, monthsOf, type Zone } from './zone.ts'

/**
 * Of `now`: [enter, leave). An instant that never counts has an infinite `enter`. In every frame, of two that count at some time the
 * later neither enters nor leaves before the earlier.
 */
export type Span = { enter: Millis; leave: Millis }

/** Of instants that count: [from, until), not empty; either may be infinite. */
export type Interval = { from: Millis; until: Millis }

/** Events do not count before they happen. Traits say when something is meant to be, so absolute frames hold whatever `now` is. */
export type TimeOf = 'event' | 'trait'

/** The last instant that a Date can hold. */
export const END_OF_TIME = 8_640_000_000_000_000

const DAY_MS = 86_400_000
const LONGEST_MS: Record<Unit, number> = {
  minutes: 60_000,
  hours: 3_600_000,
  days: DAY_MS,
  weeks: 7 * DAY_MS,
  months: 31 * DAY_MS,
  quarters: 92 * DAY_MS,
  years: 366 * DAY_MS,
}

/** So many units take no longer, changes of the clock included. */
export function longestMs(amount: number, unit: Unit): number {
  return amount * LONGEST_MS[unit] + 2 * DAY_MS
}

const NEVER: Span = Object.freeze({ enter: Infinity, leave: Infinity })
const ALWAYS: Span = Object.freeze({ enter: -Infinity, leave: Infinity })

export function spanOf(when: Timeframe, t: Millis, zone: Zone, of: TimeOf): Span {
  switch (when.frame) {
    case 'lessThan':
      return span(t, zone.add(t, when.amount, when.unit))
    case 'moreThan':
      return span(zone.add(t, when.amount, when.unit), Infinity)
    case 'betweenAgo':
      return span(zone.add(t, when.min, when.unit), zone.add(t, when.max, when.unit) + 1)
    case 'exactly':
      return exactSpan(when, t, zone)
    case 'ever':
    case 'on':
    case 'notOn':
    case 'before':
    case 'after':
    case 'between':
      if (!isWithinDates(when, t, zone)) return NEVER
      return of === 'trait' ? ALWAYS : { enter: t, leave: Infinity }
  }
}

/** Whether an instant that counts in these spans does so at `now`, and until when that is so. */
export function verdictOf(spans: readonly Span[], now: Millis): Verdict {
  let until = Infinity
  let matches = false
  for (const { enter, leave } of spans) {
    if (enter > now) until = Math.min(until, enter)
    else if (now < leave) matches = true
  }
  return { matches, until: matches ? endOfUnion(spans, now) : until }
}

/** The first instant from `now` on that is in none. */
function endOfUnion(spans: readonly Span[], now: Millis): Millis {
  let end = now
  for (const { enter, leave } of spans.toSorted((a, b) => a.enter - b.enter)) {
    if (enter > end) return end
    end = Math.max(end, leave)
  }
  return end
}

function span(enter: Millis, leave: Millis): Span {
  return enter < leave ? { enter, leave } : NEVER
}

type AbsoluteFrame = Extract<Timeframe, { frame: 'ever' | 'on' | 'notOn' | 'before' | 'after' | 'between' }>

function isWithinDates(when: AbsoluteFrame, t: Millis, zone: Zone): boolean {
  switch (when.frame) {
    case 'ever':
      return true
    case 'on':
      return startOf(when.date, zone) <= t && t < endOf(when.date, zone)
    case 'notOn':
      return t < startOf(when.date, zone) || endOf(when.date, zone) <= t
    case 'before':
      return t < startOf(when.than, zone)
    case 'after':
      return endOf(when.than, zone) <= t
    case 'between':
      return startOf(when.from, zone) <= t && t < endOf(when.to, zone)
  }
}

/** The first instant of a day, or the instant itself. */
function startOf(instant: Millis | string, zone: Zone): Millis {
  return typeof instant === 'number' ? instant : zone.startOfDate(instant)
}

/** The first instant after. */
function endOf(instant: Millis | string, zone: Zone): Millis {
  return typeof instant === 'number' ? instant + 1 : zone.startOfDay(dayNumberOf(instant) + 1)
}

type ExactFrame = Extract<Timeframe, { frame: 'exactly' }>

function exactSpan({ amount, unit }: ExactFrame, t: Millis, zone: Zone): Span {
  if (unit === 'minutes' || unit === 'hours') {
    const cell = cellOf(t, unit, zone)
    const back = fixedMillis(amount, unit)
    return span(Math.max(t, cell.from + back), cell.until + back)
  }
  const day = zone.dayOf(t)
  const enter = zone.startOfDay(firstDayWhoseBackReaches(day, amount, unit))
  const leave = zone.startOfDay(firstDayWhoseBackReaches(day + 1, amount, unit))
  return span(Math.max(t, enter), leave)
}

/** The day that lies so many units before `day`. */
function dayBack(day: DayNumber, amount: number, unit: Unit): DayNumber {
  return isCalendarUnit(unit) ? shiftMonths(day, -monthsOf(amount, unit)) : day - amount * (unit === 'weeks' ? 7 : 1)
}

/** The first day d with `dayBack(d) >= day`. */
function firstDayWhoseBackReaches(day: DayNumber, amount: number, unit: Unit): DayNumber {
  return isCalendarUnit(unit) ? firstDayReaching(day, -monthsOf(amount, unit)) : day + amount * (unit === 'weeks' ? 7 : 1)
}

/** The minute or hour on the clocks of the zone; one in which clocks are put forward or back ends there. */
function cellOf(t: Millis, unit: 'minutes' | 'hours', zone: Zone): Interval {
  const { from, until, offset } = zone.pieceAt(t)
  const length = fixedMillis(1, unit)
  const start = Math.floor((t + offset) / length) * length - offset
  const end = start + length
  return {
    from: start < from && zone.pieceAt(from - 1).offset !== offset ? from : start,
    until: end > until && zone.pieceAt(until).offset !== offset ? until : end,
  }
}

/** The instants that count at `now`: at most one interval, for `notOn` two. */
export function intervalsAt(when: Timeframe, now: Millis, zone: Zone, of: TimeOf): Interval[] {
  const isLimitless = of === 'trait' && isAbsolute(when)
  const end = isLimitless ? Infinity : now + 1
  return allInFrame(when, now, zone)
    .map(({ from, until }) => ({ from, until: Math.min(until, end) }))
    .filter(({ from, until }) => from < until)
}

function isAbsolute({ frame }: Timeframe): boolean {
  return frame !== 'lessThan' && frame !== 'moreThan' && frame !== 'betweenAgo' && frame !== 'exactly'
}

/** With instants after `now`, and perhaps with empty intervals. */
function allInFrame(when: Timeframe, now: Millis, zone: Zone): Interval[] {
  switch (when.frame) {
    case 'ever':
      return [{ from: -Infinity, until: Infinity }]
    case 'lessThan':
      return [{ from: endOfOlder(when.amount, when.unit, now, zone), until: Infinity }]
    case 'moreThan':
      return [{ from: -Infinity, until: endOfOlder(when.amount, when.unit, now, zone) }]
    case 'betweenAgo':
      return [
        {
          from: endOfOlder(when.max, when.unit, now - 1, zone),
          until: endOfOlder(when.min, when.unit, now, zone),
        },
      ]
    case 'exactly':
      return [exactInterval(when, now, zone)]
    case 'on':
      return [{ from: startOf(when.date, zone), until: endOf(when.date, zone) }]
    case 'notOn':
      return [
        { from: -Infinity, until: startOf(when.date, zone) },
        { from: endOf(when.date, zone), until: Infinity },
      ]
    case 'before':
      return [{ from: -Infinity, until: startOf(when.than, zone) }]
    case 'after':
      return [{ from: endOf(when.than, zone), until: Infinity }]
    case 'between':
      return [{ from: startOf(when.from, zone), until: endOf(when.to, zone) }]
  }
}

function exactInterval({ amount, unit }: ExactFrame, now: Millis, zone: Zone): Interval {
  if (unit === 'minutes' || unit === 'hours') return cellOf(now - fixedMillis(amount, unit), unit, zone)
  const day = dayBack(zone.dayOf(now), amount, unit)
  return { from: zone.startOfDay(day), until: zone.startOfDay(day + 1) }
}

/** The first t with `zone.add(t, amount, unit) > now`. */
function endOfOlder(amount: number, unit: Unit, now: Millis, zone: Zone): Millis {
  if (!isCalendarUnit(unit)) return now - fixedMillis(amount, unit) + 1
  if (amount === 0) return now + 1
  return zone.firstAt(firstWallReaching(zone.latestWall(now) + 1, monthsOf(amount, unit)))
}
