/**
 * When an event happened, by a clock that is right: the client's says how long before sending it happened, and Millrace's when it
 * was received. So `occurredAt = receivedAt − (sentAt − originalTimestamp)`, whatever years the client's clock is off.
 */
import type { Json, JsonObject } from '../../base/json.ts'
import type { JsonPointer } from '../../base/json-pointer.ts'
import { isDateTime } from '../schema/date-time.ts'
import type { Instant } from './event.ts'
import type { ItemReading } from './item-reading.ts'

/** An instant in both forms. */
export type Time = { millis: number; text: Instant }

export type EventTimes = { occurredAt: Instant; sentAt: Instant | undefined; originalTimestamp: Instant | undefined }

/** What the items of one request have in common. */
export type ArrivalTimes = { receivedAt: Time; sentAt: EnvelopeTime; keepsTimes: boolean }

/** The envelope's `sentAt`, parsed once for all items. */
export class EnvelopeTime {
  readonly time: Time | undefined
  readonly #value: Json | undefined

  constructor(value: Json | undefined) {
    this.#value = value
    this.time = isAbsentTime(value) ? undefined : parseTime(value as Json)
  }

  /** The same, for an item that has none of its own. */
  read(reading: ItemReading): Time | undefined {
    return this.time ?? readTime(this.#value, '/sentAt', reading)
  }
}

/** What a day's difference of zones and clocks can explain; an event from farther in the future is a mistake. */
const FUTURE_MAX_MS = 24 * 60 * 60 * 1000

/**
 * `sentAt` of the item, else the envelope's. Without it the timestamp is taken as it is; without a timestamp it happened when it was
 * received. Times that cannot be read count as absent; an instant before 1970 or a day or more in the future becomes receivedAt.
 * Where times are kept, `sentAt` is noted and changes nothing.
 */
export function readEventTimes(
  item: JsonObject,
  { receivedAt, sentAt: envelopeSentAt, keepsTimes }: ArrivalTimes,
  reading: ItemReading,
): EventTimes {
  const sent = isAbsentTime(item['sentAt']) ? envelopeSentAt.read(reading) : readTime(item['sentAt'], '/sentAt', reading)
  const sentAt = sent?.text
  if (keepsTimes) return { ...readKeptTimes(item, receivedAt, reading), sentAt }
  const original = isAbsentTime(item['originalTimestamp'])
    ? readTime(item['timestamp'], '/timestamp', reading)
    : readTime(item['originalTimestamp'], '/originalTimestamp', reading)
  if (original === undefined) return { occurredAt: receivedAt.text, sentAt, originalTimestamp: undefined }
  const occurred = sent === undefined ? original.millis : receivedAt.millis - (sent.millis - original.millis)
  const originalTimestamp = original.text
  const problem = implausibility(occurred, receivedAt.millis)
  if (problem !== undefined) {
    const member = isAbsentTime(item['originalTimestamp']) ? '/timestamp' : '/originalTimestamp'
    reading.correct(member, `${problem}: taken as received`, originalTimestamp)
    return { occurredAt: receivedAt.text, sentAt, originalTimestamp }
  }
  return { occurredAt: sent === undefined ? originalTimestamp : textOf(occurred), sentAt, originalTimestamp }
}

/** Of history: `timestamp`, which who exported it may have corrected already; else `originalTimestamp`. */
function readKeptTimes(item: JsonObject, receivedAt: Time, reading: ItemReading): Omit<EventTimes, 'sentAt'> {
  const timestamp = readTime(item['timestamp'], '/timestamp', reading)
  const original = readTime(item['originalTimestamp'], '/originalTimestamp', reading)
  const said = timestamp ?? original
  if (said === undefined) return { occurredAt: receivedAt.text, originalTimestamp: undefined }
  const originalTimestamp = (original ?? said).text
  const problem = implausibility(said.millis, receivedAt.millis)
  if (problem === undefined) return { occurredAt: said.text, originalTimestamp }
  reading.correct(said === timestamp ? '/timestamp' : '/originalTimestamp', `${problem}: taken as received`, said.text)
  return { occurredAt: receivedAt.text, originalTimestamp }
}

function implausibility(occurred: number, received: number): string | undefined {
  if (occurred - received > FUTURE_MAX_MS) return 'lies more than a day in the future'
  return occurred < 0 ? 'lies before 1970' : undefined
}

function isAbsentTime(value: Json | undefined): boolean {
  return value === undefined || value === null || value === ''
}

function readTime(value: Json | undefined, member: JsonPointer, reading: ItemReading): Time | undefined {
  if (isAbsentTime(value)) return undefined
  const time = parseTime(value as Json)
  if (time === undefined) reading.correct(member, 'is no instant between the years 0 and 9999: taken as absent', value)
  return time
}

const YEAR_0_MS = Date.UTC(2000, 0, 1) - 730_485 * 86_400_000
const YEAR_10000_MS = Date.UTC(10_000, 0, 1)

/**
 * ISO 8601 (a day; or a day and a time with or without seconds, fraction and offset; without an offset it is UTC), or seconds or
 * milliseconds since the epoch as a number or its text. Undefined for all else, and for years of other than four digits.
 */
export function parseTime(value: Json): Time | undefined {
  if (typeof value === 'number') return timeAt(value)
  if (typeof value !== 'string') return undefined
  if (isCanonical(value)) {
    const millis = Date.parse(value)
    // The parser knows no leap seconds.
    return Number.isNaN(millis) ? undefined : { millis, text: value }
  }
  return parseLoosely(value.trim())
}

/** The form of `Instant`: 24 characters, which is that of `toISOString` for years of four digits. */
function isCanonical(text: string): boolean {
  return (
    text.length === 24 &&
    text.charCodeAt(10) === UPPER_T &&
    text.charCodeAt(23) === UPPER_Z &&
    text.charCodeAt(19) === DOT &&
    isDateTime(text)
  )
}

const DOT = 46
const UPPER_T = 84
const UPPER_Z = 90

/** Longer than any text of an instant that still has meaning. */
const TEXT_CHARACTERS_MAX = 50
const NUMBER = /^-?\d+(?:\.\d+)?$/
const ISO = /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2})(:\d{2})?(?:[.,](\d+))? ?(?:([Zz])|([+-]\d{2}):?(\d{2})?)?)?$/

function parseLoosely(text: string): Time | undefined {
  if (text.length > TEXT_CHARACTERS_MAX) return undefined
  if (NUMBER.test(text)) return timeAt(Number(text))
  const [matched, day = '', minute = '00:00', second = ':00', fraction = '0', , hours, minutes = '00'] = ISO.exec(text) ?? []
  if (matched === undefined) return undefined
  const written = `${day}T${minute}${second}.${fraction}${hours === undefined ? 'Z' : `${hours}:${minutes}`}`
  return isDateTime(written) ? timeOfMillis(Date.parse(written)) : undefined
}

/** Below it a number counts seconds: as seconds it is the year 5138, as milliseconds 1973. */
const MILLISECONDS_FROM = 100_000_000_000

function timeAt(value: number): Time | undefined {
  return timeOfMillis(Math.round(Math.abs(value) < MILLISECONDS_FROM ? value * 1000 : value))
}

function timeOfMillis(millis: number): Time | undefined {
  return millis >= YEAR_0_MS && millis < YEAR_10000_MS ? { millis, text: textOf(millis) } : undefined
}

/** `millis` of the years 0 to 9999. */
function textOf(millis: number): Instant {
  return new Date(millis).toISOString()
}

/** For instants that come from Millrace itself. */
export function timeOf(millis: number): Time {
  return { millis, text: textOf(millis) }
}
