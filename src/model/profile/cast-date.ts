/** Dates as clients write them (ISO 8601, or Unix time in seconds or milliseconds) in one form, so that texts order like instants. */
import type { Instant } from '../event/event.ts'
import { isDate } from '../schema/date-time.ts'

/** Names of traits that hold dates: `created_at`, `birth_date`, `createdAt`, `birthDate`. */
const DATE_NAME = /(?:_at|_date|[a-z0-9](?:At|Date))$/
/** Day, then perhaps time, fraction and zone. */
const ISO = /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?(?: ?([Zz]|[+-]\d\d(?::?\d\d)?))?)?$/
/** As text only the usual lengths of Unix time are one: `20260301` is none. */
const UNIX_TEXT = /^\d{10}(?:\d{3})?$/
const BEGINS_LIKE_DATE = /^[+-]?\d{4,6}-\d\d-\d\d/
/** Smaller numbers are seconds (until the year 5138), others milliseconds (since 1973). */
const SECONDS_MAX = 1e11
/** `2026-03-01T08:00:00.000Z`; years before 0 and after 9999 have a longer form. */
const INSTANT_LENGTH = 24

export function isDateName(name: string): boolean {
  return DATE_NAME.test(name)
}

/** Texts that are meant as dates though they are none: with a day that does not exist, or a year of six digits. */
export function isBrokenDate(text: string): boolean {
  return text.trim() === '' || BEGINS_LIKE_DATE.test(text)
}

/** Integers that are Unix time, in seconds or milliseconds, of the years 2001 to 2286: they have 10 or 13 digits. */
export function isLikelyUnixTime(number: number): boolean {
  return Number.isInteger(number) && ((number >= 1e9 && number < 1e10) || (number >= 1e12 && number < 1e13))
}

/** Without a zone a time is in UTC, a day begins at midnight; parts of a millisecond are cut off. Undefined: no date of the years 0 to 9999. */
export function castDate(value: string | number): Instant | undefined {
  if (typeof value === 'number') return instantOf(unixMillis(value))
  if (UNIX_TEXT.test(value)) return instantOf(unixMillis(Number(value)))
  const [, day = '', hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = ISO.exec(value) ?? []
  if (!isDate(day) || hour === '24') return undefined
  const isLeapSecond = second === '60'
  const time = `${hour}:${minute}:${isLeapSecond ? '59' : second}.${fraction.slice(0, 3).padEnd(3, '0')}`
  return instantOf(Date.parse(`${day}T${time}${offsetOf(zone)}`) + (isLeapSecond ? 1_000 : 0))
}

function unixMillis(number: number): number {
  return Math.abs(number) < SECONDS_MAX ? Math.round(number * 1_000) : Math.round(number)
}

function offsetOf(zone: string): string {
  if (zone === 'Z' || zone === 'z') return 'Z'
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0')
  return `${zone.slice(0, 1)}${digits.slice(0, 2)}:${digits.slice(2)}`
}

function instantOf(millis: number): Instant | undefined {
  const date = new Date(millis)
  if (Number.isNaN(date.getTime())) return undefined
  const text = date.toISOString()
  return text.length === INSTANT_LENGTH ? text : undefined
}
