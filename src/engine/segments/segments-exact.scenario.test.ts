/**
 * Whatever happens in whatever order, everybody is in just the segments that a naive reading of the rules over all their events says:
 * with merges, splits, late and repeated events, accounts, time, segments that are defined, changed and deleted meanwhile, and history
 * that is brought page by page while things go on.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonObject } from '../../base/json.ts'
import type { TrackedEvent } from '../../model/event/event.ts'
import { type EntityKind, entitySpace } from '../../model/profile/entity.ts'
import { DEFAULT_IDENTITY_RULES } from '../../model/profile/identity-rules.ts'
import type { RawGroup } from '../../model/segment/naive-segment.fixture.ts'
import { documents } from '../../model/segment/segment-documents.fixture.ts'
import { SEGMENTS, TRAIT_TYPES } from '../../model/segment/segment-words.fixture.ts'
import { SEGMENT_SPACE, type SegmentState } from '../../model/segment/segment.ts'
import { event, T0 } from '../profiles/profiles.fixture.ts'
import { FillPages } from './filling/fill-pages.ts'
import { naiveSource } from './filling/naive-source.fixture.ts'
import { compareMemberships, entitiesOf } from './naive-memberships.fixture.ts'
import { DAY, definitionOf, did, HOUR, MINUTE, openSegments, type SegmentWorld, trait } from './segments.fixture.ts'

const ENTITY_KINDS = ['user', 'account'] as const
const ZONE = 'Europe/Berlin'
const KINDS: Record<string, EntityKind> = {
  ...SEGMENTS,
  active: 'user',
  first: 'user',
  second: 'user',
  third: 'account',
  fourth: 'user',
}
const CONTEXT = {
  typeOf: (_kind: EntityKind, name: string) => TRAIT_TYPES[name],
  segments: new Map(Object.entries(SEGMENTS)),
  timeZone: ZONE,
}
/** Which the random ones refer to. */
const REFERRED: Record<string, JsonObject> = {
  vip: { type: 'all', predicates: [trait('plan', 'equals', 'pro')] },
  trial: { type: 'all', predicates: [trait('account.plan', 'equals', 'free')] },
  paying: { type: 'all', predicates: [trait('plan', 'equals', 'pro')] },
  big: { type: 'any', predicates: [trait('plan', 'is_set')] },
  active: { type: 'all', predicates: [trait('plan', 'equals', 'pro'), trait('is_active', 'is_true')] },
}
const CATALOG = {
  traits: {
    user: Object.fromEntries(Object.entries(TRAIT_TYPES).map(([name, type]) => [name, { ...PLAIN(), type }])),
    account: Object.fromEntries(Object.entries(TRAIT_TYPES).map(([name, type]) => [name, { ...PLAIN(), type }])),
  },
  identity: DEFAULT_IDENTITY_RULES,
}

function PLAIN() {
  return { visibility: 'tracked', order: 'newest', isForbidden: false } as const
}

const person = fc.constantFrom(
  { anonymousId: 'a' },
  { anonymousId: 'b' },
  { userId: 'u' },
  { userId: 'v' },
  { anonymousId: 'a', userId: 'u' },
  { anonymousId: 'b', userId: 'v' },
  { anonymousId: 'c', userId: 'u' },
)
const traits = fc.record(
  {
    plan: fc.constantFrom('pro', 'Pro', 'free', null),
    score: fc.constantFrom(-1, 0, 1, 2, 3),
    is_active: fc.boolean(),
    renewed_at: fc
      .tuple(fc.constantFrom(-2, -1, 0, 1), fc.constantFrom(10, 24, 24))
      .map(([days, length]) => new Date(T0 + days * DAY).toISOString().slice(0, length)),
    tags: fc.constantFrom(['pro', 'free'], []),
    email: fc.constantFrom('ann@acme.example', 'bob@gmail.com', 'ann@acme.example'),
  },
  { requiredKeys: [] },
)
const properties = fc.record({ total: fc.constantFrom(0, 1, 2, 3), sku: fc.constantFrom('x', 'y') }, { requiredKeys: [] })

type Step =
  | { do: 'send'; members: Partial<TrackedEvent>; lateMs: number }
  | { do: 'repeat' }
  | { do: 'pass'; ms: number }
  | { do: 'define'; id: string; document: JsonObject }
  | { do: 'delete'; id: string }
  | { do: 'split' }
  | { do: 'fill' }

