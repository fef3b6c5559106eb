import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TrackedEvent } from '../../model/event/event.ts'
import { entitySpace, identifierKey, identifierSpace } from '../../model/profile/entity.ts'
import { DEFAULT_TRAIT_RULE } from '../../model/profile/trait.ts'
import { LAKE_EVENTS_CURSOR } from './profiles-runner.ts'
import { loadEventTotals } from './event-counts.ts'
import { event, openProfiles, PLAIN_CATALOG, type Profiles } from './profiles.fixture.ts'

const identify = (members: Parameters<typeof event>[0]) => event({ type: 'identify', userId: 'u', ...members })

async function openWith(...events: readonly TrackedEvent[]): Promise<Profiles> {
  const profiles = await openProfiles()
  for (const one of events) await profiles.send(one)
  await profiles.settle()
  return profiles
}

test('a new user is the first on the timeline, with what is known of it and who created it', async () => {
  const sent = identify({ traits: { plan: 'pro', email: 'x@example.com' }, source: 'backend' })
  const [created, identified, ...more] = await (await openWith(sent)).timeline()
  expect(created).toEqual({
    user: expect.stringMatching(/^[0-9a-f]{24}$/),
    position: 1,
    index: 0,
    id: `${sent.id}:user:created`,
    type: 'user_created',
    name: 'User created',
    source: 'backend',
    properties: { plan: 'pro', email: 'x@example.com' },
    context: { source: 'backend' },
    occurredAt: sent.occurredAt,
    receivedAt: sent.receivedAt,
  })
  expect(identified).toEqual({ user: created?.user, position: 1, index: 0, ...sent })
  expect(more).toEqual([])
})

test('changed traits are one event for each source and change set, with what was and what is', async () => {
  const profiles = await openWith(
    identify({ traits: { matching_technologies: 1, plan: 'free' } }),
    identify({ traits: { matching_technologies: 2, plan: 'free' }, source: 'crm', at: 11 * 24 * 60 }),
    identify({ traits: { plan: null }, at: 12 * 24 * 60 }),
  )
  const changed = (await profiles.timeline()).filter(({ type }) => type === 'attributes_changed')
  expect(changed.map(({ name, source, properties, context }) => ({ name, source, properties, context }))).toEqual([
    {
      name: 'Attributes changed',
      source: 'crm',
      properties: { 'to/matching_technologies': 2, 'from/matching_technologies': 1 },
      context: { days_since_signup: 11, source: 'crm' },
    },
    {
      name: 'Attributes changed',
      source: 'web',
      properties: { 'to/plan': null, 'from/plan': 'free' },
      context: { days_since_signup: 12, source: 'web' },
    },
  ])
})

test('an older event that comes late changes no newer value, and leaves no event of a change', async () => {
  const profiles = await openWith(
    identify({ traits: { plan: 'pro' }, at: 10 }),
    identify({ traits: { plan: 'free', city: 'Rome' }, at: 5 }),
  )
  expect((await profiles.find('user', 'external_id', 'u'))?.traits).toEqual({ plan: 'pro', city: 'Rome' })
  const changed = (await profiles.timeline()).filter(({ type }) => type === 'attributes_changed')
  expect(changed.map(({ properties }) => properties)).toEqual([{ 'to/city': 'Rome', 'from/city': null }])
})

test('hidden traits are ignored, visible ones change without an event, forbidden ones are refused with a record', async () => {
  const user = {
    score: { ...DEFAULT_TRAIT_RULE, visibility: 'hidden' as const },
    quiet: { ...DEFAULT_TRAIT_RULE, visibility: 'visible' as const },
    ssn: { ...DEFAULT_TRAIT_RULE, isForbidden: true },
  }
  const profiles = await openProfiles({ ...PLAIN_CATALOG, traits: { user, account: {} } })
  await profiles.send(identify({}), identify({ traits: { score: 1, quiet: 2, ssn: '3' }, at: 1 }))
  await profiles.settle()
  expect((await profiles.find('user', 'external_id', 'u'))?.traits).toEqual({ quiet: 2 })
  const timeline = await profiles.timeline()
  expect(timeline.map(({ type }) => type)).toEqual(['user_created', 'identify', 'identify'])
  expect(timeline[2]?.refused).toMatchObject([{ trait: 'ssn', code: 'trait_forbidden' }])
  expect(timeline[2]?.traits).toEqual({ quiet: 2 })
})

