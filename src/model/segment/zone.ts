/**
 * Time zones: calendar days and wall clocks as instants. A zone is a row of *pieces*, spans of one offset each; everything else is
 * arithmetic on them.
 *
 * Where clocks are put forward or back:
 * - A day begins at its first instant and ends where the next begins, so that days follow each other without gap or overlap. A day
 *   that a zone left out (30 December 2011 in Samoa) is empty.
 * - A wall time that does not exist on a day is the instant at which clocks were put forward.
 * - A wall time that comes twice is the first of the two; in the second pass clocks count as having stopped.
 */
import { MillraceError } from '../../base/errors.ts'
import type { Millis } from '../profile/entity.ts'
import { DAY_MS, dateOfDay, dayNumberOf, shiftWall, type DayNumber, type WallTime } from './calendar-days.ts'
import type { Unit } from './predicate.ts'
import { findZoneName, PIECES_END, zonePieces, type ZonePiece } from './zone-pieces.ts'

export type Zone = {
  /** As it is usually written: `Europe/Berlin`. */
  readonly id: string
  pieceAt(t: Millis): ZonePiece
  /** The first instant at which clocks show `wall` or later. Never falls as `wall` grows. */
  firstAt(wall: WallTime): Millis
  /** The latest that clocks have shown up to `t`. Never falls; `firstAt(wall) <= t` is the same as `wall <= latestWall(t)`. */
  latestWall(t: Millis): WallTime
  /** The day in which `t` lies. */
  dayOf(t: Millis): DayNumber
  startOfDay(day: DayNumber): Millis
  /** `date`: `2026-03-01`, a date that exists in the calendar. */
  startOfDate(date: string): Millis
  /** `2026-03-01`. */
  dateOf(t: Millis): string
  /**
   * Later by so many units, `amount` >= 0. Months, quarters and years keep the day of the month and the wall time; a day that the
   * month lacks is its end, the first instant of the next month. Never falls as `t` grows: what is older is never younger by the
   * calendar. (With the month's last day instead, 30 January 15:00 would come after 31 January 9:00.)
   */
  add(t: Millis, amount: number, unit: Unit): Millis
}

export type CalendarUnit = Extract<Unit, 'months' | 'quarters' | 'years'>
type FixedUnit = Exclude<Unit, CalendarUnit>

const FIXED_MS: Record<FixedUnit, number> = { minutes: 60_000, hours: 3_600_000, days: DAY_MS, weeks: 7 * DAY_MS }
const MONTHS: Record<CalendarUnit, number> = { months: 1, quarters: 3, years: 12 }

export function isCalendarUnit(unit: Unit): unit is CalendarUnit {
  return unit === 'months' || unit === 'quarters' || unit === 'years'
}

/** The length of units that are the same everywhere, in whole milliseconds. */
export function fixedMillis(amount: number, unit: FixedUnit): number {
  return Math.round(amount * FIXED_MS[unit])
}

export function monthsOf(amount: number, unit: CalendarUnit): number {
  return amount * MONTHS[unit]
}

const zones = new Map<string, Zone>()

/** Names of the IANA database in any case, links included. No offsets (`+02:00`): they are no place's calendar. */
export function findZone(id: unknown): Zone | undefined {
  if (typeof id !== 'string') return undefined
  const known = zones.get(id)
  if (known) return known
  const canonical = findZoneName(id)
  if (canonical === undefined) return undefined
  const zone = zones.get(canonical) ?? createZone(canonical)
  // Only under its usual name, so that the map cannot grow beyond the database (some 600 names).
  zones.set(canonical, zone)
  return zone
}

export function isZone(id: unknown): id is string {
  return findZone(id) !== undefined
}

/** The same object for the same zone. @throws MillraceError `catalog_invalid` for a name that is none. */
export function zoneOf(id: string): Zone {
  const zone = findZone(id)
  if (zone) return zone
  throw new MillraceError('catalog_invalid', `There is no time zone "${id}".`, {
    hint: 'Write a name of the IANA time zone database, such as "Europe/Berlin" or "UTC".',
  })
}

function createZone(id: string): Zone {
  const pieces = zonePieces(id)
  const zone: Zone = {
    id,
    pieceAt: pieces,
    firstAt: (wall) => firstAt(pieces, wall),
    latestWall: (t) => latestWall(pieces, t),
    dayOf: (t) => Math.floor(latestWall(pieces, t) / DAY_MS),
    startOfDay: (day) => firstAt(pieces, day * DAY_MS),
    startOfDate: (date) => zone.startOfDay(dayNumberOf(date)),
    dateOf: (t) => dateOfDay(zone.dayOf(t)),
    add(t, amount, unit) {
      if (!isCalendarUnit(unit)) return t + fixedMillis(amount, unit)
      return amount === 0 ? t : firstAt(pieces, shiftWall(latestWall(pieces, t), monthsOf(amount, unit)))
    },
  }
  return zone
}

/** No zone is a day ahead of UTC or behind it. */
function firstAt(pieceAt: Zone['pieceAt'], wall: WallTime): Millis {
  if (!(Math.abs(wall) < PIECES_END)) return wall
  let piece = pieceAt(wall - DAY_MS)
  while (piece.until + piece.offset <= wall) piece = pieceAt(piece.until)
  return Math.max(piece.from, wall - piece.offset)
}

/** Clocks were never put back by more than a day. */
function latestWall(pieceAt: Zone['pieceAt'], t: Millis): WallTime {
  let piece = pieceAt(t)
  let latest = t + piece.offset
  while (piece.from > t - DAY_MS) {
    const { from } = piece
    piece = pieceAt(from - 1)
    latest = Math.max(latest, from - 1 + piece.offset)
  }
  return latest
}