const ALIKE: JsonObject[] = [
  did('Order', 'is_at_least', { count: 2 }),
  did('Visit', 'is_at_most', { count: 1 }),
  did('Order', 'last_time', { timeframe: 'less_than', days: 3 }),
  trait('plan', 'is_set'),
]
const lateMs = fc.constantFrom(0, 0, 0, HOUR, DAY, 3 * DAY, 8 * DAY, 31 * DAY, -10 * MINUTE)
const anyDocument = (kind: EntityKind) => documents(kind, { now: T0 + 2 * DAY, timeZone: ZONE })
/** About some of all only, as most are: by two traits, and whatever else. */
const narrowDocument = (kind: EntityKind) =>
  fc
    .tuple(fc.constantFrom('pro', 'free'), fc.boolean(), fc.array(anyDocument(kind), { maxLength: 1 }))
    .map(([plan, isActive, rest]) => ({
      type: 'all',
      predicates: [trait('plan', 'equals', plan), trait('is_active', isActive ? 'is_true' : 'is_false'), ...rest],
    }))
const documentOf = (kind: EntityKind) => fc.oneof<fc.Arbitrary<unknown>[]>(anyDocument(kind), narrowDocument(kind))
const twoPeople = fc.constantFrom({ userId: 'u' }, { userId: 'v' })
/** A few traits of two people who go in and out of segments about some of them only. */
const traitStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(twoPeople, traits).map(([who, traits]): Step => ({
      do: 'send',
      members: { ...who, type: 'identify', traits: traits as JsonObject },
      lateMs: 0,
    })),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(twoPeople, properties).map(([who, properties]): Step => ({
      do: 'send',
      members: { ...who, name: 'Order', properties },
      lateMs: 0,
    })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('first', 'second'), narrowDocument('user'))
      .map(([id, document]): Step => ({ do: 'define', id, document: document as never })),
  },
)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      members: fc
        .tuple(person, fc.constantFrom('Order', 'Visit'), properties)
        .map(([who, name, properties]): Partial<TrackedEvent> => ({ ...who, name, properties: properties as JsonObject })),
      lateMs,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      members: fc
        .tuple(person, traits)
        .map(([who, traits]): Partial<TrackedEvent> => ({ ...who, type: 'identify', traits: traits as JsonObject })),
      lateMs: fc.constantFrom(0, 0, DAY),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      members: fc
        .tuple(person, fc.constantFrom('acme', 'beta'), traits, fc.boolean())
        .map(([who, groupId, { email, ...traits }, hasDomain]): Partial<TrackedEvent> => ({
          ...who,
          type: 'group',
          groupId,
          traits: {
            ...traits,
            ...(email !== undefined && { contact: email }),
            ...(hasDomain && groupId === 'acme' && { domain: 'acme.example' }),
          } as JsonObject,
        })),
      lateMs: fc.constantFrom(0, 0, DAY),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'repeat' as const }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(1, MINUTE, 30 * MINUTE, HOUR, 12 * HOUR, DAY, DAY - 1, DAY + 1, 3 * DAY, 7 * DAY, 31 * DAY),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.oneof(
      fc.record({
        do: fc.constant('define' as const),
        id: fc.constantFrom('first', 'second'),
        document: documentOf('user') as fc.Arbitrary<never>,
      }),
      fc.record({
        do: fc.constant('define' as const),
        id: fc.constant('third'),
        document: documentOf('account').map((predicate) => ({ type: 'accounts_segment', predicate })) as fc.Arbitrary<never>,
      }),
    ),
  },
  // So that they often ask the same of history.
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('define' as const),
      id: fc.constantFrom('first', 'second', 'fourth'),
      document: fc.subarray(ALIKE, { minLength: 1 }).map((predicates) => ({ type: 'all', predicates })),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('delete' as const), id: fc.constantFrom('first', 'second', 'third', 'fourth') }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'split' as const }) },
  { weight: 3, arbitrary: fc.constant({ do: 'fill' as const }) },
)

