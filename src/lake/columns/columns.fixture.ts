/** For tests: a small world of people, companies and events in a store and a lake, and what `evaluate` says of each of them. */
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { invariant } from '../../base/errors.ts'
import type { Json, JsonObject } from '../../base/json.ts'
import { encodeBatch } from '../../model/document-batch.ts'
import { eventName, reportEvent } from '../../model/event/event-report.ts'
import type { TimelineEvent } from '../../model/event/timeline-event.ts'
import { type Entity, type EntityId, type EntityKind, entitySpace, type Millis, type Part } from '../../model/profile/entity.ts'
import { writeEntityText } from '../../model/profile/entity-text.ts'
import { TraitRules } from '../../model/profile/trait-rules.ts'
import type { EntityChange } from '../../model/segment/entity-change.ts'
import { findFact } from '../../model/segment/entity-facts.ts'
import { compileRule, zoneFor } from '../../model/segment/evaluate.ts'
import type {
  EventCountPredicate,
  GroupPredicate,
  Predicate,
  TraitPredicate,
  UsersPredicate,
} from '../../model/segment/predicate.ts'
import { Membership } from '../../model/segment/membership.ts'
import { type Counted, membershipSpace, type SegmentDefinition, type Tally } from '../../model/segment/segment.ts'
import type { Subject } from '../../model/segment/subject.ts'
import { addOccurrence, occurrenceOf, selects } from '../../model/segment/tally.ts'
import { CHANGES, EVENTS, SYSTEM_SCHEMA_HASH } from '../../model/system-collections.ts'
import { openSqliteStore } from '../../store/sqlite/open-sqlite-store.ts'
import type { Store } from '../../store/store.ts'
import { fileAll, type Lake, newLake } from '../lake.fixture.ts'
import { Columns, type ColumnsOptions } from './columns.ts'

const RULES = { user: new TraitRules({}), account: new TraitRules({}) }
export const NOW = Date.parse('2026-03-29T12:00:00.000Z')

export type Sketch = {
  id: EntityId
  /** Of those merged into it. */
  parts?: EntityId[]
  traits?: JsonObject
  email?: string
  /** Users. */
  account?: EntityId
  segments?: string[]
}

export type EventSketch = { user?: EntityId; account?: EntityId; at: Millis; type?: TimelineEvent['type'] } & Partial<
  Pick<TimelineEvent, 'name' | 'properties' | 'context' | 'traits'>
>

export type World = Record<EntityKind, Map<EntityId, Sketch>> & { events: TimelineEvent[]; position: number }

function newWorld(): World {
  return { user: new Map(), account: new Map(), events: [], position: 0 }
}

export type Scene = {
  lake: Lake
  store: Store
  world: World
  /** One entry of the log, applied. */
  commit: (change: Commit) => Promise<void>
  /** The lake files all events that are committed. */
  file: () => Promise<unknown>
  /** The store lets go events that the lake has filed, or all changes. */
  prune: (collection?: string) => Promise<void>
  columns: Columns
  options: ColumnsOptions
}
/** What one transaction brings. `gone`: entities that end. */
export type Commit = {
  users?: Sketch[]
  accounts?: Sketch[]
  gone?: { kind: EntityKind; id: EntityId; mergedInto?: EntityId }[]
  events?: EventSketch[]
}

/** Everything empty. */
export async function newScene(more: Partial<ColumnsOptions> = {}): Promise<Scene> {
  const lake = await newLake()
  const store = await openSqliteStore({ path: join(lake.root, 'store.db') })
  const { fence } = await store.acquire('0')
  const world = newWorld()
  const options: ColumnsOptions = {
    path: join(lake.root, 'columns.duckdb'),
    temporaryFolder: join(lake.root, 'columns.tmp'),
    lake,
    store,
    traitRules: RULES,
    accountsOf: async (users) => users.map(({ id }) => world.user.get(id)?.account),
    clock: new FakeClock(NOW),
    ...more,
  }
  const columns = new Columns(options)
  onTestFinished(async () => {
    await columns.close()
    await store.close()
  })
  let filed = 0
  const file = async () => {
    await fileAll(lake, { collections: [{ name: EVENTS, derivation: { module: '', transforms: {} } }], store })
    filed = world.position
  }
  const prune = async (collection = EVENTS) => {
    const prunedOutputs = [{ collection, through: collection === EVENTS ? filed : world.position }]
    await store.commit('0', fence, { documents: [], outputs: [], checkpoints: [], prunedOutputs })
  }
  return { lake, store, columns, world, options, file, prune, commit: (change) => commit(store, fence, world, change) }
}

