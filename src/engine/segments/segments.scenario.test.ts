/** Segments through the whole of `apply`: who is in, since which instant, and what is told of it. */
import { describe, expect, test } from 'vitest'
import type { TrackedEvent } from '../../model/event/event.ts'
import { event } from '../profiles/profiles.fixture.ts'
import { all, DAY, definitionOf, did, HOUR, instant, MINUTE, openSegments, trait } from './segments.fixture.ts'

const ANN = 'ann@shop.example'

function identify(email: string, traits: TrackedEvent['traits'] = {}, members: Partial<TrackedEvent> = {}): TrackedEvent {
  return event({ type: 'identify', userId: email, traits: { email, ...traits }, ...members })
}

function track(email: string, name: string, members: Partial<TrackedEvent> & { at?: number } = {}): TrackedEvent {
  return event({ name, userId: email, ...members })
}

function join(email: string, account: string, traits = {}): TrackedEvent {
  return event({ type: 'group', userId: email, groupId: account, traits })
}

describe('traits', () => {
  test('who comes to match enters, who no longer matches leaves, and the timeline tells it in the shape of the seed', async () => {
    const world = await openSegments()
    await world.define('pro', { name: 'Pro users', predicate: all(trait('plan', 'equals', 'pro')) })
    await world.send(identify(ANN, { plan: 'pro' }))
    await world.settle()
    expect(await world.segmentsOf(ANN)).toEqual(['pro'])
    await world.send(identify(ANN, { plan: 'free' }))
    await world.settle()
    expect(await world.segmentsOf(ANN)).toEqual([])
    const told = (await world.timeline()).filter(({ type }) => type === 'segment')
    expect(told.map(({ name, source, properties, context }) => ({ name, source, properties, context }))).toEqual([
      {
        name: 'Segments changed',
        source: 'millrace',
        properties: { entered: ['Pro users'], entered_ids: ['pro'] },
        context: { days_since_signup: 0 },
      },
      {
        name: 'Segments changed',
        source: 'millrace',
        properties: { left: ['Pro users'], left_ids: ['pro'] },
        context: { days_since_signup: 0 },
      },
    ])
    expect((await world.state('pro'))?.members).toBe(0)
  })

  test('a negative rule holds for those of whom nothing is known', async () => {
    const world = await openSegments()
    await world.define('others', all(trait('plan', 'does_not_equal', 'pro')))
    await world.send(identify(ANN))
    await world.settle()
    expect(await world.segmentsOf(ANN)).toEqual(['others'])
  })
})

describe('dates', () => {
  test('a day without a time is that day on every calendar', async () => {
    const world = await openSegments()
    for (const timeZone of ['Pacific/Kiritimati', 'UTC', 'America/Los_Angeles'])
      await world.define(timeZone.replace('/', '-'), { timeZone, predicate: all(trait('renewal_date', 'is_on', '2026-03-01')) })
    await world.send(identify(ANN, { renewal_date: '2026-03-01' }))
    await world.settle()
    expect(await world.segmentsOf(ANN)).toEqual(['America-Los_Angeles', 'Pacific-Kiritimati', 'UTC'])
    await world.send(identify(ANN, { renewal_date: '2026-03-01T00:00:00Z' }))
    await world.settle()
    expect(await world.segmentsOf(ANN)).toEqual(['Pacific-Kiritimati', 'UTC'])
  })
})