async function run(steps: readonly Step[]): Promise<SegmentWorld> {
  const world = await openSegments(CATALOG)
  const written = new Map<string, RawGroup>()
  const define = async (id: string, document: JsonObject) => {
    const form =
      KINDS[id] === 'account' && document['predicate'] === undefined
        ? { type: 'accounts_segment', predicate: document }
        : document
    const definition = definitionOf(id, form, CONTEXT)
    await world.command({ kind: 'define-segment', definition, owner: 'api' })
    // The form of the fixtures is that of the naive evaluator.
    written.set(id, (form['predicate'] ?? form) as unknown as RawGroup)
  }
  for (const [id, document] of Object.entries(REFERRED)) await define(id, document)
  const pages = new FillPages({
    source: naiveSource(world),
    store: world.store,
    now: () => world.clock.now(),
    pageSize: 2,
  })
  const fill = async () => {
    const page = await pages.next(new AbortController().signal)
    // Whatever kind it is, it is a command but for its kind.
    if (page) await world.command({ kind: 'fill-segment', ...page })
    await world.settle()
    return page !== undefined
  }
  let last: TrackedEvent | undefined
  for (const one of steps) {
    if (one.do === 'send') {
      last = event({ ...one.members, receivedAt: at(world, 0), ...happened(world, one.lateMs) })
      await world.send(last)
    } else if (one.do === 'repeat' && last) await world.send(last)
    else if (one.do === 'pass') {
      world.clock.advance(one.ms)
      await world.command({ kind: 'tick' })
    } else if (one.do === 'define') await define(one.id, one.document)
    else if (one.do === 'delete') {
      await world.command({ kind: 'delete-segment', segment: one.id })
      written.delete(one.id)
    } else if (one.do === 'split') await split(world)
    else if (one.do === 'fill') await fill()
    await world.settle()
  }
  while (await fill()) await world.settle()
  await check(world, written)
  return world
}

function at(world: SegmentWorld, lateMs: number): string {
  return new Date(world.clock.now() - lateMs).toISOString()
}

function happened(world: SegmentWorld, lateMs: number): { at: number } {
  return { at: (world.clock.now() - lateMs - T0) / MINUTE }
}

async function split(world: SegmentWorld): Promise<void> {
  for (const { entity } of await entitiesOf(world.store, 'user')) {
    const loser = entity.merges[0]?.loser
    if (loser !== undefined) return await world.command({ kind: 'split', entityKind: 'user', part: loser })
  }
}

async function check(world: SegmentWorld, written: ReadonlyMap<string, RawGroup>): Promise<void> {
  const rules = new Map(Array.from(written, ([id, rule]) => [id, { kind: KINDS[id] ?? 'user', rule }]))
  const question = { store: world.store, catalog: CATALOG, timeline: await world.timeline(), rules }
  const counts = new Map<string, number>()
  for (const { kind, id, actual, expected } of await compareMemberships({
    ...question,
    now: world.clock.now(),
    timeZone: ZONE,
  })) {
    expect(actual, `${kind} ${id}`).toEqual(expected)
    for (const segment of expected) counts.set(segment, (counts.get(segment) ?? 0) + 1)
  }
  for (const { value } of await world.store.scan(SEGMENT_SPACE, {}, 1_000)) {
    const { definition, members, filling, owner } = JSON.parse(value) as SegmentState
    expect(filling).toBeUndefined()
    if (owner !== 'internal') expect([definition.id, members]).toEqual([definition.id, counts.get(definition.id) ?? 0])
  }
}

test('memberships are those of a naive reading of the rules', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 40 }), async (steps) => void (await run(steps))),
    { numRuns: 120 },
  )
}, 120_000)

test('whoever ceases to be of those whom a segment is about leaves it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(traitStep, { minLength: 10, maxLength: 60 }), async (steps) => void (await run(steps))),
    { numRuns: 80 },
  )
}, 120_000)

async function everything(world: SegmentWorld): Promise<unknown> {
  const spaces = [...ENTITY_KINDS.map(entitySpace), 'identifier/user', 'identifier/account']
  const profiles = await Promise.all(spaces.map(async (space) => await world.store.scan(space, {}, 10_000)))
  return { profiles, documents: await world.documents(), timeline: await world.timeline(), changes: await world.changes() }
}

test('a replay in one go gives the same state, timelines and changes, byte by byte', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 40 }), async (steps) => {
      const world = await run(steps)
      const replayed = await openSegments(CATALOG, world.log)
      await replayed.settle()
      expect(await everything(replayed)).toEqual(await everything(world))
    }),
    { numRuns: 60 },
  )
}, 120_000)
