/** What each operator means, as a rule: one document for each, and for each way to write its options. */
import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../../base/json.ts'
import { OPERATOR_WORDS, TIMEFRAMES } from './operators.ts'
import { about, aboutAccounts, leaf, meaningOf } from './segment-parsing.fixture.ts'

type Row = [key: string, operator: string, options: JsonObject | undefined, test: object]

const DAY_MS = 86_400_000
const NOON = Date.UTC(2026, 2, 1, 12)

const TRAIT_ROWS: Row[] = [
  ['plan', 'is_set', undefined, { test: 'set', negated: false }],
  ['plan', 'is_not_set', {}, { test: 'set', negated: true }],
  ['plan', 'is_set', { value: [] }, { test: 'set', negated: false }],
  ['plan', 'equals', { value: ['pro', 'free', 'pro'] }, { test: 'equals', values: ['pro', 'free'], negated: false }],
  ['plan', 'equals', { value: 42 }, { test: 'equals', values: ['42'], negated: false }],
  ['plan', 'does_not_equal', { value: 'pro' }, { test: 'equals', values: ['pro'], negated: true }],
  ['seats', 'in', { value: [1, '2'] }, { test: 'equals', values: [1, 2], negated: false }],
  ['seats', 'not_in', { value: 3 }, { test: 'equals', values: [3], negated: true }],
  ['tags', 'equals', { value: ['1', 1, true] }, { test: 'equals', values: ['1', 1, true], negated: false }],
  ['plan', 'contains', { value: 'Pro' }, { test: 'text', match: 'contains', values: ['Pro'], negated: false }],
  ['plan', 'does_not_contain', { value: 'Pro' }, { test: 'text', match: 'contains', values: ['Pro'], negated: true }],
  ['plan', 'starts_with', { value: ['123'] }, { test: 'text', match: 'startsWith', values: ['123'], negated: false }],
  ['plan', 'does_not_start_with', { value: ['a'] }, { test: 'text', match: 'startsWith', values: ['a'], negated: true }],
  ['plan', 'ends_with', { value: ['a'] }, { test: 'text', match: 'endsWith', values: ['a'], negated: false }],
  ['tags', 'does_not_end_with', { value: ['a'] }, { test: 'text', match: 'endsWith', values: ['a'], negated: true }],
  ['seats', 'is_greater_than', { value: [3] }, { test: 'number', compare: 'greater', values: [3], negated: false }],
  ['seats', 'gt', { value: 3 }, { test: 'number', compare: 'greater', values: [3], negated: false }],
  ['seats', 'is_less_than', { value: [3] }, { test: 'number', compare: 'less', values: [3], negated: false }],
  ['seats', 'lt', { value: [3] }, { test: 'number', compare: 'less', values: [3], negated: false }],
  ['seats', 'is_greater_or_equal', { value: 3 }, { test: 'number', compare: 'atLeast', values: [3], negated: false }],
  ['seats', 'gte', { value: 3 }, { test: 'number', compare: 'atLeast', values: [3], negated: false }],
  ['seats', 'is_less_or_equal', { value: 3 }, { test: 'number', compare: 'atMost', values: [3], negated: false }],
  ['seats', 'lte', { value: 3 }, { test: 'number', compare: 'atMost', values: [3], negated: false }],
  ['is_paying', 'is_true', undefined, { test: 'equals', values: [true], negated: false }],
  ['is_paying', 'is_false', undefined, { test: 'equals', values: [false], negated: false }],
]

const time = (negated: boolean, ...when: object[]) => ({ test: 'time', when, negated })

