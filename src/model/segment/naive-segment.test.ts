import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../base/json.ts'
import { holds, type NaiveEvent, type RawGroup, type RawLeaf, type RawOptions, type World } from './naive-segment.fixture.ts'

const NOW = Date.parse('2026-03-31T12:00:00.000Z')
const DAY = 86_400_000
const UTC = { now: NOW, timeZone: 'UTC' }

function event(name: string, daysAgo: number, properties: JsonObject = {}, context: JsonObject = {}): NaiveEvent {
  return { name, at: NOW - daysAgo * DAY, properties, context }
}

function worldOf(world: Partial<World>): World {
  return { facts: {}, events: [], segments: [], ...UTC, ...world }
}

function trait(key: string, operator: string, options?: RawOptions): RawLeaf {
  return { property: { key }, operator, ...(options && { options }) }
}

function events(operator: string, options: RawOptions): RawLeaf {
  return trait('event', operator, { eventName: 'Order', ...options })
}

function thenVisit(options: RawOptions): RawOptions {
  // oxlint-disable-next-line unicorn/no-thenable -- documents have this word; nobody awaits them
  return { ...options, then: { eventName: 'Visit' } }
}

describe('counts of events', () => {
  const orders = [event('Order', 1, { total: 200 }), event('Order', 10, { total: 50 }), event('Order', 40), event('Visit', 1)]

  it.each<[string, RawOptions, boolean]>([
    ['zero_times', {}, false],
    ['zero_times', { timeframe: 'less_than', days: 1 }, true],
    ['at_least_once', { timeframe: 'less_than', days: 30 }, true],
    ['at_least_once', { eventName: 'Refund' }, false],
    ['zero_times', { eventName: 'Refund' }, true],
    ['is_at_most', { eventName: 'Refund', count: 2 }, true],
    ['equals', { eventName: 'Refund', count: 0 }, true],
    ['does_not_equal', { eventName: 'Refund', count: 1 }, true],
    ['is_at_least', { count: 3 }, true],
    ['is_at_least', { count: 4 }, false],
    ['is_at_most', { count: 2 }, false],
    ['equals', { count: 3 }, true],
    ['does_not_equal', { count: 3 }, false],
    ['equals', { count: 2, timeframe: 'more_than', days: 10 }, true],
    // Counts those of other days; that there is one on this day does not matter.
    ['equals', { count: 2, timeframe: 'not_on', date: '2026-03-30' }, true],
    ['equals', { count: 1, timeframe: 'on', date: '2026-03-30' }, true],
    [
      'at_least_once',
      { propsFilters: [{ section: 'property', key: 'total', operator: 'gt', value: 100 }], timeframe: 'less_than', days: 30 },
      true,
    ],
    ['equals', { count: 1, propsFilters: [{ section: 'property', key: 'total', operator: 'is_not_set' }] }, true],
  ])('%s %j: %j', (operator, options, expected) => {
    expect(holds(events(operator, options), worldOf({ events: orders }))).toBe(expected)
  })

  it('applies all filters to one and the same event', () => {
    const filters = [
      { section: 'property' as const, key: 'total', operator: 'gt', value: 100 },
      { section: 'context' as const, key: 'campaign.name', operator: 'contains', value: 'spring' },
    ]
    const two = [event('Order', 1, { total: 200 }), event('Order', 2, { total: 5 }, { campaign: { name: 'Spring 26' } })]
    const one = [event('Order', 1, { total: 200 }, { 'campaign.name': 'Spring 26' })]
    expect(holds(events('at_least_once', { propsFilters: filters }), worldOf({ events: two }))).toBe(false)
    expect(holds(events('at_least_once', { propsFilters: filters }), worldOf({ events: one }))).toBe(true)
  })

  it('does not count what is yet to happen', () => {
    expect(holds(events('zero_times', {}), worldOf({ events: [event('Order', -1)] }))).toBe(true)
    expect(holds(events('last_time', {}), worldOf({ events: [event('Order', -1)] }))).toBe(false)
  })
})