async function commit(
  store: Store,
  fence: number,
  world: World,
  { users = [], accounts = [], gone = [], events = [] }: Commit,
): Promise<void> {
  const after = world.position
  const position = ++world.position
  for (const user of users) world.user.set(user.id, user)
  for (const account of accounts) world.account.set(account.id, account)
  for (const { kind, id } of gone) world[kind].delete(id)
  const lines = events.map((event, index) => lineOf(event, { position, index }))
  world.events.push(...lines)
  const sketches = { user: users, account: accounts }
  const kinds = ['user', 'account'] as const
  const documents = kinds.flatMap((kind) =>
    sketches[kind].flatMap((sketch) => [
      { space: entitySpace(kind), key: sketch.id, value: writeEntityText(entityOf(sketch)) },
      {
        space: membershipSpace(kind),
        key: sketch.id,
        value: sketch.segments && Membership.of(sketch.segments.map((id) => [id, 0])).write(),
      },
    ]),
  )
  const ended = gone.map(({ kind, id, mergedInto }) => ({
    space: entitySpace(kind),
    key: id,
    value: mergedInto === undefined ? undefined : writeEntityText({ mergedInto }),
  }))
  const at = new Date(NOW).toISOString()
  const changes: EntityChange[] = [
    ...kinds.flatMap((kind) => sketches[kind].map(({ id }, index) => ({ kind, entity: id, position, index, at }))),
    ...gone.map(({ kind, id, mergedInto }, index) => ({
      kind,
      entity: id,
      position,
      index,
      at,
      ...(mergedInto === undefined ? { isErased: true as const } : { mergedInto }),
    })),
  ]
  const outputs = [
    { collection: EVENTS, texts: lines.map((line) => JSON.stringify(line)) },
    { collection: CHANGES, texts: changes.map((change) => JSON.stringify(change)) },
  ].filter(({ texts }) => texts.length > 0)
  await store.commit('0', fence, {
    documents: [...documents, ...ended],
    outputs: outputs.map(({ collection, texts }) => ({
      collection,
      after,
      through: position,
      appendedAt: NOW + position,
      payload: encodeBatch([
        {
          collection,
          schemaHash: SYSTEM_SCHEMA_HASH,
          documents: texts,
          keys: texts.map(() => ''),
          partitions: texts.map(() => ''),
          sources: texts.flatMap((_, index) => [position, index]),
        },
      ]),
    })),
    checkpoints: [{ task: EVENTS, position }],
  })
}

function lineOf(
  { user, account, at, type = 'track', ...members }: EventSketch,
  place: { position: number; index: number },
): TimelineEvent {
  const occurredAt = new Date(at).toISOString()
  return {
    ...(user !== undefined && { user }),
    ...(account !== undefined && { account }),
    ...place,
    id: `m${place.position}-${place.index}`,
    type,
    source: 'web',
    ...members,
    occurredAt,
    receivedAt: occurredAt,
  }
}

function entityOf({ id, parts = [], traits = {}, email }: Sketch): Entity {
  const write = { source: 'web', event: 'e', occurredAt: NOW - 1_000, receivedAt: NOW - 1_000, position: 1, index: 0 }
  const own: Part = {
    id,
    created: write,
    identifiers: email === undefined ? [] : [{ kind: 'email', value: email, since: write }],
    traits: Object.fromEntries(Object.entries(traits).map(([name, value]) => [name, [['set', value, 0]]])),
    writes: { 0: write },
  }
  return { parts: [own, ...parts.map((part) => ({ ...own, id: part, identifiers: [], traits: {}, writes: {} }))], merges: [] }
}

