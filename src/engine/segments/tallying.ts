/**
 * Events at work on tallies. Mostly an event changes no answer: then a few numbers of its entity are written, and nobody opens a profile.
 * Where an answer turns, or is to turn earlier than it would have, the segments that ask the question are to be evaluated.
 */
import type { Json } from '../../base/json.ts'
import type { EntityId, EntityKind } from '../../model/profile/entity.ts'
import { findFact } from '../../model/segment/entity-facts.ts'
import type { Activity, Counted } from '../../model/segment/segment.ts'
import { addOccurrence, type EventFacts, occurrenceOf } from '../../model/segment/tally.ts'
import { zoneOf } from '../../model/segment/zone.ts'
import { type CountedEvents, EntitySubject } from './entity-subject.ts'
import { noteEvent, type OpenActivity } from './segment-documents.ts'
import type { LiveLeaf, LiveTally, TalliesOfEvent } from './segment-index.ts'
import type { SegmentWork } from './segment-work.ts'
import type { TallyRegistry } from './tally-registry.ts'

export type TalliedEvent = { user?: EntityId; account?: EntityId; occurredAt: number; facts: EventFacts }

export async function tallyEvent(work: SegmentWork, event: TalliedEvent): Promise<void> {
  const { index } = work.documents.registry
  const { name } = event.facts
  if (event.user === undefined) return
  const users = index.tallies.user.get(name)
  if (users) await count(work, { kind: 'user', part: event.user, tallies: users, event })
  const accounts = index.tallies.account.get(name)
  if (accounts === undefined) return
  const account = await accountOf(work, event.user)
  if (account !== undefined) await count(work, { kind: 'account', part: account, tallies: accounts, event })
}

/** The part of the account that a user belongs to; asked by any part of the user. */
export async function accountOf({ documents }: SegmentWork, part: EntityId): Promise<EntityId | undefined> {
  const { value } = await documents.part('user', part)
  const own = value?.parts?.[0]
  return own === undefined || own === part ? value?.account : (await documents.part('user', own)).value?.account
}

type Counting = { kind: EntityKind; part: EntityId; tallies: TalliesOfEvent; event: TalliedEvent }

async function count(work: SegmentWork, { kind, part, tallies, event }: Counting): Promise<void> {
  const { documents, place } = work
  const document = await documents.activity(kind, part, event.facts.name)
  const isFirst = document.value === undefined
  const changed = takeIn(document, tallies, { event, now: place.at })
  if (changed === undefined || document.value === undefined) return
  if (isFirst) noteEvent(await documents.part(kind, part), event.facts.name)
  dropUnused(document.value, documents.registry.tallies)
  const leaves = await collectLeaves(work, { kind, part, changed })
  if (leaves.size > 0) await compare(work, { kind, part, event: event.facts.name, after: document.value, leaves, changed })
}

type ChangedTally = { tally: LiveTally; before: Counted | undefined }

/** Undefined when nothing is counted otherwise. */
function takeIn(document: OpenActivity, selections: TalliesOfEvent, { event, now }: { event: TalliedEvent; now: number }) {
  let changed: ChangedTally[] | undefined
  for (const { selects, tallies } of selections) {
    if (!selects(event.facts)) continue
    for (const tally of tallies) {
      const before = document.value?.[tally.key]
      const after = addOccurrence(before, tally.keeps, occurrenceOf(tally.keeps, event.occurredAt, event.facts), now)
      if (after === before || isNothing(after)) continue
      document.value ??= {}
      document.value[tally.key] = after
      document.isChanged = true
      ;(changed ??= []).push({ tally, before })
    }
  }
  return changed
}

/** Tallies that nobody asks for any more go with the next event that is counted. */
function dropUnused(activity: Activity, tallies: TallyRegistry): void {
  for (const key in activity) if (!tallies.has(key)) delete activity[key]
}

function isNothing(counted: Counted): boolean {
  return counted === 0 || (Array.isArray(counted) && counted.length === 0)
}

const NO_FACTS = () => null

/** Questions that these answer, of segments that the entity can be a member of. */
async function collectLeaves(
  { identities, rules }: SegmentWork,
  { kind, part, changed }: { kind: EntityKind; part: EntityId; changed: readonly ChangedTally[] },
): Promise<Set<LiveLeaf>> {
  const leaves = new Set<LiveLeaf>()
  if (!changed.some(({ tally }) => tally.leaves.asksFacts)) {
    for (const { tally } of changed) tally.leaves.collect(NO_FACTS, leaves)
    return leaves
  }
  const placed = await identities[kind].locate(part)
  if (placed === undefined) return leaves
  const facts = new Map<string, Json>()
  const fact = (key: string) => {
    const known = facts.get(key)
    if (known !== undefined) return known
    const value = findFact(kind, { id: placed.id, parts: placed.entity.parts }, key, rules[kind])
    facts.set(key, value)
    return value
  }
  for (const { tally } of changed) tally.leaves.collect(fact, leaves)
  return leaves
}

type Comparison = {
  kind: EntityKind
  part: EntityId
  event: string
  after: Activity
  leaves: ReadonlySet<LiveLeaf>
  changed: readonly ChangedTally[]
}

/** Leaves as they were and as they are, on the counts alone. */
async function compare(work: SegmentWork, { kind, part, event, after, leaves, changed }: Comparison): Promise<void> {
  const { documents, place, rules } = work
  const { index } = documents.registry
  const { value } = await documents.part(kind, part)
  const others = value?.parts?.filter((id) => id !== part) ?? []
  // Mostly a question is about events of one name, and of one part.
  const names = otherEvents(leaves, event)
  const elsewhere = names.size === 0 ? NOTHING : await documents.activitiesOf(kind, [part, ...others], names)
  const besides = others.length === 0 ? [] : ((await documents.activitiesOf(kind, others, new Set([event]))).get(event) ?? [])
  const subject = new EntitySubject({
    kind,
    id: part,
    entity: undefined,
    rules: rules[kind],
    states: [],
    activities: new Map(elsewhere).set(event, [after, ...besides]),
    membership: undefined,
    keyOf: (tally) => index.keyOf(tally),
    now: place.at,
  })
  const before = new Map(changed.map(({ tally, before }) => [tally.key, before]))
  for (const leaf of leaves) {
    if (isOtherwise(leaf, subject, before, place.at)) work.touched.addList(kind, part, leaf.segments)
  }
}

const NOTHING: CountedEvents = new Map()

function otherEvents(leaves: ReadonlySet<LiveLeaf>, event: string): Set<string> {
  const names = new Set<string>()
  for (const { events } of leaves) {
    if (events.size > 1) for (const name of events) if (name !== event) names.add(name)
  }
  return names
}

type Before = NonNullable<EntitySubject['before']>

/** A leaf whose calendar is each entity's own is always to be looked at. */
function isOtherwise({ evaluate, timeZone }: LiveLeaf, subject: EntitySubject, counted: Before, now: number): boolean {
  if (typeof timeZone !== 'string') return true
  subject.zone = zoneOf(timeZone)
  subject.before = counted
  const before = evaluate(subject, now)
  subject.before = undefined
  const after = evaluate(subject, now)
  return before.matches !== after.matches || after.until < before.until
}
