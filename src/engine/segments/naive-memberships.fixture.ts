/** Who must be in which segment: a naive reading of the rules over stored profiles and whole timelines, beside what the store says. */
import type { Json } from '../../base/json.ts'
import type { Catalog } from '../../model/catalog.ts'
import { eventName, propertiesOf } from '../../model/event/event-report.ts'
import type { TimelineEvent } from '../../model/event/timeline-event.ts'
import { readEntityText } from '../../model/profile/entity-text.ts'
import { type EntityId, type EntityKind, entitySpace } from '../../model/profile/entity.ts'
import type { Placed } from '../../model/profile/survivor.ts'
import { factsOf } from '../../model/segment/entity-facts.ts'
import { holds, type NaiveEvent, type RawGroup, type World } from '../../model/segment/naive-segment.fixture.ts'
import { Membership } from '../../model/segment/membership.ts'
import { membershipSpace } from '../../model/segment/segment.ts'
import type { StoreReader } from '../../store/store.ts'
import { findLinkedAccount } from '../profiles/reading/linked-account.ts'
import { ProfileReader } from '../profiles/reading/profile-reader.ts'

export type NaiveQuestion = {
  store: Pick<StoreReader, 'load' | 'scan'>
  catalog: Pick<Catalog, 'identity' | 'traits'>
  timeline: readonly TimelineEvent[]
  /** By id of the segment. */
  rules: ReadonlyMap<string, { kind: EntityKind; rule: RawGroup }>
  now: number
  timeZone: string
}

/** Ids of segments, sorted, those that nobody sees left out. */
export type ComparedMember = { kind: EntityKind; id: EntityId; actual: string[]; expected: string[] }

const PAGE = 1_000

/** Everybody there is. */
export async function compareMemberships(question: NaiveQuestion): Promise<ComparedMember[]> {
  const worlds = await naiveWorlds(question)
  return worlds.map(({ kind, id, world }) => {
    const rules = [...question.rules].filter(([, rule]) => rule.kind === kind)
    const expected = rules.filter(([, { rule }]) => holds(rule, world)).map(([segment]) => segment)
    return { kind, id, actual: world.segments.toSorted(), expected: expected.toSorted() }
  })
}

type NaiveWorld = { kind: EntityKind; id: EntityId; world: World }

async function naiveWorlds({ store, catalog, timeline, now, timeZone }: NaiveQuestion): Promise<NaiveWorld[]> {
  const reader = new ProfileReader(store, catalog)
  const clock = { now, timeZone }
  const ownEvents = { user: byPart(timeline, 'user'), account: byPart(timeline, 'account') }
  const base = async (kind: EntityKind, { id, entity }: Placed) => ({
    facts: factsFor(kind, { id, entity }, reader),
    events: entity.parts.flatMap((part) => ownEvents[kind].get(part.id) ?? []),
    segments: await membershipsOf(store, kind, id),
  })
  const accounts = new Map<EntityId, Omit<World, keyof typeof clock>>()
  // Their events are those of their users.
  for (const placed of await entitiesOf(store, 'account'))
    accounts.set(placed.id, { ...(await base('account', placed)), events: [], users: [] })
  const worlds: NaiveWorld[] = []
  for (const placed of await entitiesOf(store, 'user')) {
    const link = await findLinkedAccount(placed.entity, reader.lookup, reader.identity)
    const account = link && accounts.get(link.placed.id)
    const world = { ...(await base('user', placed)), ...(account && { account }) }
    account?.users?.push(world)
    worlds.push({ kind: 'user', id: placed.id, world: { ...world, ...clock } })
  }
  return [
    ...worlds,
    ...Array.from(accounts, ([id, world]): NaiveWorld => ({ kind: 'account', id, world: { ...world, ...clock } })),
  ]
}

function factsFor(kind: EntityKind, { id, entity }: Placed, reader: ProfileReader): Record<string, Json> {
  const facts = factsOf(kind, { id, parts: entity.parts }, reader.rules[kind])
  // Documents ask for traits by their own names.
  for (const [key, value] of Object.entries(facts)) facts[key.replace(/^traits_/, '')] = value
  return facts
}

async function membershipsOf(store: NaiveQuestion['store'], kind: EntityKind, id: EntityId): Promise<string[]> {
  const [text] = await store.load(membershipSpace(kind), [id])
  return text === undefined
    ? []
    : Membership.read(text)
        .segments()
        .filter((one) => !one.startsWith('~'))
}

function byPart(timeline: readonly TimelineEvent[], kind: EntityKind): Map<EntityId, NaiveEvent[]> {
  const byId = new Map<EntityId, NaiveEvent[]>()
  for (const line of timeline) {
    const part = line[kind]
    if (part === undefined) continue
    const known = byId.get(part)
    if (known) known.push(naiveEvent(line))
    else byId.set(part, [naiveEvent(line)])
  }
  return byId
}

export function naiveEvent(line: TimelineEvent): NaiveEvent {
  return { name: eventName(line), at: Date.parse(line.occurredAt), properties: propertiesOf(line), context: line.context ?? {} }
}

/** Those that are not part of others. */
export async function entitiesOf(store: Pick<StoreReader, 'scan'>, kind: EntityKind): Promise<Placed[]> {
  const entities: Placed[] = []
  for (let after: string | undefined; ;) {
    const page = await store.scan(entitySpace(kind), after === undefined ? {} : { after }, PAGE)
    for (const { key, value } of page) {
      const state = readEntityText(value)
      if (!('mergedInto' in state)) entities.push({ id: key, entity: state })
    }
    after = page.at(-1)?.key
    if (after === undefined || page.length < PAGE) return entities
  }
}