test('a value that does not fit the frozen type is refused; the event and its other traits are taken', async () => {
  const profiles = await openWith(identify({ traits: { seats: 3 } }), identify({ traits: { seats: 'many', plan: 'pro' }, at: 1 }))
  expect((await profiles.find('user', 'external_id', 'u'))?.traits).toEqual({ seats: 3, plan: 'pro' })
  const last = (await profiles.timeline()).findLast(({ type }) => type === 'identify')
  expect(last?.refused).toMatchObject([{ trait: 'seats', code: 'trait_type_mismatch' }])
})

test('repeats are dropped and counted, within an entry, across entries and across restarts', async () => {
  const profiles = await openProfiles()
  const sent = identify({ traits: { visits: { operation: 'inc', value: 1 } } })
  await profiles.send(sent, sent)
  await profiles.send(sent)
  await profiles.settle()
  await profiles.send(sent, { ...sent, source: 'app' })
  await profiles.settle()
  expect((await profiles.find('user', 'external_id', 'u'))?.traits).toEqual({ visits: 2 })
  expect(await loadEventTotals(profiles.store)).toEqual({ applied: 2, repeated: 3, setAside: 0 })
})

test('an event that only tells what happened, of somebody known, writes no profile', async () => {
  const profiles = await openWith(identify({ anonymousId: 'a', traits: { plan: 'pro' } }))
  const before = await profiles.find('user', 'external_id', 'u')
  const loaded: string[] = []
  const load = profiles.store.load.bind(profiles.store)
  profiles.store.load = async (space, keys) => {
    if (keys.length > 0) loaded.push(space)
    return await load(space, keys)
  }
  await profiles.send(event({ name: 'Opened', userId: 'u', anonymousId: 'a' }))
  await profiles.settle()
  expect(loaded).not.toContain('entity/user')
  expect(await profiles.find('user', 'external_id', 'u')).toEqual(before)
})

test('what the lake says that it has filed is removed from the outputs when nobody may ask for it any more', async () => {
  const profiles = await openProfiles()
  const names = async () => (await profiles.timeline()).map(({ name }) => name)
  const stop = new AbortController()
  const running = profiles.run(stop.signal)
  await profiles.send(identify({}))
  await profiles.applied(1)
  await profiles.store.saveCursor(LAKE_EVENTS_CURSOR, '1')
  profiles.clock.advance(23 * 60 * 60_000)
  await profiles.send(event({ name: 'B', userId: 'u' }))
  await profiles.applied(2)
  expect(await names()).toEqual(['User created', undefined, 'B'])
  profiles.clock.advance(25 * 60 * 60_000)
  await profiles.send(event({ name: 'C', userId: 'u' }))
  await profiles.applied(3)
  expect(await names()).toEqual(['B', 'C'])
  stop.abort()
  await running
})

test('what a lake had said before the session removes nothing: it may not be there any more', async () => {
  const profiles = await openWith(identify({}))
  profiles.clock.advance(48 * 60 * 60_000)
  await profiles.store.saveCursor(LAKE_EVENTS_CURSOR, '5')
  await profiles.send(event({ name: 'B', userId: 'u' }))
  await profiles.settle()
  await profiles.send(event({ name: 'C', userId: 'u' }))
  await profiles.settle()
  expect((await profiles.timeline()).map(({ name }) => name)).toEqual(['User created', undefined, 'B', 'C'])
})

