/**
 * Segments evaluated for entities that something happened to: who enters and who leaves is written to memberships, told on timelines
 * and in change records, and a deadline is set for when time alone will change the answer.
 */
import type { EntityId, EntityKind } from '../../model/profile/entity.ts'
import type { Placed } from '../../model/profile/survivor.ts'
import { zoneFor } from '../../model/segment/evaluate.ts'
import { NEVER } from '../../model/segment/subject.ts'
import { type CountedEvents, EntitySubject } from './entity-subject.ts'
import type { LiveSegment } from './segment-index.ts'
import type { SegmentWork, Touched } from './segment-work.ts'
import { accountOf } from './tallying.ts'

export type Evaluated = { kind: EntityKind; placed: Placed; entered: LiveSegment[]; left: LiveSegment[] }

/** Opens at once what evaluating these will need: one look into the store instead of many. By their own parts. */
export async function openEntities(
  { documents, identities }: SegmentWork,
  kind: EntityKind,
  ids: readonly EntityId[],
): Promise<void> {
  if (ids.length === 0) return
  await identities[kind].load(ids)
  await documents.parts[kind].open(ids)
  await documents.memberships[kind].open(ids)
}

/** Undefined when there is no such entity any more. */
export async function evaluateEntity(work: SegmentWork, { kind, part, segments }: Touched): Promise<Evaluated | undefined> {
  const { documents, identities, place } = work
  await identities[kind].load([part])
  const placed = identities[kind].find(part)
  if (placed === undefined) return undefined
  const own = await documents.part(kind, placed.id)
  const { index } = documents.registry
  // What is overdue comes first, in the same go.
  const all = (own.value?.wake ?? NEVER) <= place.at ? new Set([...segments, ...index.waking[kind]]) : segments
  if (all !== segments) documents.sleep({ kind, part: placed.id, document: own })
  const outcome = await evaluateAll(work, { kind, placed, segments: all })
  if (outcome.until !== NEVER) documents.wakeAt(outcome.until, { kind, part: placed.id, document: own })
  return outcome
}

const NO_ACTIVITIES: CountedEvents = new Map()

type Evaluating = { kind: EntityKind; placed: Placed; segments: Iterable<LiveSegment> }

async function evaluateAll(work: SegmentWork, { kind, placed, segments }: Evaluating): Promise<Evaluated & { until: number }> {
  const { documents, place } = work
  const { index } = documents.registry
  const membership = await documents.membership(kind, placed.id)
  membership.value ??= { in: {} }
  const queue = [...segments].toSorted((a, b) => a.rank - b.rank)
  const subject = await openSubject(work, { kind, placed, segments: queue })
  const queued = new Set(queue)
  const outcome: Evaluated & { until: number } = { kind, placed, entered: [], left: [], until: NEVER }
  for (let i = 0; i < queue.length; i++) {
    const segment = queue[i] as LiveSegment
    // What it asks of history is not counted yet: who is a member stays one.
    if (segment.state.filling?.step === 'history') continue
    const { matches, until } = verdictOn(segment, subject, place.at)
    outcome.until = Math.min(outcome.until, until)
    const isIn = Object.hasOwn(membership.value.in, segment.id)
    if (matches === isIn) continue
    if (matches) membership.value.in[segment.id] = place.at
    else delete membership.value.in[segment.id]
    membership.isChanged = true
    documents.registry.addMembers(segment.id, matches ? 1 : -1)
    ;(matches ? outcome.entered : outcome.left).push(segment)
    for (const asking of index.bySegment.get(segment.id) ?? []) if (asking.kind === kind) enqueue(queue, queued, asking)
  }
  if (Object.keys(membership.value.in).length === 0) membership.value = undefined
  return outcome
}

/** Behind those that it asks about, all of which stand before it in rank. */
function enqueue(queue: LiveSegment[], queued: Set<LiveSegment>, segment: LiveSegment): void {
  if (queued.has(segment)) return
  queued.add(segment)
  const place = queue.findIndex(({ rank }) => rank > segment.rank)
  if (place < 0) queue.push(segment)
  else queue.splice(place, 0, segment)
}

function verdictOn(
  { id, evaluate, state }: LiveSegment,
  subject: EntitySubject,
  now: number,
): { matches: boolean; until: number } {
  if (evaluate === undefined) return { matches: subject.isAdded(id), until: NEVER }
  subject.zone = zoneFor(state.definition, (key) => subject.fact('self', key))
  return evaluate(subject, now)
}

async function openSubject(work: SegmentWork, { kind, placed: { id, entity }, segments }: Evaluating): Promise<EntitySubject> {
  const { documents, rules, place } = work
  const { index } = documents.registry
  const parts = entity.parts.map((part) => part.id)
  const events = new Set<string>()
  for (const segment of segments) for (const name of segment.events) events.add(name)
  return new EntitySubject({
    kind,
    id,
    entity,
    rules: rules[kind],
    states: (await documents.parts[kind].open(parts)).map(({ value }) => value),
    activities: events.size === 0 ? NO_ACTIVITIES : await documents.activitiesOf(kind, parts, events),
    membership: (await documents.membership(kind, id)).value,
    account: kind === 'user' && index.needsAccounts ? await openAccount(work, id) : undefined,
    keyOf: (tally) => index.keyOf(tally),
    now: place.at,
  })
}

async function openAccount(work: SegmentWork, user: EntityId): Promise<EntitySubject | undefined> {
  const placed = await findAccount(work, await accountOf(work, user))
  // Of its account a user's segments ask for facts and segments only.
  return placed && (await openSubject(work, { kind: 'account', placed, segments: [] }))
}

export async function findAccount({ identities }: SegmentWork, part: EntityId | undefined): Promise<Placed | undefined> {
  if (part === undefined) return undefined
  await identities.account.load([part])
  return identities.account.find(part)
}
