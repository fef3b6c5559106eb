import { expect, test } from 'vitest'
import type { CountTest, GroupPredicate, Predicate, Timeframe, ValueTest } from '../../../model/segment/predicate.ts'
import { predicateText } from './predicate-text.ts'
import { durationText, frameText } from './timeframe-text.ts'

function traitText(test: ValueTest, owner: 'self' | 'account' = 'self'): string {
  return predicateText({ is: 'trait', owner, trait: 'plan', test, at: '' })
}

test.each<[string, ValueTest]>([
  ['plan is set', { test: 'set', negated: false }],
  ['plan is not set', { test: 'set', negated: true }],
  ['plan equals "pro"', { test: 'equals', values: ['pro'], negated: false }],
  ['plan does not equal 5', { test: 'equals', values: [5], negated: true }],
  ['plan is any of "a", "b"', { test: 'equals', values: ['a', 'b'], negated: false }],
  ['plan is none of "a", "b"', { test: 'equals', values: ['a', 'b'], negated: true }],
  ['plan is any of 1, 2, 3, 4, 5 and 2 more', { test: 'equals', values: [1, 2, 3, 4, 5, 6, 7], negated: false }],
  ['plan is true', { test: 'equals', values: [true], negated: false }],
  ['plan contains "a"', { test: 'text', match: 'contains', values: ['a'], negated: false }],
  ['plan does not start with any of "a", "b"', { test: 'text', match: 'startsWith', values: ['a', 'b'], negated: true }],
  ['plan ends with one of "a", "b"', { test: 'text', match: 'endsWith', values: ['a', 'b'], negated: false }],
  ['plan is at least 3', { test: 'number', compare: 'atLeast', values: [3], negated: false }],
  ['plan is not greater than 3', { test: 'number', compare: 'greater', values: [3], negated: true }],
  ['plan is less than 7 days ago', { test: 'time', when: [{ frame: 'lessThan', amount: 7, unit: 'days' }], negated: false }],
  [
    'plan is not on 2026-03-01 or on 2026-03-02',
    {
      test: 'time',
      when: [
        { frame: 'on', date: '2026-03-01' },
        { frame: 'on', date: '2026-03-02' },
      ],
      negated: true,
    },
  ],
  [
    'plan is within 500 m of 59.9, 10.7',
    { test: 'within', areas: [{ area: 'circle', latitude: 59.9, longitude: 10.7, metres: 500 }], negated: false },
  ],
  [
    'plan is not within the box from 1, 2 to 3, 4 or a polygon of 3 points',
    {
      test: 'within',
      areas: [
        { area: 'box', south: 1, west: 2, north: 3, east: 4 },
        {
          area: 'polygon',
          points: [
            [0, 0],
            [0, 1],
            [1, 0],
          ],
        },
      ],
      negated: true,
    },
  ],
])('%s', (text, condition) => {
  expect(traitText(condition)).toBe(text)
})

const order = { name: 'Order', filters: [] }
const large = {
  name: 'Order',
  filters: [
    {
      section: 'property' as const,
      key: 'total',
      test: { test: 'number' as const, compare: 'greater' as const, values: [100], negated: false },
    },
    { section: 'context' as const, key: 'page.path', test: { test: 'set' as const, negated: false } },
  ],
}
const ever: Timeframe = { frame: 'ever' }
const lately: Timeframe = { frame: 'lessThan', amount: 1, unit: 'months' }
const once: CountTest = { min: 1, max: null, negated: false }
const named: GroupPredicate = {
  is: 'any',
  of: [
    { is: 'trait', owner: 'self', trait: 'name', test: { test: 'set', negated: false }, at: '' },
    {
      is: 'none',
      of: [
        { is: 'member', owner: 'self', segments: ['vip'], negated: false, at: '' },
        { is: 'events', events: order, when: ever, count: once, at: '' },
      ],
      at: '',
    },
  ],
  at: '',
}