const DATE_ROWS: Row[] = [
  ['trial_ends_at', 'is_on', { value: ['2026-03-01'] }, time(false, { frame: 'on', date: '2026-03-01' })],
  ['trial_ends_at', 'is_not_on', { value: '2026-03-01T12:00:00Z' }, time(true, { frame: 'on', date: '2026-03-01' })],
  ['trial_ends_at', 'is_before', { value: '2026-03-01' }, time(false, { frame: 'before', than: '2026-03-01' })],
  ['trial_ends_at', 'before', { value: '2026-03-01T12:00:00Z' }, time(false, { frame: 'before', than: NOON })],
  ['trial_ends_at', 'is_after', { value: NOON }, time(false, { frame: 'after', than: NOON })],
  ['trial_ends_at', 'after', { value: [NOON / 1_000] }, time(false, { frame: 'after', than: NOON })],
  ['trial_ends_at', 'is_exactly', { days: 0 }, time(false, { frame: 'exactly', amount: 0, unit: 'days' })],
  ['trial_ends_at', 'is_less_than', { value: [7] }, time(false, { frame: 'lessThan', amount: 7, unit: 'days' })],
  ['trial_ends_at', 'is_less_than', { hours: 1.5 }, time(false, { frame: 'lessThan', amount: 1.5, unit: 'hours' })],
  ['trial_ends_at', 'is_more_than', { months: 2 }, time(false, { frame: 'moreThan', amount: 2, unit: 'months' })],
  ['trial_ends_at', 'is_between', { value: [7, 30] }, time(false, { frame: 'betweenAgo', min: 7, max: 30, unit: 'days' })],
  [
    'trial_ends_at',
    'is_between',
    { min_weeks: 0, max_weeks: 2 },
    time(false, { frame: 'betweenAgo', min: 0, max: 2, unit: 'weeks' }),
  ],
  [
    'trial_ends_at',
    'is_between',
    { from: '2026-03-01', to: '2026-03-01T12:00:00Z' },
    time(false, { frame: 'between', from: '2026-03-01', to: NOON }),
  ],
  [
    'trial_ends_at',
    'is_between',
    { value: ['2026-03-01', '2026-03-02'] },
    time(false, { frame: 'between', from: '2026-03-01', to: '2026-03-02' }),
  ],
]

describe('a word that means one thing of numbers and another of dates is decided', () => {
  const LESS_DAYS = time(false, { frame: 'lessThan', amount: 7, unit: 'days' })
  const LESS = { test: 'number', compare: 'less', values: [7], negated: false }
  test.each<[string, string, JsonObject, object]>([
    ['by the type of the trait', 'seats', { value: [7] }, LESS],
    ['by that of what is built in', 'created_at', { value: [7] }, LESS_DAYS],
    ['by the name', 'renewed_at', { value: [7] }, LESS_DAYS],
    ['by the unit', 'renewal', { days: 7 }, LESS_DAYS],
    ['else for numbers', 'renewal', { value: [7] }, LESS],
    ['by the unit in arrays as well', 'tags', { days: 7 }, LESS_DAYS],
  ])('%s', (_how, key, options, expected) => {
    expect(meaningOf(about(key, 'is_less_than', options))).toMatchObject({ test: expected })
  })
})

const CORNERS = { top_left: { lat: 49, lon: 2 }, bottom_right: { lat: 48, lon: 3 } }
const BOX = { area: 'box', north: 49, south: 48, west: 2, east: 3 }
const CIRCLE = { area: 'circle', latitude: 48, longitude: 2, metres: 100 }
const TRIANGLE: Json = [
  [48, 2],
  [49, 2],
  [49, 3],
]
const within = (negated: boolean, ...areas: object[]) => ({ test: 'within', areas, negated })

const AREA_ROWS: Row[] = [
  ['place', 'is_within', { box: CORNERS }, within(false, BOX)],
  ['place', 'is_not_within', { box: { north: 49, south: 48, west: 2, east: 3 } }, within(true, BOX)],
  ['place', 'is_within', { circle: { lat: 48, lon: 2, radius: 100 } }, within(false, CIRCLE)],
  [
    'place',
    'is_within',
    {
      circle: [
        { center: [48, 2], metres: 100 },
        { latitude: 48, longitude: 2, metres: 100 },
      ],
    },
    within(false, CIRCLE, CIRCLE),
  ],
  ['place', 'is_within', { polygon: { points: TRIANGLE } }, within(false, { area: 'polygon', points: TRIANGLE })],
]

test.each([...TRAIT_ROWS, ...DATE_ROWS, ...AREA_ROWS])('%s %s %j', (key, operator, options, expected) => {
  expect(meaningOf(about(key, operator, options))).toEqual({ is: 'trait', owner: 'self', trait: key, test: expected })
})

describe('a key names', () => {
  test.each([
    ['crm.stage', { owner: 'self', trait: 'crm/stage' }],
    ['account.plan', { owner: 'account', trait: 'plan' }],
    ['account.crm.stage', { owner: 'account', trait: 'crm/stage' }],
    ['account/plan', { owner: 'self', trait: 'account/plan' }],
    ['traits_plan', { owner: 'self', trait: 'traits_plan' }],
    ['anonymous_ids', { owner: 'self', trait: 'anonymous_ids' }],
  ])('%s', (key, expected) => {
    expect(meaningOf(about(key, 'starts_with', { value: 'a' }))).toMatchObject(expected)
  })
})

