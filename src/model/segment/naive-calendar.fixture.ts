/**
 * Time as the plainest code has it: wall clocks are asked of `Intl.DateTimeFormat`, days are compared as texts. Nothing is shared
 * with what is tested.
 */
import type { Millis } from '../profile/entity.ts'

export type Clock = { now: Millis; timeZone: string }
/** When something counts, in the words of documents: `days: 30`, `min_hours: 1`, `date: '2026-03-29'`. */
export type When = Record<string, unknown>

const HOUR = 3_600_000
const FIXED: Record<string, number> = { minutes: 60_000, hours: HOUR, days: 24 * HOUR, weeks: 7 * 24 * HOUR }
const MONTHS: Record<string, number> = { months: 1, quarters: 3, years: 12 }
const TO_THE_SECOND = {
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
  hourCycle: 'h23',
} as const
/** The same few instants are asked for over and over. */
const WALLS_MAX = 200_000
const zones = new Map<string, { format: Intl.DateTimeFormat; walls: Map<Millis, number> }>()

/** What a clock on the wall shows at an instant, written as if it were in UTC: milliseconds. */
export function wallOf(instant: Millis, timeZone: string): number {
  const zone = zones.get(timeZone) ?? { format: new Intl.DateTimeFormat('en', { ...TO_THE_SECOND, timeZone }), walls: new Map() }
  zones.set(timeZone, zone)
  if (zone.walls.size > WALLS_MAX) zone.walls.clear()
  const wall = zone.walls.get(instant) ?? readWall(instant, zone.format)
  zone.walls.set(instant, wall)
  return wall
}

function readWall(instant: Millis, format: Intl.DateTimeFormat): number {
  const parts = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]))
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) + (((instant % 1_000) + 1_000) % 1_000)
}

/** The first instant at which the clock shows this; of a time that is skipped, the one at which the clock was put forward. */
export function instantOf(wall: number, timeZone: string): Millis {
  const offsetAt = (instant: Millis) => wallOf(instant, timeZone) - instant
  const [early, late] = [wall - offsetAt(wall + 24 * HOUR), wall - offsetAt(wall - 24 * HOUR)]
  const shown = [early, late].filter((instant) => wallOf(instant, timeZone) === wall)
  if (shown.length > 0) return Math.min(...shown)
  return firstInstant(Math.min(early, late), Math.max(early, late), (instant) => wallOf(instant, timeZone) >= wall)
}

/** At which it holds, while it does not at `before` and does at `after`. */
function firstInstant(before: Millis, after: Millis, isThen: (instant: Millis) => boolean): Millis {
  const middle = Math.floor((before + after) / 2)
  if (middle === before) return after
  return isThen(middle) ? firstInstant(before, middle, isThen) : firstInstant(middle, after, isThen)
}

/** `2026-03-29`: the day of an instant. */
export function dayOf(instant: Millis, timeZone: string): string {
  return dayText(wallOf(instant, timeZone))
}

/**
 * As many calendar months later, on the same day of the month at the same time; where the month has no such day, its end, which is the
 * first instant of the next. While an hour comes for the second time, clocks count as standing still.
 */
export function addMonths(instant: Millis, months: number, timeZone: string): Millis {
  if (months === 0) return instant
  const wall = latestWall(instant, timeZone)
  const moved = addWallMonths(wall, months)
  const hasDay = new Date(moved).getUTCDate() === new Date(wall).getUTCDate()
  return instantOf(hasDay ? moved : Date.parse(dayText(moved)) + 24 * HOUR, timeZone)
}

function latestWall(instant: Millis, timeZone: string): number {
  const offsetAt = (one: Millis) => wallOf(one, timeZone) - one
  const wall = wallOf(instant, timeZone)
  const first = instantOf(wall, timeZone)
  if (first === instant) return wall
  return wallOf(firstInstant(first, instant, (one) => offsetAt(one) !== offsetAt(first)) - 1, timeZone)
}

/** On the last day of a month that has no such day. */
function addWallMonths(wall: number, months: number): number {
  const date = new Date(wall)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + months]
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
  return Date.UTC(year, month, Math.min(date.getUTCDate(), lastDay)) + (wall - Date.parse(dayText(wall)))
}

/** When something of that instant is so old. */
function later(instant: Millis, { amount, unit }: Age, timeZone: string): Millis {
  return unit in FIXED ? instant + amount * (FIXED[unit] ?? 0) : addMonths(instant, amount * (MONTHS[unit] ?? 0), timeZone)
}

type Age = { amount: number; unit: string }

/** `prefix` is empty, `min_` or `max_`. */
function ageIn(when: When, prefix: string): Age {
  const unit = Object.keys({ ...FIXED, ...MONTHS }).find((name) => typeof when[prefix + name] === 'number')
  if (unit === undefined) throw new Error(`No ${prefix}days, ${prefix}hours … in ${JSON.stringify(when)}.`)
  return { amount: Number(when[prefix + unit]), unit }
}

/** Whether an instant is in a frame of time. What is yet to happen never is, but the date of a trait may be compared with another. */
export function isWithinFrame(frame: string, when: When, instant: Millis, clock: Clock & { isTrait?: boolean }): boolean {
  const { now, timeZone } = clock
  const isAbsolute = ['on', 'not_on', 'before', 'after', 'between'].includes(frame)
  if (instant > now && !(isAbsolute && clock.isTrait)) return false
  const isOlder = (prefix: string) => later(instant, ageIn(when, prefix), timeZone) <= now
  const day = dayOf(instant, timeZone)
  switch (frame) {
    case 'ever':
      return true
    case 'less_than':
      return !isOlder('')
    case 'more_than':
      return isOlder('')
    case 'between_days':
      return isOlder('min_') && later(instant, ageIn(when, 'max_'), timeZone) >= now
    case 'exactly':
      return isExactly(instant, ageIn(when, ''), clock)
    case 'on':
      return day === when['date']
    case 'not_on':
      return day !== when['date']
    case 'before':
      return compare(instant, String(when['date']), timeZone) < 0
    case 'after':
      return compare(instant, String(when['date']), timeZone) > 0
    case 'between':
      return compare(instant, String(when['from']), timeZone) >= 0 && compare(instant, String(when['to']), timeZone) <= 0
    default:
      throw new Error(`No timeframe is called "${frame}".`)
  }
}

/** Zero: the same instant, or within that day. */
function compare(instant: Millis, text: string, timeZone: string): number {
  const isDay = text.length === 10
  const [a, b] = isDay ? [dayOf(instant, timeZone), text] : [instant, Date.parse(text)]
  return a < b ? -1 : a > b ? 1 : 0
}

/** In that day, or for hours and minutes in that hour or minute. */
function isExactly(instant: Millis, { amount, unit }: Age, { now, timeZone }: Clock): boolean {
  const wall = wallOf(now, timeZone)
  if (unit === 'days' || unit === 'weeks') return dayOf(instant, timeZone) === dayText(wall - amount * (FIXED[unit] ?? 0))
  if (unit in MONTHS) return dayOf(instant, timeZone) === dayText(addWallMonths(wall, -amount * (MONTHS[unit] ?? 0)))
  const length = FIXED[unit] ?? 0
  const cell = (of: Millis) => [Math.floor(wallOf(of, timeZone) / length), wallOf(of, timeZone) - of].join(' ')
  // An hour that comes twice is two hours, the offset tells which.
  return cell(instant) === cell(now - amount * length)
}

function dayText(wall: number): string {
  return new Date(wall).toISOString().slice(0, 10)
}