/** What `evaluate` needs to know of an entity, straight from the world. */
function subjectOf(world: World, id: EntityId, definition: SegmentDefinition, now: Millis): Subject {
  const { kind } = definition
  const sketch = world[kind].get(id)
  invariant(sketch, `${kind} ${id} is in the world`)
  const own = (key: string): Json => findFact(kind, { id, parts: entityOf(sketch).parts }, key, RULES[kind])
  const account = sketch.account === undefined ? undefined : world.account.get(sketch.account)
  const zone = zoneFor(definition, own)
  return {
    zone,
    fact: (owner, key) => {
      if (owner === 'self') return own(key)
      return account ? findFact('account', { id: account.id, parts: entityOf(account).parts }, key, RULES.account) : null
    },
    counted: (tally) => countedOf(eventsOf(world, kind, id), tally, now),
    isMember: (owner, segment) => (owner === 'self' ? sketch : account)?.segments?.includes(segment) === true,
    usersIn: (segment) => {
      const users = findUsers(definition.predicate, segment)
      return [...world.user.values()].filter(
        (user) =>
          user.account === id && matches(world, user.id, { ...definition, kind: 'user', predicate: users.predicate }, now),
      ).length
    },
  }
}

export function matches(
  world: World,
  id: EntityId,
  definition: SegmentDefinition & { predicate: GroupPredicate },
  now: Millis,
): boolean {
  const subject = subjectOf(world, id, definition, now)
  return compileRule(definition.predicate, definition).evaluate(subject, now).matches
}

export function matching(world: World, definition: SegmentDefinition & { predicate: GroupPredicate }, now: Millis): EntityId[] {
  return [...world[definition.kind].keys()].filter((id) => matches(world, id, definition, now)).toSorted()
}

/** Those of its parts; of an account its own and those of its users. */
function eventsOf(world: World, kind: EntityKind, id: EntityId): TimelineEvent[] {
  const sketch = world[kind].get(id)
  const parts = new Set([id, ...(sketch?.parts ?? [])])
  if (kind === 'user') return world.events.filter(({ user }) => user !== undefined && parts.has(user))
  const users = [...world.user.values()].filter(({ account }) => account === id)
  const own = world.events.filter(({ user, account }) => user === undefined && account !== undefined && parts.has(account))
  return [...own, ...users.flatMap((user) => eventsOf(world, 'user', user.id))]
}

/** As the engine counts, one event after the other. */
export function countedOf(
  events: readonly TimelineEvent[],
  { events: selector, keeps }: Tally,
  now: Millis,
): Counted | undefined {
  let counted: Counted | undefined
  for (const event of events) {
    const { properties, context } = reportEvent(event)
    const facts = { name: eventName(event), properties, context }
    if (selects(selector, facts))
      counted = addOccurrence(counted, keeps, occurrenceOf(keeps, Date.parse(event.occurredAt), facts), now)
  }
  return counted
}

function findUsers(predicate: Predicate | undefined, segment: string): UsersPredicate {
  const found = predicate && usersIn(predicate).find((one) => one.segment === segment)
  invariant(found, `the rule has a condition on users ${segment}`)
  return found
}

function usersIn(predicate: Predicate): UsersPredicate[] {
  if (predicate.is === 'users') return [predicate]
  return 'of' in predicate ? predicate.of.flatMap(usersIn) : []
}

export const [ADA, BOB, CYD] = ['aaaaaaaa0000000000000001', 'aaaaaaaa0000000000000002', 'aaaaaaaa0000000000000003'] as const
export const [SHOP, STORE] = ['cccccccc0000000000000001', 'cccccccc0000000000000002'] as const

export type Rule = SegmentDefinition & { predicate: GroupPredicate }

export function all(of: Predicate[], kind: EntityKind = 'user'): Rule {
  return { id: 's1', name: 'One', kind, predicate: { is: 'all', of, at: '' }, timeZone: 'UTC' }
}

export function traitIs(trait: string, value: string | number): TraitPredicate {
  return { is: 'trait', owner: 'self', trait, test: { test: 'equals', values: [value], negated: false }, at: `/${value}` }
}

/** So many times at least. */
export function ordered(min: number): EventCountPredicate {
  const events = { name: 'Order', filters: [] }
  return { is: 'events', events, when: { frame: 'ever' }, count: { min, max: null, negated: false }, at: `/ordered${min}` }
}

export function order(user: EntityId, at = NOW): EventSketch {
  return { user, at, name: 'Order' }
}

export async function sampleOf(columns: Columns, rule: Rule): Promise<EntityId[]> {
  return (await columns.preview(rule, { now: NOW })).sample
}

export async function allOf<Item>(pages: AsyncIterable<Item[]>): Promise<Item[]> {
  const items: Item[] = []
  for await (const page of pages) items.push(...page)
  return items
}
