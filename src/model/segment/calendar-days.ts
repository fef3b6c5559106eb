/**
 * Days of the Gregorian calendar as numbers: 0 is 1 January 1970. Pure arithmetic, since it runs for every date and window
 * (algorithms: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
 */
/** Days since 1 January 1970. */
export type DayNumber = number

/** What a clock on the wall shows, as if it were in UTC: milliseconds. */
export type WallTime = number

export const DAY_MS = 86_400_000

type YearMonth = { year: number; /** 0 to 11. */ month: number }

const DAYS_OF_400_YEARS = 146_097
/** From 1 March of the year 0 to 1 January 1970. */
const EPOCH_SHIFT = 719_468

/** `month` 0 is January; months outside of 0 to 11 carry over into years. */
function dayNumber(year: number, month: number, dayOfMonth: number): DayNumber {
  const carried = year + Math.floor(month / 12)
  const monthFromMarch = (modulo(month, 12) + 10) % 12
  const yearFromMarch = monthFromMarch >= 10 ? carried - 1 : carried
  const era = Math.floor(yearFromMarch / 400)
  const yearOfEra = yearFromMarch - era * 400
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + dayOfMonth - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * DAYS_OF_400_YEARS + dayOfEra - EPOCH_SHIFT
}

/** Of `2026-03-01`, which must be a date that exists. */
export function dayNumberOf(date: string): DayNumber {
  return dayNumber(Number(date.slice(0, 4)), Number(date.slice(5, 7)) - 1, Number(date.slice(8, 10)))
}

/** `2026-03-01`. */
export function dateOfDay(day: DayNumber): string {
  const { year, month, dayOfMonth } = civilOf(day)
  return `${String(year).padStart(4, '0')}-${String(month + 1).padStart(2, '0')}-${String(dayOfMonth).padStart(2, '0')}`
}

/** So many months later (earlier when negative) on the same day of the month, or on the month's last where it is shorter. */
export function shiftMonths(day: DayNumber, months: number): DayNumber {
  const { year, month, dayOfMonth } = civilOf(day)
  return dayNumber(year, month + months, Math.min(dayOfMonth, lengthOfMonth({ year, month: month + months })))
}

/** The first day d with `shiftMonths(d, months) >= day`. */
export function firstDayReaching(day: DayNumber, months: number): DayNumber {
  const { year, month, dayOfMonth } = civilOf(day)
  const origin = { year, month: month - months }
  return dayOfMonth <= lengthOfMonth(origin) ? dayNumber(year, origin.month, dayOfMonth) : dayNumber(year, origin.month + 1, 1)
}

/** The wall clock so many months later; see `Zone.add`. Never falls as `wall` grows. */
export function shiftWall(wall: WallTime, months: number): WallTime {
  const day = Math.floor(wall / DAY_MS)
  const { year, month, dayOfMonth } = civilOf(day)
  const target = { year, month: month + months }
  if (dayOfMonth > lengthOfMonth(target)) return dayNumber(year, target.month + 1, 1) * DAY_MS
  return wall + (dayNumber(year, target.month, dayOfMonth) - day) * DAY_MS
}

/** The first wall time w with `shiftWall(w, months) >= wall`. */
export function firstWallReaching(wall: WallTime, months: number): WallTime {
  const day = Math.floor(wall / DAY_MS)
  const { year, month, dayOfMonth } = civilOf(day)
  const originMonth = month - months
  // Days that the month before lacks come out at its end, which is the first instant of this one.
  if (dayOfMonth === 1 && wall === day * DAY_MS) {
    const days = Math.min(lengthOfMonth({ year, month: originMonth - 1 }), lengthOfMonth({ year, month: month - 1 }))
    return dayNumber(year, originMonth - 1, 1 + days) * DAY_MS
  }
  const origin = firstDayReaching(day, months)
  return dayOfMonth <= lengthOfMonth({ year, month: originMonth }) ? wall + (origin - day) * DAY_MS : origin * DAY_MS
}

function lengthOfMonth({ year, month }: YearMonth): number {
  return dayNumber(year, month + 1, 1) - dayNumber(year, month, 1)
}

function civilOf(day: DayNumber): YearMonth & { dayOfMonth: number } {
  const shifted = day + EPOCH_SHIFT
  const era = Math.floor(shifted / DAYS_OF_400_YEARS)
  const dayOfEra = shifted - era * DAYS_OF_400_YEARS
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const month = (monthFromMarch + 2) % 12
  return {
    year: era * 400 + yearOfEra + (month < 2 ? 1 : 0),
    month,
    dayOfMonth: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  }
}

function modulo(number: number, divisor: number): number {
  return ((number % divisor) + divisor) % divisor
}
