/** Predicates on events: how often, a value over them, when first or last, and one after the other. */
import {
  AGGREGATE_OPERATORS,
  COMPARISONS,
  COUNT_OPERATORS,
  type CountOperator,
  EVENT_TIME_OPERATORS,
  isWordOf,
  OPTIONS_OF_TEST,
  SEQUENCE_OPERATORS,
  VALUE_OPERATORS,
} from '../operators.ts'
import { type CountTest, type Timeframe, type ValueTest, WINDOW_COUNT_MAX, type Predicate } from '../predicate.ts'
import { Options, readInteger, readName, readOne } from './options.ts'
import { parseEventSelector, SELECTOR_OPTIONS } from './parse-event-selector.ts'
import { readWithin, WITHIN_OPTIONS } from './parse-ago.ts'
import { parseEventTimeframe } from './parse-timeframe.ts'
import { readTest } from './parse-value-test.ts'
import type { Scope } from './scope.ts'
import { quote, type Written } from './written.ts'

/** What all four ask for. */
type Asked = { written: Written; options: Options; scope: Scope }

export function parseEvent(written: Written, scope: Scope): Predicate | undefined {
  const word = written.at('operator').value
  const asked: Asked = { written, options: new Options(written.at('options'), quote(word)), scope }
  const count = COUNT_OPERATORS.find((one) => one.word === word)
  if (count) return parseEventCount(count, asked)
  const aggregate = AGGREGATE_OPERATORS.find((one) => one.word === word)
  if (aggregate) return parseEventValue(aggregate, asked)
  const time = EVENT_TIME_OPERATORS.find((one) => one.word === word)
  if (time) return parseEventTime(time, asked)
  const sequence = SEQUENCE_OPERATORS.find((one) => one.word === word)
  if (sequence) return parseSequence(sequence, asked)
  return reportOperator(written.at('operator'))
}

const EVENT_WORDS = [COUNT_OPERATORS, AGGREGATE_OPERATORS, EVENT_TIME_OPERATORS, SEQUENCE_OPERATORS].flatMap((table) =>
  table.map(({ word }) => word),
)

function reportOperator(at: Written): undefined {
  if (at.value === undefined) return at.error('The operator for events is missing.', `There are: ${EVENT_WORDS.join(', ')}.`)
  if (VALUE_OPERATORS.some(({ word }) => word === at.value))
    return at.error(
      `Operator ${quote(at.value)} does not fit "event": it is one of traits.`,
      `There are: ${EVENT_WORDS.join(', ')}. Properties are asked for in \`propsFilters\`.`,
    )
  return at.unknown('operator', EVENT_WORDS)
}

function parseEventCount(operator: CountOperator, { written, options, scope }: Asked): Predicate | undefined {
  const events = parseEventSelector(options, scope)
  const { when, options: ofTime } = parseEventTimeframe(options)
  const max = when && isKept(when, scope) ? WINDOW_COUNT_MAX : COUNT_MAX
  const count = parseCount(operator, options, max)
  options.onlyTakes([...SELECTOR_OPTIONS, ...ofTime, ...countOptions(operator)])
  return events && when && count && { is: 'events', events, when, count, at: written.pointer }
}

/** Beyond it numbers are surely mistakes. */
const COUNT_MAX = 1_000_000_000

/** Whether the instants of events are kept, instead of their number. */
function isKept({ frame }: Timeframe, { timeZone }: Scope): boolean {
  switch (frame) {
    case 'ever':
      return false
    case 'on':
    case 'notOn':
    case 'before':
    case 'after':
    case 'between':
      // Which day an event lies in is not known when it is counted.
      return typeof timeZone !== 'string'
    case 'lessThan':
    case 'moreThan':
    case 'exactly':
    case 'betweenAgo':
      return true
  }
}

export function countOptions({ bounds }: CountOperator): string[] {
  return bounds === 'none' || bounds === 'one' ? [] : ['count']
}

