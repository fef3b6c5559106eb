import { describe, expect, test } from 'vitest'
import type { EventSketch } from '../../profiles/profiles.fixture.ts'
import { ADA, at, childrenOf, explain, explainOne, instant, orders, thenOf } from './explanation.fixture.ts'
import type { ExplainedCondition } from './explanation.ts'
import { all, SegmentWorld, trait } from './segment-world.fixture.ts'

type Expected = Partial<Omit<ExplainedCondition, 'events'>> & { events?: string[] }

describe('of a condition about a trait', () => {
  test.each<[string, unknown, Expected]>([
    [
      'a value is told with who set it',
      trait('plan', 'equals', 'pro'),
      { matches: true, value: 'pro', since: instant(3), until: null },
    ],
    ['so is one that does not match', trait('plan', 'equals', 'trial'), { matches: false, value: 'pro', since: instant(3) }],
    [
      'an identifier is told with when it came',
      trait('email', 'contains', 'acme'),
      { matches: true, value: 'ada@acme.com', since: instant(1) },
    ],
    [
      'nothing is told of what was never set',
      trait('seats', 'is_not_set'),
      { matches: true, value: null, since: null, until: null },
    ],
    [
      'a date says when the answer turns',
      trait('trial_ends_at', 'is_after', '2026-03-11'),
      { matches: true, value: '2026-03-12T08:00:00.000Z', since: instant(3) },
    ],
    [
      'a window that moves says so as well',
      trait('created_at', 'is_less_than', 20),
      { matches: true, value: instant(1), since: instant(1), until: '2026-03-21T08:00:00.000Z' },
    ],
    [
      'and since when it has been so by time alone',
      trait('created_at', 'is_more_than', 5),
      { matches: true, value: instant(1), since: instant(6), until: null },
    ],
  ])('%s', async (_name, predicate, expected) => {
    expect(await explainOne(predicate)).toMatchObject(expected)
  })

  test('its writer is the source and event that decided', async () => {
    const { write } = await explainOne(trait('plan', 'equals', 'pro'))
    expect(write).toMatchObject({ source: 'crm', event: 'm2', occurredAt: instant(3) })
    expect(await explainOne(trait('seats', 'is_not_set'))).not.toHaveProperty('write')
  })

  test('a value that was removed says by whom', async () => {
    const removed: EventSketch = { id: 'm3', type: 'identify', userId: 'ada', at: at(4), source: 'web', traits: { plan: null } }
    const found = await explainOne(trait('plan', 'is_not_set'), [...ADA, removed])
    expect(found).toMatchObject({ value: null, since: instant(4), write: { source: 'web', event: 'm3' } })
  })
})

