/** The options of a predicate: which there may be, and single values and lists out of them. */
import { isObject } from '../../../base/json.ts'
import { castDate, isLikelyUnixTime } from '../../profile/cast-date.ts'
import type { Millis } from '../../profile/entity.ts'
import { isDate } from '../../schema/date-time.ts'
import { OPTION_VALUES_MAX, type Scalar } from '../predicate.ts'
import { fold } from '../text-match.ts'
import { quote, type Written } from './written.ts'

/** Longer than any value of a trait may be, so nothing that could match is refused. */
const TEXT_CHARACTERS_MAX = 2_048
/** Names of events and properties are shorter at the door. */
const NAME_CHARACTERS_MAX = 500

/** Editors leave these empty where the operator takes none. */
const MAY_BE_EMPTY: readonly string[] = ['value', 'propsFilters']

/** Options by name. What is null, or an empty list, counts as not written. */
export class Options {
  /** Where the options stand, or should. */
  readonly written: Written
  /** The operator or timeframe that takes them, in quotes. */
  readonly #title: string

  /** How they are written. */
  readonly #form: string

  constructor(written: Written, title: string, form = 'Write `"options": {…}`.') {
    this.written = written
    this.#title = title
    this.#form = form
  }

  find(name: string): Written | undefined {
    if (!isObject(this.written.value)) return undefined
    const option = this.written.at(name)
    return option.value === undefined || (Array.isArray(option.value) && option.value.length === 0) ? undefined : option
  }

  /** Reported when it is not there. */
  require(name: string, example: string): Written | undefined {
    const option = this.find(name)
    // What is no object is reported as a whole.
    if (option !== undefined || (this.written.value !== undefined && !isObject(this.written.value))) return option
    const isEmpty = this.written.at(name).value !== undefined
    return this.written
      .at(name)
      .error(
        `${this.#title} needs a value in the option "${name}"${isEmpty ? '; the list is empty' : ''}.`,
        `For example ${example}.`,
      )
  }

  /** The names among `known` that are written. */
  among(known: readonly string[]): string[] {
    return known.filter((name) => this.find(name) !== undefined)
  }

  /** Reports all others; to be called once for each. */
  onlyTakes(known: readonly string[]): void {
    const { value } = this.written
    if (value === undefined) return
    if (!isObject(value)) {
      this.written.error(`The options of ${this.#title} must be an object, not ${quote(value)}.`, this.#form)
      return
    }
    for (const name of Object.keys(value))
      if (!known.includes(name) && this.#isWritten(name))
        this.written.at(name).error(`${this.#title} takes no option ${quote(name)}.`, this.#takes(name, known))
  }

  #isWritten(name: string): boolean {
    return this.find(name) !== undefined || (this.written.at(name).value !== undefined && !MAY_BE_EMPTY.includes(name))
  }

  #takes(name: string, known: readonly string[]): string {
    return known.length === 0 ? 'Remove it; no options are needed.' : this.written.orKnown(name, known)
  }
}

/** One value or several. Those that cannot be read are left out (reported). */
export function readList<T>(written: Written, read: (item: Written) => T | undefined): T[] {
  const items = written.items()
  if (items.length > OPTION_VALUES_MAX) {
    written.error(
      `There are ${items.length} values; ${OPTION_VALUES_MAX} are allowed.`,
      'Split it into several predicates of an `any` group.',
    )
    return []
  }
  return items.flatMap((item) => read(item) ?? [])
}

/** A single value, also in a list of one. */
export function readOne<T>(written: Written, read: (item: Written) => T | undefined): T | undefined {
  const items = written.items()
  const [only = written] = items
  if (items.length > 1) return written.error(`Only one value can stand here, not ${items.length}.`, 'Write one.')
  return read(only)
}

export function readScalar(written: Written): Scalar | undefined {
  const { value } = written
  if (typeof value === 'string') return readText(written)
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return readNumber(written)
  return written.error(
    `A value must be text, a number, true or false, not ${quote(value)}.`,
    value === undefined ? 'To ask for what is missing, use `is_not_set`.' : undefined,
  )
}

export function readText(written: Written): string | undefined {
  const { value } = written
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value !== 'string') return written.error(`A value must be text, not ${quote(value)}.`)
  if (value.length > TEXT_CHARACTERS_MAX)
    return written.error(`The text has ${value.length} characters; ${TEXT_CHARACTERS_MAX} are allowed.`)
  return value
}

/** Of what is searched for in a text. */
export function readQuery(written: Written): string | undefined {
  if (typeof written.value === 'string' && fold(written.value) === '')
    return written.error('The text is empty, so it is in every text.', 'To ask whether there is one, use `is_set`.')
  return readText(written)
}

/** Of an event, a property, a trait. */
export function readName(written: Written, what: string): string | undefined {
  const { value } = written
  if (typeof value !== 'string' || value.trim() === '')
    return written.error(`${what} must be a text that is not empty, not ${quote(value)}.`)
  if (value.length > NAME_CHARACTERS_MAX)
    return written.error(`${what} has ${value.length} characters; ${NAME_CHARACTERS_MAX} are allowed.`)
  return value
}

/** Numbers, and texts that are nothing else: `"42"`. */
export function readNumber(written: Written): number | undefined {
  const { value } = written
  if (typeof value === 'number' && Number.isFinite(value)) return value + 0
  if (typeof value === 'string' && Number.isFinite(Number(value)) && String(Number(value)) === value) return Number(value)
  return written.error(`A value must be a number, not ${quote(value)}.`)
}

export function readInteger(written: Written, what: string, { min, max }: { min: number; max: number }): number | undefined {
  const { value } = written
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value + 0
  return written.error(`${what} must be an integer from ${min} to ${max}, not ${quote(value)}.`)
}

const DATE_HINT = 'Write a day as "2026-03-01", or an instant as "2026-03-01T08:00:00Z".'

/** A day as it is written, or an instant: without a zone in UTC; Unix time as well. */
export function readMoment(written: Written): Millis | string | undefined {
  const { value } = written
  if (typeof value === 'string' && isDate(value)) return value
  const isTime = typeof value === 'string' || (typeof value === 'number' && isLikelyUnixTime(value))
  const instant = isTime ? castDate(value) : undefined
  if (instant !== undefined) return Date.parse(instant)
  return written.error(`A value must be a date, not ${quote(value)}.`, DATE_HINT)
}

/** The calendar day that a date names, whatever its time. */
export function readDay(written: Written): string | undefined {
  const { value } = written
  if (!isMoment(value)) return written.error(`A value must be a day, not ${quote(value)}.`, 'Write it as "2026-03-01".')
  const day = value.slice(0, 10)
  if (!MIDNIGHT.test(value.slice(10))) written.warn(`Of ${quote(value)} only the day counts here.`, `Write "${day}".`)
  return day
}

/** What may stand behind a day without saying more than the day does. */
const MIDNIGHT = /^(?:[Tt ]00:00(?::00(?:[.,]0+)?)?(?:[Zz]| ?UTC)?)?$/

export function isMoment(value: unknown): value is string {
  return typeof value === 'string' && castDate(value) !== undefined && isDate(value.slice(0, 10))
}
