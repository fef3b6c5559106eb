/** How long ago: by the unit that names an option, one time or two; and how long something may take. */
import { type Timeframe, type Unit, UNITS } from '../predicate.ts'
import { fixedMillis, isCalendarUnit } from '../zone.ts'
import { isMoment, type Options, readOne } from './options.ts'
import { quote, type Written } from './written.ts'

/** So that every instant that is spoken of has a year of four digits for a long time. */
const YEARS_MAX = 1_000
const PER_YEAR: Record<Unit, number> = {
  minutes: 525_600,
  hours: 8_760,
  days: 365,
  weeks: 52,
  months: 12,
  quarters: 4,
  years: 1,
}

/** The one unit that is written. */
export function requireUnit(options: Options, word: string): Unit | undefined {
  const [unit, ...others] = options.among(UNITS)
  if (unit === undefined)
    return options.written.error(`"${word}" needs a time.`, `Name it by its unit, for example \`"days": 7\`.`)
  if (others.length > 0)
    return options.written
      .at(others[0] ?? unit)
      .error(`"${word}" takes one unit, not both "${unit}" and "${others.join('", "')}".`, 'Keep one of them.')
  // `among` gives nothing but units.
  return unit as Unit
}

type AgoFrame = 'lessThan' | 'moreThan' | 'exactly'

export function agoFrame(frame: AgoFrame, unit: Unit, written: Written): Timeframe | undefined {
  const amount = readOne(written, (one) => readAmount(one, unit, frame === 'exactly'))
  if (amount === undefined) return undefined
  if (isNoTime(amount, unit) && frame !== 'exactly') return written.error(`${amount} ${unit} are no time.`, 'Write more than 0.')
  return { frame, amount, unit }
}

/** Less than a millisecond is none. */
function isNoTime(amount: number, unit: Unit): boolean {
  return isCalendarUnit(unit) ? amount === 0 : fixedMillis(amount, unit) === 0
}

/** `min_days` and `max_days`, or those of another unit. */
export function readBetweenAgo(options: Options, word: string): Timeframe | undefined {
  const units = UNITS.filter((unit) => options.among([`min_${unit}`, `max_${unit}`]).length > 0)
  const [unit, ...others] = units
  if (unit === undefined)
    return options.written.error(
      `"${word}" needs two times.`,
      'Write them by their unit, for example `"min_days": 7, "max_days": 30`.',
    )
  if (others.length > 0)
    return options.written.error(
      `"${word}" takes one unit, not ${units.map((one) => `"${one}"`).join(' and ')}.`,
      'Keep one of them.',
    )
  const [min, max] = (['min', 'max'] as const).map((end) => {
    const name = `${end}_${unit}`
    const option = options.require(name, `\`"${name}": ${end === 'min' ? 7 : 30}\``)
    return option && readOne(option, (one) => readAmount(one, unit, false))
  })
  return min === undefined || max === undefined
    ? undefined
    : betweenAgoFrame({ min, max, unit }, options.written.at(`min_${unit}`))
}

export function betweenAgoFrame(
  { min, max, unit }: { min: number; max: number; unit: Unit },
  at: Written,
): Timeframe | undefined {
  if (min > max)
    return at.error(`From ${min} to ${max} ${unit} ago there is nothing: the first must not be greater.`, 'Exchange them.')
  if (max === 0) return at.error(`From 0 to 0 ${unit} ago there is nothing but this instant.`, 'Write a greater second number.')
  if (min === max)
    at.warn(`From ${min} to ${max} ${unit} ago is a single instant.`, `For the calendar day ${min} ${unit} ago, use "exactly".`)
  return { frame: 'betweenAgo', min, max, unit }
}

const FIXED_DATE_HINT =
  'For a fixed date, use "is_before", "is_after" or "is_on"; of events the timeframes "before", "after" or "on".'

/** Of units of the calendar only whole ones exist. */
export function readAmount(written: Written, unit: Unit, isWhole: boolean): number | undefined {
  const { value } = written
  const max = YEARS_MAX * PER_YEAR[unit]
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    const hint = isMoment(value) ? FIXED_DATE_HINT : undefined
    return written.error(`How long ago must be a number of ${unit}, not ${quote(value)}.`, hint)
  }
  if (value < 0) return written.error(`${value} ${unit} lie in the future.`, `Write a number from 0 to ${max}.`)
  if (value > max) return written.error(`${value} ${unit} are more than ${YEARS_MAX} years.`, `Write a number up to ${max}.`)
  if (!Number.isInteger(value) && (isWhole || isCalendarUnit(unit)))
    return written.error(`${value} ${unit}: only whole ${unit} can be counted here.`, `Write ${Math.max(1, Math.round(value))}.`)
  return value + 0
}

const WITHIN_UNITS = ['minutes', 'hours', 'days', 'weeks'] as const
export const WITHIN_OPTIONS: readonly string[] = WITHIN_UNITS.map((unit) => `within_${unit}`)

/** `within_days` and the like: the time that a sequence may take, in milliseconds. */
export function readWithin(options: Options, word: string): number | undefined {
  const [name, ...others] = options.among(WITHIN_OPTIONS)
  if (name === undefined)
    return options.written.error(
      `"${word}" needs the time that may lie between.`,
      'Name it by its unit, for example `"within_days": 3`.',
    )
  if (others.length > 0)
    return options.written.error(
      `"${word}" takes one unit, not both "${name}" and "${others.join('", "')}".`,
      'Keep one of them.',
    )
  const unit = WITHIN_UNITS.find((one) => name === `within_${one}`) ?? 'days'
  const option = options.written.at(name)
  const amount = readOne(option, (one) => readAmount(one, unit, false))
  const withinMs = amount === undefined ? undefined : fixedMillis(amount, unit)
  return withinMs === 0 ? option.error(`${amount} ${unit} are no time.`, 'Write more than 0.') : withinMs
}