describe('more questions about events', () => {
  const priced = [
    event('Order', 1, { total: 2 }),
    event('Order', 2, { total: 4 }),
    event('Order', 3, { total: 4 }),
    event('Order', 4, { total: '9' }),
  ]

  it.each<[string, RawOptions, boolean]>([
    ['sum', { comparison: 'equals', value: 10 }, true],
    ['sum', { comparison: 'equals', value: 6, timeframe: 'less_than', hours: 60 }, true],
    ['average', { comparison: 'is_less_than', value: 3.5 }, true],
    ['minimum', { comparison: 'equals', value: 2 }, true],
    ['maximum', { comparison: 'is_greater_or_equal', value: 5 }, false],
    ['distinct_count', { comparison: 'equals', value: 3 }, true],
    ['sum', { eventName: 'Refund', comparison: 'equals', value: 0 }, true],
    ['distinct_count', { eventName: 'Refund', comparison: 'equals', value: 0 }, true],
    ['average', { eventName: 'Refund', comparison: 'is_less_than', value: 3 }, false],
    ['maximum', { eventName: 'Refund', comparison: 'does_not_equal', value: 3 }, true],
  ])('%s %j: %j', (operator, options, expected) => {
    expect(holds(events(operator, { property: 'total', ...options }), worldOf({ events: priced }))).toBe(expected)
  })

  it.each<[string, RawOptions, boolean]>([
    ['first_time', { timeframe: 'more_than', days: 4 }, true],
    ['first_time', { timeframe: 'less_than', days: 4 }, false],
    ['last_time', { timeframe: 'more_than', days: 1 }, true],
    ['last_time', { timeframe: 'more_than', days: 2 }, false],
    ['last_time', { eventName: 'Refund', timeframe: 'more_than', days: 2 }, false],
  ])('%s %j: %j', (operator, options, expected) => {
    expect(holds(events(operator, options), worldOf({ events: priced }))).toBe(expected)
  })

  it.each([
    [[5, 2], true],
    [[5, 1.9], false],
    [[5, 5], false],
    [[5, 6], false],
    [[9, 5, 3], true],
  ])('followed by: orders, then a visit, days ago: %j: %j', (daysAgo, expected) => {
    const visits = [event('Visit', daysAgo.at(-1) ?? 0)]
    const world = worldOf({ events: [...visits, ...daysAgo.slice(0, -1).map((days) => event('Order', days))] })
    const options = thenVisit({ within_days: 3 })
    expect(holds(events('followed_by', options), world)).toBe(expected)
    expect(holds(events('not_followed_by', options), world)).toBe(!expected)
  })

  it('takes the time of a sequence from the second event', () => {
    const options = thenVisit({ within_days: 3, timeframe: 'less_than', days: 3 })
    expect(holds(events('followed_by', options), worldOf({ events: [event('Order', 5), event('Visit', 2)] }))).toBe(true)
    expect(holds(events('followed_by', options), worldOf({ events: [event('Order', 5), event('Visit', 3)] }))).toBe(false)
  })
})

describe('groups, accounts and memberships', () => {
  const [yes, no] = [trait('plan', 'is_set'), trait('plan', 'is_not_set')]
  const world = worldOf({
    facts: { plan: 'pro' },
    segments: ['vip'],
    account: { facts: { plan: 'team' }, segments: ['paying'] },
  })

  it.each<[RawGroup['type'], RawLeaf[], boolean]>([
    ['all', [], true],
    ['any', [], false],
    ['none', [], true],
    ['all', [yes, no], false],
    ['any', [yes, no], true],
    ['none', [yes, no], false],
    ['none', [no, no], true],
  ])('%s of %j: %j', (type, predicates, expected) => {
    expect(holds({ type: 'all', predicates: [{ type, predicates }] }, world)).toBe(expected)
  })

  it.each<[RawLeaf, boolean]>([
    [trait('account.plan', 'equals', { value: ['team'] }), true],
    [trait('account.seats', 'does_not_equal', { value: [3] }), true],
    [trait('segment', 'is_member', { value: ['other', 'vip'] }), true],
    [trait('segment', 'is_not_member', { value: ['other', 'vip'] }), false],
    [trait('segment', 'is_member', { value: ['paying'] }), false],
    [trait('account.segment', 'is_member', { value: ['paying'] }), true],
  ])('%j: %j', (leaf, expected) => {
    expect(holds(leaf, world)).toBe(expected)
  })

  it('finds nothing in the account of a user without one', () => {
    expect(holds(trait('account.plan', 'is_set'), worldOf({ facts: { plan: 'pro' } }))).toBe(false)
    expect(holds(trait('account.plan', 'does_not_equal', { value: ['x'] }), worldOf({}))).toBe(true)
  })

  it('counts the users of an account, and takes their events as its own', () => {
    const users = [{ plan: 'pro' }, { plan: 'pro' }, {}].map((facts) => worldOf({ facts, events: [event('Order', 1)] }))
    const account = worldOf({ users, events: [event('Order', 2)] })
    const predicate: RawGroup = { type: 'all', predicates: [yes] }
    expect(holds(trait('users', 'equals', { predicate, count: 2 }), account)).toBe(true)
    expect(holds(trait('users', 'is_at_least', { predicate, count: 3 }), account)).toBe(false)
    expect(holds(events('equals', { count: 4 }), account)).toBe(true)
  })
})
