/**
 * Every operator of segments, once: the parser reads documents by this table, and the reference page shows it. A word may mean one
 * thing of numbers and another of dates; then it stands here twice.
 */
import type { TraitType } from '../profile/trait.ts'
import { UNITS, type Aggregate, type Timeframe } from './predicate.ts'

/** Which question is asked of a value; decides how the options are read. */
export type TestName =
  | 'set'
  | 'equals'
  | 'contains'
  | 'startsWith'
  | 'endsWith'
  | 'greater'
  | 'less'
  | 'atLeast'
  | 'atMost'
  | 'true'
  | 'false'
  | 'within'
  | 'on'
  | 'before'
  | 'after'
  | 'exactly'
  | 'lessThan'
  | 'moreThan'
  | 'between'

export type ValueOperator = {
  word: string
  /** Other words for it, as the field has them in filters of events. */
  synonyms?: readonly string[]
  /** Of traits. Operators of scalars fit arrays as well: they hold when any element passes. */
  types: readonly TraitType[]
  test: TestName
  /** Turns the answer around, so it also holds where there is no value. */
  negated?: boolean
  /** Usable in `propsFilters` as well, where nothing is known of types. */
  isFilter?: true
  meaning: string
}

const UNIT_OPTIONS: readonly string[] = UNITS
const BETWEEN_OPTIONS: readonly string[] = UNITS.flatMap((unit) => [`min_${unit}`, `max_${unit}`])

/** The options that each test reads. Where there are several, they are alternatives. */
export const OPTIONS_OF_TEST: Readonly<Record<TestName, readonly string[]>> = {
  set: [],
  equals: ['value'],
  contains: ['value'],
  startsWith: ['value'],
  endsWith: ['value'],
  greater: ['value'],
  less: ['value'],
  atLeast: ['value'],
  atMost: ['value'],
  true: [],
  false: [],
  within: ['box', 'circle', 'polygon'],
  on: ['value'],
  before: ['value'],
  after: ['value'],
  exactly: ['value', ...UNIT_OPTIONS],
  lessThan: ['value', ...UNIT_OPTIONS],
  moreThan: ['value', ...UNIT_OPTIONS],
  between: ['value', ...BETWEEN_OPTIONS, 'from', 'to'],
}

const SCALARS = ['string', 'number'] as const
const ALL = ['string', 'number', 'boolean', 'date', 'array', 'geo_point', 'json'] as const