test.each<[string, Predicate]>([
  ['"Order", at least once', { is: 'events', events: order, when: ever, count: once, at: '' }],
  [
    '"Order" where total is greater than 100 and context.page.path is set, exactly 2 times, less than 1 month ago',
    { is: 'events', events: large, when: lately, count: { min: 2, max: 2, negated: false }, at: '' },
  ],
  ['"Order", never', { is: 'events', events: order, when: ever, count: { min: 0, max: 0, negated: false }, at: '' }],
  ['"Order", at most once', { is: 'events', events: order, when: ever, count: { min: 0, max: 1, negated: false }, at: '' }],
  ['"Order", not exactly 3 times', { is: 'events', events: order, when: ever, count: { min: 3, max: 3, negated: true }, at: '' }],
  ['"Order", 2 to 4 times', { is: 'events', events: order, when: ever, count: { min: 2, max: 4, negated: false }, at: '' }],
  [
    'the sum of total of "Order", less than 1 month ago, is at most 9',
    {
      is: 'value',
      events: order,
      property: 'total',
      aggregate: 'sum',
      when: lately,
      test: { test: 'number', compare: 'atMost', values: [9], negated: false },
      at: '',
    },
  ],
  ['the first "Order", less than 1 month ago', { is: 'time', events: order, which: 'first', when: lately, at: '' }],
  ['the last "Order"', { is: 'time', events: order, which: 'last', when: ever, at: '' }],
  [
    '"Order", never followed by "Visit" within 36 hours',
    {
      is: 'sequence',
      first: order,
      second: { name: 'Visit', filters: [] },
      withinMs: 129_600_000,
      when: ever,
      negated: true,
      at: '',
    },
  ],
  ['is in any of "vip", "old"', { is: 'member', owner: 'self', segments: ['vip', 'old'], negated: false, at: '' }],
  ['the account is not in "big"', { is: 'member', owner: 'account', segments: ['big'], negated: true, at: '' }],
  [
    'at least 1 user where name is set or (none of: the user is in "vip" or "Order", at least once)',
    { is: 'users', segment: '~x', predicate: named, count: once, at: '' },
  ],
  [
    'exactly 2 users',
    { is: 'users', segment: '~x', predicate: { is: 'all', of: [], at: '' }, count: { min: 2, max: 2, negated: false }, at: '' },
  ],
  [
    '"Order", not once, less than 1 month ago',
    { is: 'events', events: order, when: lately, count: { min: 0, max: 0, negated: false }, at: '' },
  ],
  [
    'no user where none of: the user is in "vip"',
    {
      is: 'users',
      segment: '~x',
      predicate: {
        is: 'none',
        of: [{ is: 'member', owner: 'self', segments: ['vip'], negated: false, at: '' }],
        at: '',
      },
      count: { min: 0, max: 0, negated: false },
      at: '',
    },
  ],
  ['none of', { is: 'none', of: [], at: '' }],
])('%s', (text, predicate) => {
  expect(predicateText(predicate)).toBe(text)
})

test('a trait of the account says so', () => {
  expect(traitText({ test: 'set', negated: false }, 'account')).toBe('account.plan is set')
})

test.each<[string | undefined, Timeframe]>([
  [undefined, { frame: 'ever' }],
  ['more than 1 day ago', { frame: 'moreThan', amount: 1, unit: 'days' }],
  ['today', { frame: 'exactly', amount: 0, unit: 'days' }],
  ['in this hour', { frame: 'exactly', amount: 0, unit: 'hours' }],
  ['exactly 2 quarters ago', { frame: 'exactly', amount: 2, unit: 'quarters' }],
  ['3 to 7 days ago', { frame: 'betweenAgo', min: 3, max: 7, unit: 'days' }],
  ['not on 2026-03-01', { frame: 'notOn', date: '2026-03-01' }],
  ['before 2026-03-01', { frame: 'before', than: '2026-03-01' }],
  ['after 2026-03-01T08:00:00.000Z', { frame: 'after', than: Date.parse('2026-03-01T08:00:00Z') }],
  ['from 2026-03-01 to 2026-03-02', { frame: 'between', from: '2026-03-01', to: '2026-03-02' }],
])('%s', (text, frame) => {
  expect(frameText(frame)).toBe(text)
})

test.each([
  [86_400_000, '1 day'],
  [90_000_000, '25 hours'],
  [5_400_000, '90 minutes'],
  [1_500, '1500 milliseconds'],
])('%d ms are %s', (durationMs, text) => {
  expect(durationText(durationMs)).toBe(text)
})
