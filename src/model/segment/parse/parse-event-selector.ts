/** Which events are meant: a name, and filters of their properties and context that all apply to the same event. */
import { isObject } from '../../../base/json.ts'
import { CALLS_WITHOUT_NAME, MADE_EVENT_NAMES } from '../../event/event-report.ts'
import { isWordOf, OPTIONS_OF_TEST, VALUE_OPERATORS, type ValueOperator } from '../operators.ts'
import { type EventFilter, type EventSelector, PREDICATES_MAX } from '../predicate.ts'
import { Options, readName } from './options.ts'
import { readTest } from './parse-value-test.ts'
import type { Scope } from './scope.ts'
import { quote, type Written } from './written.ts'

export const SELECTOR_OPTIONS = ['eventName', 'propsFilters'] as const
const SECTIONS = ['property', 'context'] as const
const FILTER_MEMBERS = ['section', 'key', 'operator', 'value']

/** From `eventName` and `propsFilters`; undefined when they do not say which events (reported). */
export function parseEventSelector(options: Options, scope: Scope): EventSelector | undefined {
  const named = options.require('eventName', '`"eventName": "Completed Order"`')
  const name = named && readName(named, 'The name of an event')
  if (named && name !== undefined) warnOfUnknown(named, name, scope)
  const filters = parseFilters(options.find('propsFilters'), scope)
  return name === undefined || filters === undefined ? undefined : { name, filters, ...calendarOf(filters, scope) }
}

/** Counting knows an event before it knows whose it is: so where each entity has its own zone, the days of filters are those of `otherwise`. */
function calendarOf(filters: readonly EventFilter[], { timeZone }: Scope): Pick<EventSelector, 'timeZone'> {
  const zone = typeof timeZone === 'string' ? timeZone : timeZone.otherwise
  return zone !== 'UTC' && filters.some(({ test }) => test.test === 'time') ? { timeZone: zone } : {}
}

/** Events that Millrace makes, and calls, come without anybody naming them. */
const ALWAYS_KNOWN = [...Object.values(MADE_EVENT_NAMES), ...CALLS_WITHOUT_NAME]

function warnOfUnknown(at: Written, name: string, { context }: Scope): void {
  const known = [...context.knownEvents, ...ALWAYS_KNOWN]
  if (known.includes(name)) return
  const near = context.isPartial ? known.find((one) => letters(one) === letters(name)) : at.nearest(name, known)
  if (near === undefined && context.isPartial) return
  at.warn(
    `No event ${quote(name)} has come yet.`,
    near === undefined ? 'It counts as soon as it comes; case and blanks count.' : `Did you mean "${near}"?`,
  )
}

/** `segments_changed` and `Segments changed` are surely meant for one. */
function letters(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')
}

function parseFilters(written: Written | undefined, scope: Scope): EventFilter[] | undefined {
  if (written === undefined) return []
  if (!Array.isArray(written.value))
    return written.error(
      `"propsFilters" must be a list, not ${quote(written.value)}.`,
      'For example `[{"section": "property", "key": "total", "operator": "gt", "value": 100}]`.',
    )
  scope.met.predicates += written.value.length
  // The group at hand reports it.
  if (scope.met.predicates > PREDICATES_MAX) return undefined
  const filters = written.items().map(parseFilter)
  return filters.every((filter) => filter !== undefined) ? filters : undefined
}

function parseFilter(written: Written): EventFilter | undefined {
  if (!isObject(written.value))
    return written.error(`A filter must be an object, not ${quote(written.value)}.`, `It has: ${FILTER_MEMBERS.join(', ')}.`)
  written.onlyKnows(FILTER_MEMBERS, 'A filter')
  const section = written.at('section').value ?? 'property'
  const known = SECTIONS.find((one) => one === section)
  if (known === undefined) written.at('section').unknown('section', SECTIONS)
  const key = readName(written.at('key'), 'The key of a filter')
  const operator = findOperator(written.at('operator'))
  if (operator === undefined) return undefined
  const options = new Options(written, quote(operator.word))
  if (OPTIONS_OF_TEST[operator.test].length === 0 && options.find('value') !== undefined)
    written.at('value').error(`"${operator.word}" takes no value.`, 'Remove it.')
  const test = readTest({ operator, options, type: undefined })
  return known === undefined || key === undefined || test === undefined ? undefined : { section: known, key, test }
}

const FILTER_OPERATORS: readonly ValueOperator[] = VALUE_OPERATORS.filter(({ isFilter }) => isFilter)

function findOperator(at: Written): ValueOperator | undefined {
  const found = FILTER_OPERATORS.find((one) => isWordOf(one, at.value))
  if (found) return found
  const words = FILTER_OPERATORS.flatMap(({ word, synonyms = [] }) => [word, ...synonyms])
  if (at.value === undefined) return at.error('The operator of the filter is missing.', `There are: ${words.join(', ')}.`)
  if (VALUE_OPERATORS.some(({ word }) => word === at.value))
    return at.error(`Operator ${quote(at.value)} is none of filters.`, `There are: ${words.join(', ')}.`)
  return at.unknown('operator', words)
}
