/**
 * Segments evaluated for entities that something happened to: who enters and who leaves is written to memberships, told on timelines
 * and in change records, and a deadline is set for when time alone will change the answer.
 */
import type { EntityId, EntityKind, Millis } from '../../model/profile/entity.ts'
import type { Placed } from '../../model/profile/survivor.ts'
import { zoneFor } from '../../model/segment/evaluate.ts'
import { Membership } from '../../model/segment/membership.ts'
import { NEVER } from '../../model/segment/subject.ts'
import { changeDocument, type OpenDocument } from '../apply/documents.ts'
import { EntitySubject } from './entity-subject.ts'
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
export async function evaluateEntity(
  work: SegmentWork,
  { kind, part, segments, lists }: Touched,
): Promise<Evaluated | undefined> {
  const { documents, identities, place } = work
  const placed = await identities[kind].locate(part)
  if (placed === undefined) return undefined
  const own = await documents.part(kind, placed.id)
  const { index } = documents.registry
  // What is overdue comes first, in the same go.
  if ((own.value?.wake ?? NEVER) <= place.at) {
    lists.add(index.waking[kind])
    documents.sleep({ kind, part: placed.id, document: own })
  }
  const outcome = await evaluateAll(work, { kind, placed, segments, lists })
  if (outcome.until !== NEVER) documents.wakeAt(outcome.until, { kind, part: placed.id, document: own })
  return outcome
}

type Evaluating = { kind: EntityKind; placed: Placed } & Pick<Touched, 'segments' | 'lists'>

async function evaluateAll(
  work: SegmentWork,
  { kind, placed, segments, lists }: Evaluating,
): Promise<Evaluated & { until: number }> {
  const { documents, place } = work
  const { index } = documents.registry
  const membership = await documents.membership(kind, placed.id)
  const subject = await openSubject(work, { kind, placed })
  const fact = (key: string) => subject.fact('self', key)
  const isOfConcern = ({ id, audience }: LiveSegment) => audience.admits(fact) || isIn(membership, id)
  const listed = new Set<LiveSegment>()
  for (const list of lists) list.collect(fact, listed)
  for (const segment of segments) listed.add(segment)
  const queue = [...listed].filter(isOfConcern).toSorted((a, b) => a.rank - b.rank)
  const queued = new Set(queue)
  const outcome: Evaluated & { until: number } = { kind, placed, entered: [], left: [], until: NEVER }
  await bring(work, subject, queue)
  for (let i = 0; i < queue.length; i++) {
    const segment = queue[i] as LiveSegment
    // What it asks of history is not there yet: who is a member stays one.
    if (segment.state.filling?.step === 'history') continue
    const { matches, until } = verdictOn(segment, subject, place.at)
    outcome.until = Math.min(outcome.until, until)
    if (matches === isIn(membership, segment.id)) continue
    setMember(membership, segment.id, matches ? place.at : undefined)
    subject.membership = membership.value
    documents.registry.addMembers(segment.id, matches ? 1 : -1)
    ;(matches ? outcome.entered : outcome.left).push(segment)
    const asking = (index.bySegment.get(segment.id) ?? []).filter((one) => one.kind === kind && isOfConcern(one))
    await bring(work, subject, asking)
    for (const one of asking) enqueue(queue, queued, one)
  }
  return outcome
}

function isIn({ value }: OpenDocument<Membership>, segment: string): boolean {
  return value?.has(segment) ?? false
}

/** `since` undefined: it is a member no longer. */
function setMember(document: OpenDocument<Membership>, segment: string, since: Millis | undefined): void {
  const members = (document.value ?? Membership.none).with(segment, since)
  changeDocument(document, members.isEmpty ? undefined : members)
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

async function openSubject(
  { documents, rules, place }: SegmentWork,
  { kind, placed: { id, entity } }: Pick<Evaluating, 'kind' | 'placed'>,
): Promise<EntitySubject> {
  const parts = entity.parts.map((part) => part.id)
  const { index } = documents.registry
  return new EntitySubject({
    kind,
    id,
    entity,
    rules: rules[kind],
    states: (await documents.parts[kind].open(parts)).map(({ value }) => value),
    activities: new Map(),
    membership: (await documents.membership(kind, id)).value,
    keyOf: (tally) => index.keyOf(tally),
    now: place.at,
  })
}

/** What these segments ask about, besides what was brought before. */
async function bring(work: SegmentWork, subject: EntitySubject, segments: readonly LiveSegment[]): Promise<void> {
  const names = new Set<string>()
  for (const { events } of segments) for (const name of events) if (!subject.activities.has(name)) names.add(name)
  if (names.size > 0) {
    const counted = await work.documents.activitiesOf(subject.kind, subject.partIds, names)
    for (const name of names) subject.activities.set(name, counted.get(name) ?? [])
  }
  if (subject.account === undefined && segments.some(({ asksAccount }) => asksAccount)) {
    const placed = await findAccount(work, await accountOf(work, subject.id))
    // Of its account a user's segments ask for facts and segments only.
    subject.account = placed && (await openSubject(work, { kind: 'account', placed }))
  }
}

export async function findAccount({ identities }: SegmentWork, part: EntityId | undefined): Promise<Placed | undefined> {
  if (part === undefined) return undefined
  return await identities.account.locate(part)
}