const ORDERS = { name: 'Completed Order', filters: [] }
const EVER = { frame: 'ever' }

const COUNT_ROWS: [string, JsonObject, object][] = [
  ['zero_times', {}, { min: 0, max: 0, negated: false }],
  ['at_least_once', {}, { min: 1, max: null, negated: false }],
  ['is_at_least', { count: 3 }, { min: 3, max: null, negated: false }],
  ['is_at_most', { count: [3] }, { min: 0, max: 3, negated: false }],
  ['equals', { count: 0 }, { min: 0, max: 0, negated: false }],
  ['does_not_equal', { count: 3 }, { min: 3, max: 3, negated: true }],
]

describe.each(COUNT_ROWS)('%s %j', (operator, options, count) => {
  test('counts events', () => {
    const document = about('event', operator, { eventName: 'Completed Order', ...options })
    expect(meaningOf(document)).toEqual({ is: 'events', events: ORDERS, when: EVER, count })
  })
  test('counts users of an account', () => {
    const predicate = about('plan', 'is_set')
    expect(meaningOf(aboutAccounts('users', operator, { predicate, ...options }))).toMatchObject({
      is: 'users',
      predicate: { is: 'all', of: [{ is: 'trait', owner: 'self', trait: 'plan' }] },
      count,
    })
  })
})

const FRAME_ROWS: [string, JsonObject, object][] = [
  ['on', { date: '2026-03-01' }, { frame: 'on', date: '2026-03-01' }],
  ['not_on', { date: '2026-03-01' }, { frame: 'notOn', date: '2026-03-01' }],
  ['before', { date: '2026-03-01T12:00:00Z' }, { frame: 'before', than: NOON }],
  ['after', { date: ['2026-03-01'] }, { frame: 'after', than: '2026-03-01' }],
  ['between', { from: '2026-03-01', to: '2026-03-01' }, { frame: 'between', from: '2026-03-01', to: '2026-03-01' }],
  ['less_than', { days: 30 }, { frame: 'lessThan', amount: 30, unit: 'days' }],
  ['more_than', { years: 1 }, { frame: 'moreThan', amount: 1, unit: 'years' }],
  ['exactly', { quarters: 1 }, { frame: 'exactly', amount: 1, unit: 'quarters' }],
  ['between_days', { min_days: 7, max_days: 30 }, { frame: 'betweenAgo', min: 7, max: 30, unit: 'days' }],
  ['between_days', { min_hours: 0, max_hours: 0.5 }, { frame: 'betweenAgo', min: 0, max: 0.5, unit: 'hours' }],
]

describe.each(FRAME_ROWS)('%s %j', (timeframe, options, when) => {
  test.each(['first', 'last'])('is a frame of %s times', (which) => {
    const document = about('event', `${which}_time`, { eventName: 'Completed Order', timeframe, ...options })
    expect(meaningOf(document)).toEqual({ is: 'time', events: ORDERS, which, when })
  })
  test('and of counts', () => {
    const document = about('event', 'zero_times', { eventName: 'Completed Order', timeframe, ...options })
    expect(meaningOf(document)).toMatchObject({ is: 'events', when })
  })
})

test('every timeframe is among them', () => {
  expect(TIMEFRAMES.map(({ word }) => word).filter((word) => FRAME_ROWS.every(([row]) => row !== word))).toEqual([])
})

const number = (compare: string) => ({ test: 'number', compare, values: [100], negated: false })

