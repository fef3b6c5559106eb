/** From an operator and its options to the test of a value. */
import type { TraitType } from '../../profile/trait.ts'
import { OPTIONS_OF_TEST, type TestName, type ValueOperator } from '../operators.ts'
import { type Scalar, type Timeframe, type Unit, UNITS, type ValueTest } from '../predicate.ts'
import {
  isMoment,
  type Options,
  readDay,
  readList,
  readMoment,
  readNumber,
  readOne,
  readQuery,
  readScalar,
  readText,
} from './options.ts'
import { parseAreas } from './parse-area.ts'
import { agoFrame, betweenAgoFrame, readAmount, readBetweenAgo, requireUnit } from './parse-ago.ts'
import { betweenFrame, readBetween } from './parse-timeframe.ts'
import type { Written } from './written.ts'

export type ValueQuestion = {
  operator: ValueOperator
  options: Options
  /** Of the values that are compared; undefined: nothing is known, so values count as they are written. */
  type: TraitType | undefined
}

/** Reports options that the operator does not take. Undefined when one of them cannot be read (reported). */
export function parseValueTest(question: ValueQuestion): ValueTest | undefined {
  const { operator, options } = question
  options.onlyTakes(OPTIONS_OF_TEST[operator.test])
  return readTest(question)
}

/** Leaves other options alone. */
export function readTest({ operator, options, type }: ValueQuestion): ValueTest | undefined {
  const { test: name, negated = false } = operator
  switch (name) {
    case 'set':
      return { test: 'set', negated }
    case 'true':
    case 'false':
      return { test: 'equals', values: [name === 'true'], negated }
    case 'equals': {
      const values = readValues(options, type === undefined ? '["Romain"]' : EXAMPLES[type], readerOf(type))
      return values && { test: 'equals', values: [...new Set(values)], negated }
    }
    case 'contains':
    case 'startsWith':
    case 'endsWith': {
      const values = readValues(options, '["hello"]', readQuery)
      return values && { test: 'text', match: name, values, negated }
    }
    case 'greater':
    case 'less':
    case 'atLeast':
    case 'atMost': {
      const values = readValues(options, '[100]', readNumber)
      return values && { test: 'number', compare: name, values, negated }
    }
    case 'within': {
      const areas = parseAreas(options)
      return areas && { test: 'within', areas, negated }
    }
    case 'on':
    case 'before':
    case 'after':
    case 'exactly':
    case 'lessThan':
    case 'moreThan':
    case 'between': {
      const when = readFrames(name, options)
      return when && { test: 'time', when, negated }
    }
  }
}

const EXAMPLES: Record<TraitType, string> = {
  string: '["Romain"]',
  number: '[42]',
  boolean: '[true]',
  date: '["2026-03-01"]',
  array: '["Romain"]',
  geo_point: '[]',
  json: '[]',
}

function readerOf(type: TraitType | undefined): (written: Written) => Scalar | undefined {
  if (type === 'string') return readText
  return type === 'number' ? readNumber : readScalar
}

/** Undefined when none could be read (reported). */
function readValues<T>(options: Options, example: string, read: (written: Written) => T | undefined): T[] | undefined {
  const option = options.require('value', `\`"value": ${example}\``)
  const values = option && readList(option, read)
  return values?.length === 0 ? undefined : values
}

type TimeTest = Extract<TestName, 'on' | 'before' | 'after' | 'exactly' | 'lessThan' | 'moreThan' | 'between'>

function readFrames(name: TimeTest, options: Options): Timeframe[] | undefined {
  switch (name) {
    case 'on':
      return readValues(options, '["2026-03-01"]', (one) => {
        const date = readDay(one)
        return date === undefined ? undefined : { frame: name, date }
      })
    case 'before':
    case 'after':
      return readValues(options, '["2026-03-01"]', (one) => {
        const than = readMoment(one)
        return than === undefined ? undefined : { frame: name, than }
      })
    case 'exactly':
    case 'lessThan':
    case 'moreThan':
      return readAgo(name, options)
    case 'between':
      return readBetweenOf(options)
  }
}

/** By an option of a unit, or by `value` in days. */
function readAgo(frame: 'exactly' | 'lessThan' | 'moreThan', options: Options): Timeframe[] | undefined {
  if (!isOneWay(options, UNITS)) return undefined
  if (options.find('value') !== undefined) return readValues(options, '[7]', (one) => agoFrame(frame, 'days', one))
  const unit = requireUnit(options, WORDS[frame])
  const when = unit && agoFrame(frame, unit, options.written.at(unit))
  return when && [when]
}

const WORDS = { exactly: 'is_exactly', lessThan: 'is_less_than', moreThan: 'is_more_than', between: 'is_between' } as const

const DAYS: Unit = 'days'

/** By `value: [7, 30]` in days, by `value` with two dates, by `min_days` and `max_days`, or by `from` and `to`. */
function readBetweenOf(options: Options): Timeframe[] | undefined {
  const absolute = ['from', 'to']
  const relative = OPTIONS_OF_TEST.between.filter((name) => name !== 'value' && !absolute.includes(name))
  if (!isOneWay(options, [...relative, ...absolute]) || !isOneWay(options, relative, absolute)) return undefined
  const value = options.find('value')
  const when = value
    ? readPair(value)
    : options.among(absolute).length > 0
      ? readBetween(options)
      : readBetweenAgo(options, WORDS.between)
  return when && [when]
}

function readPair(written: Written): Timeframe | undefined {
  const [first, second, ...others] = written.items()
  if (first === undefined || second === undefined || others.length > 0)
    return written.error('"is_between" needs two values.', 'For example `"value": [7, 30]`: from 7 to 30 days ago.')
  if (isMoment(first.value) || isMoment(second.value)) {
    const [from, to] = [readOne(first, readMoment), readOne(second, readMoment)]
    return from === undefined || to === undefined ? undefined : betweenFrame(from, to, written)
  }
  const [min, max] = [readAmount(first, DAYS, false), readAmount(second, DAYS, false)]
  return min === undefined || max === undefined ? undefined : betweenAgoFrame({ min, max, unit: DAYS }, written)
}

/** False (reported) when the same is said in two ways. */
function isOneWay(options: Options, one: readonly string[], other: readonly string[] = ['value']): boolean {
  const [[first], [second]] = [options.among(one), options.among(other)]
  if (first === undefined || second === undefined) return true
  options.written.at(first).error(`"${first}" and "${second}" say the same in two ways.`, 'Keep one of them.')
  return false
}