export const VALUE_OPERATORS: readonly ValueOperator[] = [
  { word: 'is_set', types: ALL, test: 'set', isFilter: true, meaning: 'There is a value; an empty text or list is one.' },
  { word: 'is_not_set', types: ALL, test: 'set', negated: true, isFilter: true, meaning: 'There is none.' },
  { word: 'equals', types: SCALARS, test: 'equals', isFilter: true, meaning: 'The whole value; case counts.' },
  { word: 'does_not_equal', types: SCALARS, test: 'equals', negated: true, isFilter: true, meaning: 'Not `equals`.' },
  { word: 'in', types: SCALARS, test: 'equals', isFilter: true, meaning: 'Another word for `equals`.' },
  {
    word: 'not_in',
    types: SCALARS,
    test: 'equals',
    negated: true,
    isFilter: true,
    meaning: 'Another word for `does_not_equal`.',
  },
  {
    word: 'contains',
    types: ['string'],
    test: 'contains',
    isFilter: true,
    meaning:
      'The value, or the rest of it from the start of any of its words, begins with the text; case and diacritics do not count.',
  },
  {
    word: 'does_not_contain',
    types: ['string'],
    test: 'contains',
    negated: true,
    isFilter: true,
    meaning: 'Not `contains`.',
  },
  {
    word: 'starts_with',
    types: ['string'],
    test: 'startsWith',
    isFilter: true,
    meaning: 'The whole value begins with the text; case and diacritics do not count.',
  },
  {
    word: 'does_not_start_with',
    types: ['string'],
    test: 'startsWith',
    negated: true,
    isFilter: true,
    meaning: 'Not `starts_with`.',
  },
  {
    word: 'ends_with',
    types: ['string'],
    test: 'endsWith',
    isFilter: true,
    meaning: 'The whole value ends with the text; case and diacritics do not count.',
  },
  {
    word: 'does_not_end_with',
    types: ['string'],
    test: 'endsWith',
    negated: true,
    isFilter: true,
    meaning: 'Not `ends_with`.',
  },
  { word: 'is_greater_than', synonyms: ['gt'], types: ['number'], test: 'greater', isFilter: true, meaning: 'More than that.' },
  { word: 'is_less_than', synonyms: ['lt'], types: ['number'], test: 'less', isFilter: true, meaning: 'Less than that.' },
  {
    word: 'is_greater_or_equal',
    synonyms: ['gte'],
    types: ['number'],
    test: 'atLeast',
    isFilter: true,
    meaning: 'That or more.',
  },
  { word: 'is_less_or_equal', synonyms: ['lte'], types: ['number'], test: 'atMost', isFilter: true, meaning: 'That or less.' },
  { word: 'is_true', types: ['boolean'], test: 'true', isFilter: true, meaning: 'The value is true.' },
  {
    word: 'is_false',
    types: ['boolean'],
    test: 'false',
    isFilter: true,
    meaning: 'The value is false; where there is none it does not hold.',
  },
  { word: 'is_within', types: ['geo_point'], test: 'within', meaning: 'The point lies in the area; its edge belongs to it.' },
  { word: 'is_not_within', types: ['geo_point'], test: 'within', negated: true, meaning: 'Not `is_within`.' },
  { word: 'is_on', types: ['date'], test: 'on', isFilter: true, meaning: 'On that calendar day.' },
  { word: 'is_not_on', types: ['date'], test: 'on', negated: true, isFilter: true, meaning: 'Not `is_on`.' },
  {
    word: 'is_before',
    synonyms: ['before'],
    types: ['date'],
    test: 'before',
    isFilter: true,
    meaning: 'Before that instant, or before that day begins.',
  },
  {
    word: 'is_after',
    synonyms: ['after'],
    types: ['date'],
    test: 'after',
    isFilter: true,
    meaning: 'After that instant, or after that day has ended.',
  },
  { word: 'is_exactly', types: ['date'], test: 'exactly', meaning: 'On the calendar day that lies so far back.' },
  {
    word: 'is_less_than',
    types: ['date'],
    test: 'lessThan',
    meaning: 'Less than so long ago, and not in the future.',
  },
  { word: 'is_more_than', types: ['date'], test: 'moreThan', meaning: 'So long ago, or longer.' },
  {
    word: 'is_between',
    types: ['date'],
    test: 'between',
    meaning: 'Between so long and so long ago, or from one day or instant to another; both ends belong to it.',
  },
]

/** Whether the word is the operator's own, or another for it. */
export function isWordOf({ word, synonyms }: ValueOperator, written: unknown): boolean {
  return word === written || (synonyms ?? []).some((synonym) => synonym === written)
}

/** How often something was done, or how many there are. `count` says which of the bounds the option `count` gives. */
export type CountOperator = { word: string; bounds: 'none' | 'one' | 'min' | 'max' | 'both'; negated?: boolean; meaning: string }

export const COUNT_OPERATORS: readonly CountOperator[] = [
  { word: 'zero_times', bounds: 'none', meaning: 'Never.' },
  { word: 'at_least_once', bounds: 'one', meaning: 'Once or more.' },
  { word: 'is_at_least', bounds: 'min', meaning: '`count` times or more.' },
  { word: 'is_at_most', bounds: 'max', meaning: '`count` times or less; never is less.' },
  { word: 'equals', bounds: 'both', meaning: '`count` times; with 0 those who never did.' },
  { word: 'does_not_equal', bounds: 'both', negated: true, meaning: 'Any other number of times; never is one.' },
]