/** Undefined when the option `count` is missing or cannot be read (reported). */
export function parseCount({ bounds, negated = false }: CountOperator, options: Options, max = COUNT_MAX): CountTest | undefined {
  if (bounds === 'none') return { min: 0, max: 0, negated }
  if (bounds === 'one') return { min: 1, max: null, negated }
  const option = options.require('count', '`"count": 3`')
  const isKeeping = max === WINDOW_COUNT_MAX
  const what = isKeeping ? '"count" in such a timeframe' : '"count"'
  const count = option && readOne(option, (one) => readInteger(one, what, { min: 0, max }))
  if (option === undefined || count === undefined) return undefined
  if (bounds === 'min' && count === 0) option.warn('"count" 0 or more is always so.', 'Use "at_least_once", or a greater number.')
  return { min: bounds === 'max' ? 0 : count, max: bounds === 'min' ? null : count, negated }
}

function parseEventValue(
  { word, aggregate }: (typeof AGGREGATE_OPERATORS)[number],
  { written, options, scope }: Asked,
): Predicate | undefined {
  const events = parseEventSelector(options, scope)
  const { when, options: ofTime } = parseEventTimeframe(options)
  const named = options.require('property', '`"property": "total"`')
  const property = named && readName(named, `The property of "${word}"`)
  const comparison = parseComparison(options)
  options.onlyTakes([...SELECTOR_OPTIONS, ...ofTime, 'property', 'comparison', ...(comparison?.options ?? ['value'])])
  if (!events || !when || property === undefined || !comparison?.test) return undefined
  return { is: 'value', events, property, aggregate, when, test: comparison.test, at: written.pointer }
}

/** Aggregates are numbers, whatever the property holds. */
function parseComparison(options: Options): { test: ValueTest | undefined; options: readonly string[] } | undefined {
  const named = options.require('comparison', '`"comparison": "is_greater_than"`')
  if (named === undefined) return undefined
  const operator = VALUE_OPERATORS.find(
    (one) => COMPARISONS.includes(one.word) && isWordOf(one, named.value) && one.types.includes('number'),
  )
  if (operator === undefined) return named.unknown('comparison', COMPARISONS)
  const ofTest = new Options(options.written, quote(operator.word))
  return { test: readTest({ operator, options: ofTest, type: 'number' }), options: OPTIONS_OF_TEST[operator.test] }
}

function parseEventTime(
  { word, which }: (typeof EVENT_TIME_OPERATORS)[number],
  { written, options, scope }: Asked,
): Predicate | undefined {
  const events = parseEventSelector(options, scope)
  const { when, options: ofTime } = parseEventTimeframe(options)
  options.onlyTakes([...SELECTOR_OPTIONS, ...ofTime])
  if (when?.frame === 'ever')
    return options.written
      .at('timeframe')
      .error(`"${word}" needs a timeframe.`, 'To ask whether it ever happened, use "at_least_once".')
  return events && when && { is: 'time', events, which, when, at: written.pointer }
}

function parseSequence(
  { word, negated = false }: (typeof SEQUENCE_OPERATORS)[number],
  { written, options, scope }: Asked,
): Predicate | undefined {
  const first = parseEventSelector(options, scope)
  const { when, options: ofTime } = parseEventTimeframe(options)
  const withinMs = readWithin(options, word)
  const second = parseThen(options, scope)
  options.onlyTakes([...SELECTOR_OPTIONS, ...ofTime, ...WITHIN_OPTIONS, 'then'])
  if (!first || !second || !when || withinMs === undefined) return undefined
  return { is: 'sequence', first, second, withinMs, when, negated, at: written.pointer }
}

function parseThen(options: Options, scope: Scope): ReturnType<typeof parseEventSelector> {
  const written = options.require('then', '`"then": {"eventName": "Completed Order"}`')
  if (written === undefined) return undefined
  const then = new Options(written, '"then"', 'Write `"then": {"eventName": "Completed Order"}`.')
  then.onlyTakes(SELECTOR_OPTIONS)
  return parseEventSelector(then, scope)
}