describe('events', () => {
  test('three in thirty days, and the exit at the very instant, though nothing comes', async () => {
    const world = await openSegments()
    await world.define('active', all(did('Order', 'is_at_least', { count: 3, timeframe: 'less_than', days: 30 })))
    await world.send(identify(ANN), track(ANN, 'Order', { at: 0 }), track(ANN, 'Order', { at: 1 }))
    await world.settle()
    expect(await world.segmentsOf(ANN)).toEqual([])
    await world.pass(10 * MINUTE)
    await world.send(track(ANN, 'Order', { at: 2 }))
    await world.settle()
    expect(await world.segmentsOf(ANN)).toEqual(['active'])
    await world.pass(30 * DAY - 10 * MINUTE - 1)
    expect(await world.segmentsOf(ANN)).toEqual(['active'])
    // Down for an hour: the exit is told at its own instant all the same.
    await world.pass(HOUR)
    expect(await world.segmentsOf(ANN)).toEqual([])
    const told = (await world.timeline()).filter(({ type }) => type === 'segment')
    expect(told.at(-1)).toMatchObject({ properties: { left: ['active'] }, occurredAt: instant(30 * DAY) })
  })

  test('what two profiles did counts for the one that they turn out to be, and no longer after a split', async () => {
    const world = await openSegments()
    await world.define('active', all(did('Order', 'is_at_least', { count: 2 })))
    await world.send(
      event({ name: 'Order', anonymousId: 'phone' }),
      event({ type: 'identify', anonymousId: 'laptop', traits: { email: ANN } }),
      event({ name: 'Order', anonymousId: 'laptop' }),
    )
    await world.settle()
    expect(await world.segmentsOf(ANN)).toEqual([])
    await world.send(event({ type: 'identify', anonymousId: 'phone', traits: { email: ANN } }))
    await world.settle()
    expect(await world.segmentsOf(ANN)).toEqual(['active'])
    const merged = await world.find('user', 'email', ANN)
    await world.command({ kind: 'split', entityKind: 'user', part: merged?.entity.merges[0]?.loser ?? '' })
    await world.settle()
    expect(await world.segmentsOf(ANN)).toEqual([])
    expect((await world.state('active'))?.members).toBe(0)
  })

  test('zero times includes those who never did it, and ends with the first time', async () => {
    const world = await openSegments()
    await world.define('silent', all(did('Order', 'zero_times')))
    await world.send(identify(ANN))
    await world.settle()
    expect(await world.segmentsOf(ANN)).toEqual(['silent'])
    await world.send(track(ANN, 'Order'))
    await world.settle()
    expect(await world.segmentsOf(ANN)).toEqual([])
  })
})

describe('accounts', () => {
  test('a trait of the account decides for all its users', async () => {
    const world = await openSegments()
    await world.define('paying', all(trait('account.plan', 'equals', 'pro')))
    await world.send(identify(ANN), join(ANN, 'acme', { plan: 'free' }))
    await world.settle()
    expect(await world.segmentsOf(ANN)).toEqual([])
    await world.send(join('bob@x.example', 'acme', { plan: 'pro' }))
    await world.settle()
    expect(await world.segmentsOf(ANN)).toEqual(['paying'])
  })

  test('an account is judged by what its users did and by how many match, and follows users who leave', async () => {
    const world = await openSegments()
    await world.define('busy', { type: 'accounts_segment', predicate: all(did('Order', 'is_at_least', { count: 2 })) })
    await world.define('big', {
      type: 'accounts_segment',
      predicate: all({
        property: { key: 'users' },
        operator: 'is_at_least',
        options: { count: 2, predicate: all(trait('role', 'equals', 'admin')) },
      }),
    })
    const BOB = 'bob@shop.example'
    await world.send(identify(ANN, { role: 'admin' }), identify(BOB, { role: 'admin' }), join(ANN, 'acme'), join(BOB, 'acme'))
    await world.send(track(ANN, 'Order'), track(BOB, 'Order'))
    await world.settle()
    expect(await world.segmentsOf('acme', 'account')).toEqual(['big', 'busy'])
    await world.send(join(BOB, 'other', { name: 'Other' }))
    await world.settle()
    expect(await world.segmentsOf('acme', 'account')).toEqual([])
    expect(await world.segmentsOf('other', 'account')).toEqual([])
  })
})

test('changes say what was, what is, and who entered', async () => {
  const world = await openSegments()
  await world.define('pro', all(trait('plan', 'equals', 'pro')))
  await world.send(identify(ANN, { plan: 'pro' }))
  await world.send(identify(ANN, { plan: 'free' }))
  await world.settle()
  expect(await world.changes()).toMatchObject([
    { kind: 'segment', change: 'update', segment: { id: 'pro' } },
    { kind: 'user', isNew: true, facts: { email: [null, ANN], traits_plan: [null, 'pro'] }, entered: ['pro'] },
    { kind: 'user', facts: { traits_plan: ['pro', 'free'] }, left: ['pro'] },
  ])
})