export const AGGREGATE_OPERATORS: readonly { word: string; aggregate: Aggregate; meaning: string }[] = [
  { word: 'sum', aggregate: 'sum', meaning: 'The sum of the property; 0 without events.' },
  { word: 'average', aggregate: 'average', meaning: 'Its mean; not set without events.' },
  { word: 'minimum', aggregate: 'minimum', meaning: 'Its least value; not set without events.' },
  { word: 'maximum', aggregate: 'maximum', meaning: 'Its greatest value; not set without events.' },
  { word: 'distinct_count', aggregate: 'distinctCount', meaning: 'How many different values it has; 0 without events.' },
]

/** What aggregates are compared with, as words of `VALUE_OPERATORS`. */
export const COMPARISONS: readonly string[] = [
  'is_greater_than',
  'is_less_than',
  'is_greater_or_equal',
  'is_less_or_equal',
  'equals',
  'does_not_equal',
  'is_set',
  'is_not_set',
]

export const EVENT_TIME_OPERATORS: readonly { word: string; which: 'first' | 'last'; meaning: string }[] = [
  {
    word: 'first_time',
    which: 'first',
    meaning: 'The first of the events lies in the timeframe; without events it does not hold.',
  },
  { word: 'last_time', which: 'last', meaning: 'The last of them does; without events it does not hold.' },
]

export const SEQUENCE_OPERATORS: readonly { word: string; negated?: boolean; meaning: string }[] = [
  { word: 'followed_by', meaning: 'After one of the events, within the time, the event of `then` came.' },
  { word: 'not_followed_by', negated: true, meaning: 'Not `followed_by`; without events it holds.' },
]

export const MEMBER_OPERATORS: readonly { word: string; negated?: boolean; meaning: string }[] = [
  { word: 'is_member', meaning: 'A member of any of these segments.' },
  { word: 'is_not_member', negated: true, meaning: 'A member of none of them.' },
]

/** When events count. `ever`: no timeframe is named. */
export type TimeframeWord = {
  word: string
  frame: Exclude<Timeframe['frame'], 'ever'>
  options: readonly string[]
  meaning: string
}

export const TIMEFRAMES: readonly TimeframeWord[] = [
  { word: 'on', frame: 'on', options: ['date'], meaning: 'On that calendar day.' },
  {
    word: 'not_on',
    frame: 'notOn',
    options: ['date'],
    meaning: 'On any other day: chooses events, and does not negate the count.',
  },
  { word: 'before', frame: 'before', options: ['date'], meaning: 'Before that instant, or before that day begins.' },
  { word: 'after', frame: 'after', options: ['date'], meaning: 'After that instant, or after that day has ended.' },
  {
    word: 'between',
    frame: 'between',
    options: ['from', 'to'],
    meaning: 'From one day or instant to the other; both belong to it.',
  },
  { word: 'less_than', frame: 'lessThan', options: UNIT_OPTIONS, meaning: 'Less than so long ago: in (now − N, now].' },
  { word: 'more_than', frame: 'moreThan', options: UNIT_OPTIONS, meaning: 'So long ago or longer: at now − N or before.' },
  { word: 'exactly', frame: 'exactly', options: UNIT_OPTIONS, meaning: 'On the calendar day that lies so far back.' },
  {
    word: 'between_days',
    frame: 'betweenAgo',
    options: BETWEEN_OPTIONS,
    meaning: 'Between so long and so long ago: in [now − max, now − min].',
  },
]

/** Keys of `property` that are no traits. */
export const EVENT_KEY = 'event'
export const SEGMENT_KEY = 'segment'
export const USERS_KEY = 'users'
/** Before traits of the account that a user belongs to, and before `segment`. */
export const ACCOUNT_PREFIX = 'account.'

/** Every word that may stand as `operator` of a predicate. */
export const OPERATOR_WORDS: readonly string[] = [
  ...new Set(
    [
      VALUE_OPERATORS.flatMap(({ word, synonyms = [] }) => [word, ...synonyms]),
      ...[COUNT_OPERATORS, AGGREGATE_OPERATORS, EVENT_TIME_OPERATORS, SEQUENCE_OPERATORS, MEMBER_OPERATORS].map((table) =>
        table.map(({ word }) => word),
      ),
    ].flat(),
  ),
]