describe('of a condition about events', () => {
  test.each<[string, unknown, Expected]>([
    [
      'all that count are told, newest first, and when the one came that made it so',
      orders('is_at_least', { count: 2 }),
      { matches: true, value: 3, since: instant(5), until: null, events: ['o3', 'o2', 'o1'] },
    ],
    [
      'only those that the filter lets through',
      orders('at_least_once', { propsFilters: [{ section: 'property', key: 'total', operator: 'gt', value: 200 }] }),
      { matches: true, value: 1, since: instant(6), events: ['o3'] },
    ],
    [
      'only those in the frame of time, and when the last of them leaves it',
      orders('is_at_least', { count: 2, timeframe: 'less_than', days: 6 }),
      { matches: true, value: 2, since: instant(5), until: '2026-03-11T08:00:00.000Z', events: ['o3', 'o2'] },
    ],
    [
      'that it is no longer so is told with since when',
      orders('at_least_once', { timeframe: 'less_than', days: 2 }),
      { matches: false, value: 0, since: instant(8), until: null, lastAt: instant(6), events: [] },
    ],
    [
      'that something never happened was never otherwise',
      orders('zero_times', { eventName: 'Refund' }),
      { matches: true, value: 0, since: null, lastAt: null },
    ],
    [
      'that it only happened when it does not count is told with the last time',
      orders('zero_times', {
        timeframe: 'on',
        date: '2026-03-09',
        propsFilters: [{ section: 'property', key: 'total', operator: 'lt', value: 200 }],
      }),
      { matches: true, value: 0, since: null, lastAt: instant(5) },
    ],
    [
      'a sequence that was, though not lately',
      orders('followed_by', { eventName: 'Visit', ...thenOf('Order'), within_hours: 1, timeframe: 'less_than', days: 2 }),
      { matches: false, value: 0, since: instant(7), lastAt: instant(5), events: [] },
    ],
    [
      'a value over events',
      orders('sum', { property: 'total', comparison: 'is_greater_than', value: 300 }),
      { matches: true, value: 450, since: instant(6), events: ['o3', 'o2', 'o1'] },
    ],
    [
      'a value without events is none',
      orders('average', { eventName: 'Refund', property: 'total', comparison: 'is_not_set' }),
      { matches: true, value: null, since: null, events: [] },
    ],
    [
      'the last time, and when it is too long ago',
      orders('last_time', { timeframe: 'less_than', days: 5 }),
      { matches: true, value: instant(6), since: instant(2), until: '2026-03-11T08:00:00.000Z', events: ['o3'] },
    ],
    [
      'the first time',
      orders('first_time', { timeframe: 'more_than', days: 3 }),
      { matches: true, value: instant(2), since: instant(5), until: null, events: ['o1'] },
    ],
    [
      'a sequence with the events that make it up',
      orders('followed_by', { eventName: 'Visit', ...thenOf('Order'), within_hours: 1 }),
      { matches: true, value: 1, since: instant(5), events: ['o2', 'v1'] },
    ],
    [
      'a sequence that never was',
      orders('not_followed_by', { ...thenOf('Visit'), within_hours: 1 }),
      { matches: true, value: 0, since: null, lastAt: null, events: [] },
    ],
  ])('%s', async (_name, predicate, { events, ...expected }) => {
    const found = await explainOne(predicate)
    expect(found).toMatchObject(expected)
    if (events) expect(found.events?.map(({ id }) => id)).toEqual(events)
    expect(found).not.toHaveProperty('hasMore')
  })

  test('ten events are told, and that there are more', async () => {
    const many = Array.from({ length: 12 }, (_, i): EventSketch => ({
      id: `e${i}`,
      type: 'track',
      name: 'Tick',
      userId: 'ada',
      at: i,
    }))
    const found = await explainOne(orders('is_at_least', { eventName: 'Tick', count: 3 }), [...ADA, ...many])
    expect(found).toMatchObject({ value: 12, hasMore: true })
    expect(found.events?.map(({ id }) => id)).toEqual(['e11', 'e10', 'e9', 'e8', 'e7', 'e6', 'e5', 'e4', 'e3', 'e2'])
  })

  test('where the timeline is too long to read as a whole, the count is this or more and since is not known', async () => {
    const many = Array.from({ length: 501 }, (_, i): EventSketch => ({
      id: `e${i}`,
      type: 'track',
      name: 'Tick',
      userId: 'ada',
      at: i,
    }))
    const found = await explainOne(orders('is_at_least', { eventName: 'Tick', count: 3 }), [...ADA, ...many])
    expect(found).toMatchObject({ matches: true, value: 500, isAtLeast: true, since: null, hasMore: true })
    const large = { propsFilters: [{ section: 'property', key: 'total', operator: 'gt', value: 1 }] }
    const lately = { eventName: 'Tick', ...large, timeframe: 'less_than', days: 1 }
    // An older one may have been large.
    expect(await explainOne(orders('zero_times', lately), [...ADA, ...many])).not.toHaveProperty('lastAt')
    const ever = await explainOne(orders('zero_times', { eventName: 'Tick', ...large }), [...ADA, ...many])
    expect(ever).toMatchObject({ value: 0, lastAt: null })
  })
})

/** The answer of a group of conditions, and since when. */
async function groupSince(type: 'all' | 'any' | 'none', ...predicates: unknown[]) {
  const world = await SegmentWorld.open(...ADA)
  await world.define('s', { name: 'S', predicate: { type, predicates } })
  const { tree } = await explain(world)
  return [tree?.matches, tree?.since]
}

describe('of a group', () => {
  const pro = trait('plan', 'equals', 'pro')
  const free = trait('plan', 'equals', 'free')
  const named = trait('name', 'is_set')
  const ordered = orders('is_at_least', { count: 2 })

  test('since when it is so follows from its conditions', async () => {
    expect(await groupSince('all', pro, named, ordered)).toEqual([true, instant(5)])
    expect(await groupSince('all', named, free, trait('seats', 'is_set'))).toEqual([false, null])
    expect(await groupSince('all', named, free)).toEqual([false, instant(3)])
    expect(await groupSince('any', pro, named, ordered)).toEqual([true, instant(1)])
    expect(await groupSince('any', free, trait('name', 'equals', 'Bob'))).toEqual([false, instant(3)])
    expect(await groupSince('none', pro, free)).toEqual([false, instant(3)])
    expect(await groupSince('none', free)).toEqual([true, instant(3)])
  })

  test('each node has its place in the document and its words', async () => {
    const world = await SegmentWorld.open(...ADA)
    await world.define('s', all(pro, { type: 'any', predicates: [named, ordered] }))
    const { tree } = await explain(world)
    const [first, group] = childrenOf(tree)
    expect(tree).toMatchObject({ is: 'all', at: '/predicate', text: 'all of' })
    expect(first).toMatchObject({ is: 'trait', at: '/predicate/predicates/0', text: 'plan equals "pro"' })
    expect(childrenOf(group ?? null).map(({ at }) => at)).toEqual([
      '/predicate/predicates/1/predicates/0',
      '/predicate/predicates/1/predicates/1',
    ])
  })
})

