/**
 * RFC 3339 timestamps: an exact check and comparison as instants, by character code, since both run for every event.
 * Leap seconds (`:60`, only at 23:59 UTC) sort between the second before and the one after.
 */
const ZERO = 48
const DOT = 46
const COLON = 58
const DASH = 45
const PLUS = 43
const UPPER_T = 84
const UPPER_Z = 90
const LOWER_CASE_BIT = 32

const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365]

/** `2021-01-16`: a day that exists in the Gregorian calendar. */
export function isDate(text: string): boolean {
  return text.length === 10 && startsWithDate(text)
}

/** `12:34:56.5+01:00`. */
export function isTime(text: string): boolean {
  return isTimeAt(text, 0)
}

/** `2021-01-16T12:34:56.789Z`. */
export function isDateTime(text: string): boolean {
  return startsWithDate(text) && (text.charCodeAt(10) & ~LOWER_CASE_BIT) === UPPER_T && isTimeAt(text, 11)
}

/**
 * The order of two timestamps as instants: negative, zero or positive. Any length of fraction and any offset counts.
 * Texts that are no timestamps sort before all that are, by UTF-16 code unit.
 */
export function compareInstants(a: string, b: string): number {
  const last = a.length - 1
  // Same form, both in UTC: the order of the texts is the order of the instants.
  const isSameForm = last === b.length - 1 && a.charCodeAt(last) === UPPER_Z && b.charCodeAt(last) === UPPER_Z
  if (isSameForm && a.charCodeAt(10) === UPPER_T && b.charCodeAt(10) === UPPER_T) return a < b ? -1 : a > b ? 1 : 0
  return compareParsed(a, b)
}

function compareParsed(a: string, b: string): number {
  const [instantA, instantB] = [parseInstant(a), parseInstant(b)]
  if (instantA === undefined || instantB === undefined) {
    if (instantA === instantB) return a < b ? -1 : a > b ? 1 : 0
    return instantA === undefined ? -1 : 1
  }
  if (instantA.minute !== instantB.minute) return instantA.minute - instantB.minute
  if (instantA.second !== instantB.second) return instantA.second - instantB.second
  return instantA.fraction < instantB.fraction ? -1 : instantA.fraction > instantB.fraction ? 1 : 0
}

type Instant = {
  /** Minutes since 0000-03-01 or so: only the order matters. */
  minute: number
  second: number
  /** Digits after the point without trailing zeros. */
  fraction: string
}

function parseInstant(text: string): Instant | undefined {
  if (!isDateTime(text)) return undefined
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2)
  const month = twoDigits(text, 5)
  const leapDays =
    Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400) - (isLeapYear(year) && month <= 2 ? 1 : 0)
  const day = year * 365 + leapDays + (DAYS_BEFORE_MONTH[month - 1] as number) + twoDigits(text, 8)
  const end = fractionEnd(text, 19)
  return {
    minute: day * 1440 + twoDigits(text, 11) * 60 + twoDigits(text, 14) - offsetMinutes(text, end),
    second: twoDigits(text, 17),
    fraction: text.slice(20, end).replace(/0+$/, ''),
  }
}

/** Whether the first ten characters are a day that exists; whatever follows. */
function startsWithDate(text: string): boolean {
  if (text.length < 10 || text.charCodeAt(4) !== DASH || text.charCodeAt(7) !== DASH) return false
  const century = twoDigits(text, 0)
  const yearOfCentury = twoDigits(text, 2)
  const month = twoDigits(text, 5)
  const day = twoDigits(text, 8)
  if (century < 0 || yearOfCentury < 0 || month < 1 || month > 12 || day < 1) return false
  return day <= 28 || day <= daysIn(month, century * 100 + yearOfCentury)
}

function daysIn(month: number, year: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

function isTimeAt(text: string, start: number): boolean {
  if (text.length < start + 9 || text.charCodeAt(start + 2) !== COLON || text.charCodeAt(start + 5) !== COLON) return false
  const hour = twoDigits(text, start)
  const minute = twoDigits(text, start + 3)
  const second = twoDigits(text, start + 6)
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return false
  const end = fractionEnd(text, start + 8)
  if (end < 0 || !isOffsetAt(text, end)) return false
  if (second < 60) return true
  const minuteOfDay = (hour * 60 + minute - offsetMinutes(text, end) + 1440) % 1440
  return minuteOfDay === 1439
}

/** Where the fraction that may start at `start` ends; -1 for a point without digits. */
function fractionEnd(text: string, start: number): number {
  if (text.charCodeAt(start) !== DOT) return start
  let end = start + 1
  while (end < text.length && isDigit(text.charCodeAt(end))) end++
  return end > start + 1 ? end : -1
}

function isOffsetAt(text: string, start: number): boolean {
  const sign = text.charCodeAt(start)
  if ((sign & ~LOWER_CASE_BIT) === UPPER_Z) return text.length === start + 1
  if ((sign !== PLUS && sign !== DASH) || text.length !== start + 6 || text.charCodeAt(start + 3) !== COLON) return false
  const hours = twoDigits(text, start + 1)
  const minutes = twoDigits(text, start + 4)
  return hours >= 0 && hours <= 23 && minutes >= 0 && minutes <= 59
}

/** Of a checked offset at `start`. */
function offsetMinutes(text: string, start: number): number {
  const sign = text.charCodeAt(start)
  if (sign !== PLUS && sign !== DASH) return 0
  const minutes = twoDigits(text, start + 1) * 60 + twoDigits(text, start + 4)
  return sign === PLUS ? minutes : -minutes
}

/** The number at `at`; negative when one of the two characters is no digit. `at + 1` must be inside of `text`. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - ZERO
  const ones = text.charCodeAt(at + 1) - ZERO
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= ZERO + 9
}
