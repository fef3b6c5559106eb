/** Tests of values as the plainest code has it, in the words of documents. Nothing is shared with what is tested. */
import type { Json } from '../../base/json.ts'
import { type Clock, instantOf, isWithinFrame, type When } from './naive-calendar.fixture.ts'
import { isWithin, type NaiveArea } from './naive-geo.fixture.ts'

/** Not those that Unicode takes apart by itself. */
const ASCII: Record<string, string> = { ø: 'o', æ: 'ae', œ: 'oe', ß: 'ss', ł: 'l', đ: 'd', þ: 'th', ð: 'd', ı: 'i', ħ: 'h' }

/** Small letters without marks. */
function fold(text: string): string {
  const small = text.toLowerCase().normalize('NFD').replaceAll(/\p{M}/gu, '')
  return Array.from(small, (character) => ASCII[character] ?? character).join('')
}

/** At the start of the text, or of a word in it. */
export function contains(text: string, query: string): boolean {
  const [value, wanted] = [fold(text), fold(query)]
  const starts = [0, ...[...value.matchAll(/(?<![\p{L}\p{N}])[\p{L}\p{N}]/gu)].map(({ index }) => index)]
  return starts.some((start) => value.startsWith(wanted, start))
}

const OPPOSITES: Record<string, string> = {
  is_not_set: 'is_set',
  does_not_equal: 'equals',
  not_in: 'in',
  does_not_contain: 'contains',
  does_not_start_with: 'starts_with',
  does_not_end_with: 'ends_with',
  is_not_within: 'is_within',
  is_not_on: 'is_on',
}

/** One and the same test has several names: of traits, and of properties of events. */
const SYNONYMS: Record<string, string> = {
  in: 'equals',
  is_greater_than: 'gt',
  is_less_than: 'lt',
  is_greater_or_equal: 'gte',
  is_less_or_equal: 'lte',
  is_before: 'before',
  is_after: 'after',
}
const AGES: Record<string, string> = {
  is_exactly: 'exactly',
  is_less_than: 'less_than',
  is_more_than: 'more_than',
  is_between: 'between_days',
}

export type Options = When & { value?: unknown }

/** Any element, any of the wanted values; a negative operator is exactly the opposite. */
export function passes(operator: string, options: Options, value: Json, clock: Clock): boolean {
  const opposite = OPPOSITES[operator]
  if (opposite !== undefined) return !passes(opposite, options, value, clock)
  if (operator === 'is_set') return value !== null
  if (operator === 'is_true' || operator === 'is_false') return passes('equals', { value: operator === 'is_true' }, value, clock)
  const elements = Array.isArray(value) ? value : [value]
  const frame = AGES[operator]
  return elements.some((element) => {
    if (operator === 'is_within') return areasIn(options).some((area) => isWithin(element, area))
    if (frame !== undefined && isDate(element))
      return whensIn(operator, options).some((when) => isInFrame(frame, when, element, clock))
    if (frame !== undefined && operator !== 'is_less_than') return false
    return valuesIn(options).some((one) => passesOne(SYNONYMS[operator] ?? operator, element, one, clock))
  })
}

function valuesIn({ value }: Options): unknown[] {
  return Array.isArray(value) ? value : [value]
}

function areasIn(options: Options): NaiveArea[] {
  return [options['box'], options['circle'], options['polygon']].flat().filter((area) => area !== undefined) as NaiveArea[]
}

/** Plain values are days. */
function whensIn(operator: string, options: Options): When[] {
  if (options.value === undefined) return [options]
  const values = valuesIn(options)
  if (operator !== 'is_between') return values.map((days) => ({ days }))
  const [first, second] = values
  return [typeof first === 'string' ? { from: first, to: second } : { min_days: first, max_days: second }]
}

function isInFrame(frame: string, when: When, date: string, clock: Clock): boolean {
  const isAbsolute = frame === 'between_days' && when['from'] !== undefined
  // A day alone is its first instant.
  const instant = date.length === 10 ? instantOf(Date.parse(date), clock.timeZone) : Date.parse(date)
  return isWithinFrame(isAbsolute ? 'between' : frame, when, instant, { ...clock, isTrait: true })
}

function passesOne(operator: string, value: Json, wanted: unknown, clock: Clock): boolean {
  switch (operator) {
    case 'equals':
      return value === wanted
    case 'contains':
      return typeof value === 'string' && contains(value, String(wanted))
    case 'starts_with':
      return typeof value === 'string' && fold(value).startsWith(fold(String(wanted)))
    case 'ends_with':
      return typeof value === 'string' && fold(value).endsWith(fold(String(wanted)))
    case 'gt':
      return typeof value === 'number' && value > Number(wanted)
    case 'lt':
      return typeof value === 'number' && value < Number(wanted)
    case 'gte':
      return typeof value === 'number' && value >= Number(wanted)
    case 'lte':
      return typeof value === 'number' && value <= Number(wanted)
    case 'is_on':
    case 'before':
    case 'after':
      return isDate(value) && isInFrame(operator.replace('is_', ''), { date: wanted }, value, clock)
    default:
      throw new Error(`No operator is called "${operator}".`)
  }
}

function isDate(value: Json): value is string {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?$/.test(value)
}