describe('filters of events', () => {
  test.each<[string, Json | undefined, object]>([
    ['gt', 100, number('greater')],
    ['is_greater_than', [100], number('greater')],
    ['lt', 100, number('less')],
    ['gte', 100, number('atLeast')],
    ['lte', 100, number('atMost')],
    ['equals', '100', { test: 'equals', values: ['100'], negated: false }],
    ['does_not_equal', ['a', 1], { test: 'equals', values: ['a', 1], negated: true }],
    ['contains', 'a', { test: 'text', match: 'contains', values: ['a'], negated: false }],
    ['does_not_contain', ['a', 'b'], { test: 'text', match: 'contains', values: ['a', 'b'], negated: true }],
    ['is_true', undefined, { test: 'equals', values: [true], negated: false }],
    ['is_false', null, { test: 'equals', values: [false], negated: false }],
    ['is_set', undefined, { test: 'set', negated: false }],
    ['is_not_set', undefined, { test: 'set', negated: true }],
    ['after', '2026-03-01', time(false, { frame: 'after', than: '2026-03-01' })],
    ['before', '2026-03-01T12:00:00Z', time(false, { frame: 'before', than: NOON })],
  ])('%s %j', (operator, value, expected) => {
    const filter = { key: 'total', operator, ...(value !== undefined && { value }) }
    const propsFilters = [filter, { ...filter, section: 'context', key: 'page.path' }]
    expect(meaningOf(about('event', 'zero_times', { eventName: 'Completed Order', propsFilters }))).toMatchObject({
      events: {
        filters: [
          { section: 'property', key: 'total', test: expected },
          { section: 'context', key: 'page.path', test: expected },
        ],
      },
    })
  })
})

describe('aggregates', () => {
  test.each<[string, string, object, object]>([
    ['sum', 'is_greater_than', { value: [100] }, number('greater')],
    ['average', 'is_less_than', { value: 100 }, number('less')],
    ['minimum', 'is_set', {}, { test: 'set', negated: false }],
    ['maximum', 'is_not_set', {}, { test: 'set', negated: true }],
    ['distinct_count', 'equals', { value: ['2'] }, { test: 'equals', values: [2], negated: false }],
  ])('%s %s %j', (operator, comparison, options, expected) => {
    const document = about('event', operator, { eventName: 'Completed Order', property: 'total', comparison, ...options })
    const aggregate = operator === 'distinct_count' ? 'distinctCount' : operator
    expect(meaningOf(document)).toEqual({ is: 'value', events: ORDERS, property: 'total', aggregate, when: EVER, test: expected })
  })
})

test.each([
  ['followed_by', { within_days: 3 }, 3 * DAY_MS, false],
  ['not_followed_by', { within_minutes: 90 }, DAY_MS / 16, true],
])('%s %j', (operator, within, withinMs, negated) => {
  const options = { eventName: 'Completed Order', timeframe: 'less_than', days: 30, ...within }
  // oxlint-disable-next-line unicorn/no-thenable -- documents have this word; nobody awaits them
  const second = Object.fromEntries([['then', { eventName: 'Viewed Page' }]])
  expect(meaningOf(about('event', operator, { ...options, ...second }))).toEqual({
    is: 'sequence',
    first: ORDERS,
    second: { name: 'Viewed Page', filters: [] },
    withinMs,
    when: { frame: 'lessThan', amount: 30, unit: 'days' },
    negated,
  })
})

test.each<[string, string, string, object]>([
  ['segment', 'is_member', 'vips', { owner: 'self', negated: false }],
  ['segment', 'is_not_member', 'trials', { owner: 'self', negated: true }],
  ['account.segment', 'is_member', 'big-accounts', { owner: 'account', negated: false }],
])('%s %s %s', (key, operator, id, expected) => {
  expect(meaningOf(about(key, operator, { value: [id] }))).toEqual({ is: 'member', segments: [id], ...expected })
})

test('groups are nested as they are written, and know where they stand', () => {
  const document = { type: 'none', predicates: [{ type: 'any', predicates: [leaf('email', 'is_set'), leaf('plan', 'is_set')] }] }
  const inner = { is: 'any', at: '/predicates/0' }
  expect(meaningOf(document)).toMatchObject({
    is: 'any',
    of: [{ at: `${inner.at}/predicates/0` }, { at: `${inner.at}/predicates/1` }],
  })
})

test('every operator is in one of these documents', () => {
  const rows = [...TRAIT_ROWS, ...DATE_ROWS, ...AREA_ROWS].map(([, operator]) => operator)
  const further = [
    'first_time',
    'last_time',
    'sum',
    'average',
    'minimum',
    'maximum',
    'distinct_count',
    'followed_by',
    'not_followed_by',
  ]
  const used = new Set([...rows, ...COUNT_ROWS.map(([operator]) => operator), ...further, 'is_member', 'is_not_member'])
  expect(OPERATOR_WORDS.filter((word) => !used.has(word))).toEqual([])
})