test('a profile that cannot be read stops the profiles alone, before what needs it, with a message', async () => {
  const profiles = await openWith(identify({ traits: { plan: 'pro' } }))
  const [{ user = '' } = {}] = await profiles.timeline()
  const { fence } = await profiles.store.acquire('0')
  const broken = [{ space: entitySpace('user'), key: user, value: 'broken' }]
  await profiles.store.commit('0', fence, { documents: broken, outputs: [], checkpoints: [] })
  await profiles.send(identify({ traits: { plan: 'free' } }))
  await profiles.settle()
  expect(profiles.stops()).toEqual([expect.stringMatching(/^2: Profiles cannot go past log position 2: SyntaxError/)])
})

test('erased documents on the log are passed over', async () => {
  const profiles = await openProfiles()
  const erased = JSON.parse('{"erased":true,"id":"x"}') as TrackedEvent
  await profiles.send(identify({ traits: { plan: 'pro' } }), erased, event({ name: 'A', userId: 'u' }))
  await profiles.settle()
  expect((await profiles.timeline()).map(({ index }) => index)).toEqual([0, 0, 2])
})

const sketches = fc.array(
  fc.record({
    type: fc.constantFrom('identify' as const, 'identify' as const, 'track' as const, 'group' as const, 'alias' as const),
    userId: fc.option(fc.constantFrom('u1', 'u2', 'u3'), { nil: undefined }),
    anonymousId: fc.constantFrom('a1', 'a2', 'a3', 'null'),
    traits: fc.dictionary(
      fc.constantFrom('plan', 'seats', 'email', 'visits', 'joined_at'),
      fc.constantFrom('x@example.com', 3, '4', null, true, { operation: 'inc', value: 2 }, { operation: 'setIfNull', value: 1 }),
    ),
    at: fc.integer({ min: 0, max: 50 }),
    repeat: fc.option(fc.nat({ max: 20 }), { nil: undefined }),
  }),
  { minLength: 1, maxLength: 30 },
)

function toEvents(all: readonly (typeof sketches extends fc.Arbitrary<(infer Sketch)[]> ? Sketch : never)[]): TrackedEvent[] {
  const events: TrackedEvent[] = []
  all.forEach(({ type, userId, anonymousId, traits, at, repeat }, i) => {
    const members = { id: `h${i}`, type, at, anonymousId, traits, ...(userId && { userId }) }
    const isGroup = type === 'group'
    const more = { ...(isGroup && { groupId: `g${at % 3}` }), ...(type === 'alias' && { previousId: `a${(at % 3) + 1}` }) }
    events.push((repeat === undefined ? undefined : events[repeat]) ?? event({ ...members, ...more }))
  })
  return events
}

/** All that is known of those who can have been claimed, as stored, and all timelines. */
async function stateOf(profiles: Profiles) {
  const timeline = await profiles.timeline()
  const ids = (kind: 'user' | 'account') => [...new Set(timeline.flatMap((line) => line[kind] ?? []))].toSorted()
  const claims = ['u1', 'u2', 'u3'].map((value) => identifierKey('external_id', value))
  const anonymous = ['a1', 'a2', 'a3'].map((value) => identifierKey('anonymous_id', value))
  const { store } = profiles
  return {
    timeline,
    users: await store.load(entitySpace('user'), ids('user')),
    accounts: await store.load(entitySpace('account'), ids('account')),
    identifiers: await store.load(identifierSpace('user'), [...claims, ...anonymous]),
    schema: await store.load('schema/user-trait', ['plan', 'seats', 'email', 'visits', 'joined_at']),
    totals: await loadEventTotals(store),
  }
}

test('however the log is cut into entries’ reads, transactions and sessions, profiles are the same, byte by byte', async () => {
  await fc.assert(
    fc.asyncProperty(sketches, fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 10 }), async (all, cuts) => {
      const events = toEvents(all)
      const stepwise = await openProfiles()
      let next = 0
      for (const size of [...cuts, events.length]) {
        const slice = events.slice(next, (next += size))
        if (slice.length === 0) break
        await stepwise.send(...slice)
        await stepwise.settle()
      }
      const replayed = await openProfiles(PLAIN_CATALOG, stepwise.log)
      await replayed.settle()
      expect(await stateOf(replayed)).toEqual(await stateOf(stepwise))
    }),
    { numRuns: 150 },
  )
}, 60_000)