describe('manual segments', () => {
  test('members are added and removed by hand; who was meant stays one through merge and split', async () => {
    const world = await openSegments()
    await world.define('testers', { name: 'Testers', manual: true })
    await world.send(
      event({ type: 'identify', anonymousId: 'phone', traits: { email: ANN } }),
      event({ name: 'Hi', anonymousId: 'laptop' }),
    )
    await world.settle()
    const laptop = (await world.find('user', 'anonymous_id', 'laptop'))?.id ?? ''
    await world.command({ kind: 'change-members', segment: 'testers', add: [laptop, 'nobody'], remove: [] })
    await world.settle()
    expect(await world.segmentsOf(ANN)).toEqual([])
    expect((await world.state('testers'))?.members).toBe(1)
    await world.send(event({ type: 'identify', anonymousId: 'laptop', traits: { email: ANN } }))
    await world.settle()
    expect(await world.segmentsOf(ANN)).toEqual(['testers'])
    expect((await world.state('testers'))?.members).toBe(1)
    await world.command({ kind: 'split', entityKind: 'user', part: laptop })
    await world.settle()
    expect(await world.segmentsOf(ANN)).toEqual([])
    await world.command({ kind: 'change-members', segment: 'testers', add: [], remove: [laptop] })
    await world.settle()
    expect((await world.state('testers'))?.members).toBe(0)
  })

  test('of a segment with a rule nobody is added by hand', async () => {
    const world = await openSegments()
    await world.define('pro', all(trait('plan', 'equals', 'pro')))
    await world.send(identify(ANN))
    await world.settle()
    const ann = (await world.find('user', 'email', ANN))?.id ?? ''
    await world.command({ kind: 'change-members', segment: 'pro', add: [ann], remove: [] })
    await world.settle()
    expect(await world.segmentsOf(ANN)).toEqual([])
  })
})

test('what segments say is an event that other segments may ask about', async () => {
  const world = await openSegments()
  await world.define('pro', all(trait('plan', 'equals', 'pro')))
  await world.define('returned', all(did('Segments changed', 'is_at_least', { count: 2, propsFilters: [ENTERED_PRO] })))
  for (const plan of ['pro', 'free', 'pro']) await world.send(identify(ANN, { plan }))
  await world.settle()
  expect(await world.segmentsOf(ANN)).toEqual(['pro', 'returned'])
})

const ENTERED_PRO = { section: 'property', key: 'entered_ids', operator: 'equals', value: 'pro' }

test('who is moved by an input, and again by what that made of the account, is told of both by events of their own', async () => {
  const world = await openSegments()
  await world.define('buyers', all(did('Order', 'at_least_once')))
  await world.define('buying', { type: 'accounts_segment', predicate: all(did('Order', 'at_least_once')) })
  const rule = all(trait('account.segment', 'is_member', 'buying'))
  const definition = definitionOf('of-buying', rule, { segments: new Map([['buying', 'account']]) })
  await world.command({ kind: 'define-segment', definition, owner: 'api' })
  await world.send(identify(ANN), join(ANN, 'acme'))
  await world.send(track(ANN, 'Order'))
  await world.settle()
  const told = (await world.timeline()).filter(({ type, user }) => type === 'segment' && user !== undefined)
  expect(told.map(({ properties }) => properties?.['entered_ids'])).toEqual([['buyers'], ['of-buying']])
  expect(new Set(told.map(({ id }) => id)).size).toBe(2)
})

test('a rule that asks about what it causes itself ends, and tells every turn', async () => {
  const world = await openSegments()
  await world.define('restless', all(did('Segments changed', 'is_at_most', { count: 0 })))
  await world.send(identify(ANN))
  await world.settle()
  const told = (await world.timeline()).filter(({ type }) => type === 'segment')
  expect(told.map(({ properties }) => Object.keys(properties ?? {})[0])).toEqual(['entered', 'left'])
  expect(new Set(told.map(({ id }) => id)).size).toBe(2)
})

test('a segment that nothing can affect costs nothing: no document of it or of the entity is written', async () => {
  const world = await openSegments()
  await world.define('buyers', all(did('Order', 'at_least_once')))
  await world.send(identify(ANN), track(ANN, 'Order'))
  await world.settle()
  const before = await world.documents()
  await world.send(track(ANN, 'Visit'), track(ANN, 'Order'), track(ANN, 'Order'))
  await world.settle()
  expect(await world.documents()).toEqual(before)
})