describe('as a whole', () => {
  const windowed = all(trait('plan', 'equals', 'pro'), trait('created_at', 'is_less_than', 20))

  test('a member is told since when, and until when if nothing happens', async () => {
    const world = await SegmentWorld.open(...ADA)
    await world.define('s', windowed)
    await world.enter('user', 'ada', { s: '2026-03-03T08:00:01Z' })
    expect(await explain(world, 'email:ada@acme.com')).toMatchObject({
      segment: { id: 's', name: 'All of it', kind: 'user', isManual: false, state: 'live' },
      entity: { identifier: 'email:ada@acme.com', name: 'Ada' },
      at: '2026-03-10T12:00:00.000Z',
      matches: true,
      isMember: true,
      since: '2026-03-03T08:00:01.000Z',
      until: '2026-03-21T08:00:00.000Z',
    })
  })

  test('who does not match is told since when that is so', async () => {
    const world = await SegmentWorld.open(...ADA)
    await world.define('s', all(trait('plan', 'equals', 'free')))
    expect(await explain(world)).toMatchObject({ matches: false, isMember: false, since: instant(3), until: null })
  })

  test('while history is looked at, the rule and the membership may differ', async () => {
    const world = await SegmentWorld.open(...ADA)
    const filling = { step: 'members', cursor: '', done: 1, total: 4, startedAt: instant(9) } as const
    await world.define('s', windowed, { filling })
    expect(await explain(world)).toMatchObject({
      segment: { state: 'filling', progress: { step: 'members', done: 1, total: 4, percent: 25 } },
      matches: true,
      isMember: false,
      since: null,
    })
  })

  test('a manual segment has no tree', async () => {
    const world = await SegmentWorld.open(...ADA, { type: 'identify', userId: 'bob' })
    await world.define('s', { name: 'By hand', manual: true })
    await world.enter('user', 'ada', { s: instant(4) })
    expect(await explain(world)).toMatchObject({ matches: true, isMember: true, since: instant(4), until: null, tree: null })
    expect(await explain(world, 'bob')).toMatchObject({ matches: false, isMember: false, since: null, tree: null })
  })

  test('a segment may have the name of what every object has', async () => {
    const world = await SegmentWorld.open(...ADA)
    for (const id of ['constructor', 'toString']) await world.define(id, { name: 'By hand', manual: true })
    await world.enter('user', 'ada', { toString: instant(4) })
    expect(await explain(world, 'ada', 'constructor')).toMatchObject({ matches: false, isMember: false, since: null })
    expect(await explain(world, 'ada', 'toString')).toMatchObject({ isMember: true, since: instant(4) })
  })

  test('what does not exist is refused, with the name that was meant', async () => {
    const world = await SegmentWorld.open(...ADA)
    await world.define('trial-users', windowed)
    await expect(explain(world, 'ada', 'trial-user')).rejects.toMatchObject({
      code: 'segment_unknown',
      hint: 'Did you mean "trial-users"?',
    })
    await expect(explain(world, 'nobody', 'trial-users')).rejects.toMatchObject({ code: 'entity_unknown' })
  })

  test('who is of the other kind is refused with what may have been meant', async () => {
    const world = await SegmentWorld.open(
      ...ADA,
      { type: 'group', userId: 'ada', groupId: 'acme', at: at(4) },
      { type: 'identify', userId: 'bob' },
    )
    await world.define('users', { name: 'Users', manual: true })
    await world.define('accounts', { name: 'Accounts', kind: 'account', manual: true })
    await expect(explain(world, 'ada', 'accounts')).rejects.toMatchObject({
      code: 'entity_unknown',
      message: 'There is no account "ada", but a user of this name.',
      hint: 'The segment "accounts" holds accounts. That user belongs to the account external_id:acme.',
    })
    await expect(explain(world, 'bob', 'accounts')).rejects.toMatchObject({ hint: 'The segment "accounts" holds accounts.' })
    await expect(explain(world, 'acme', 'users')).rejects.toMatchObject({
      message: 'There is no user "acme", but an account of this name.',
      hint: 'The segment "users" holds users.',
    })
  })
})
