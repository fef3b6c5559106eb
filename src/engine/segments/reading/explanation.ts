/** Why somebody is in a segment, or is not: the tree of the rule with what each condition found, since when, and until when. */
import type { Clock } from '../../../base/clock.ts'
import type { Json } from '../../../base/json.ts'
import { MillraceError } from '../../../base/errors.ts'
import type { Instant } from '../../../model/event/event.ts'
import type { EntityKind, Millis } from '../../../model/profile/entity.ts'
import type { Placed } from '../../../model/profile/survivor.ts'
import { compileRule } from '../../../model/segment/evaluate.ts'
import { isEventLeaf, talliesOf } from '../../../model/segment/leaf-tallies.ts'
import type { GroupPredicate, Predicate } from '../../../model/segment/predicate.ts'
import type { SegmentDefinition } from '../../../model/segment/segment.ts'
import { zoneOf } from '../../../model/segment/zone.ts'
import { findLinkedAccount } from '../../profiles/reading/linked-account.ts'
import type { Provenance } from '../../profiles/reading/profile-report.ts'
import type { TimelineParts } from '../../profiles/reading/timeline-reader.ts'
import { type BehindEvent, BehindEvents } from './behind-events.ts'
import { explainEvents } from './explain-events.ts'
import { explainMember, explainTrait } from './explain-facts.ts'
import { type Since, sinceAll, sinceAny } from './held-since.ts'
import { isGroup, predicateText } from './predicate-text.ts'
import type { SegmentReader } from './segment-reader.ts'
import { reportSegment, type SegmentReport } from './segment-report.ts'
import { type ShortProfile, shortProfile } from './short-profile.ts'
import { StoredSubject } from './stored-subject.ts'

export type Explanation = {
  segment: Pick<SegmentReport, 'id' | 'name' | 'kind' | 'isManual' | 'state' | 'progress'>
  entity: ShortProfile
  /** The instant that is explained. */
  at: Instant
  /** What the rule says. Of a manual segment: whether it was added. */
  matches: boolean
  /** Differs from `matches` while the segment is filling or being deleted, or for a moment until a change is applied. */
  isMember: boolean
  /** Of members since when; of others since when at the latest they do not match, null where that is not known. */
  since: Instant | null
  /** When the rule's answer may turn next by itself, though nothing happens; null: never. */
  until: Instant | null
  /** Null for a manual segment. */
  tree: ExplainedNode | null
}

type NodeBase = {
  /** JSON pointer into the segment's document. */
  at: string
  /** In plain words. */
  text: string
  matches: boolean
  /** It has been so since then at the latest; null where that is not known, or it has never been otherwise. */
  since: Instant | null
  until: Instant | null
}

export type ExplainedGroup = NodeBase & { is: GroupPredicate['is']; of: ExplainedNode[] }

export type ExplainedCondition = NodeBase & {
  is: Exclude<Predicate['is'], GroupPredicate['is']>
  /** What was found: the trait’s value, the count, …; of memberships the ids of those segments that it is in. */
  value: Json
  isAtLeast?: true
  /** Who said so; of traits that were ever written. */
  write?: Provenance
  /** It is about the account of a user who belongs to none. */
  isWithoutAccount?: true
  /** Of conditions about events: those that count, newest first, ten at most. */
  events?: BehindEvent[]
  hasMore?: true
  /** Of a count of 0: when it happened last, whatever the timeframe; null: never up to now. Absent where that is not known. */
  lastAt?: Instant | null
}

export type ExplainedNode = ExplainedGroup | ExplainedCondition

export type ExplainingParts = { reader: SegmentReader; timeline: TimelineParts; clock: Pick<Clock, 'now'> }

/** Rejects with `segment_unknown`, `entity_unknown`, and as timelines do. */
export async function explainMembership(
  { reader, timeline, clock }: ExplainingParts,
  { segment, ref }: { segment: string; ref: string },
): Promise<Explanation> {
  const state = await reader.require(segment)
  const { definition } = state
  const { kind, predicate } = definition
  const placed = await requireOf(definition, ref, reader)
  const now = clock.now()
  const subject = await StoredSubject.load(reader, { definition, placed, now })
  const memberSince = subject.memberSince('self', segment)
  const isMember = memberSince !== undefined
  const explaining = { definition, subject, behind: new BehindEvents(timeline, { kind, entity: placed.entity }), now }
  const explained = predicate && (await explainNode(predicate, explaining))
  const { id, name, isManual, state: stage, progress } = reportSegment(state)
  const matches = explained?.node.matches ?? isMember
  return {
    segment: { id, name, kind, isManual, state: stage, ...(progress && { progress }) },
    entity: shortProfile(placed, reader.profiles.rules[kind]),
    at: new Date(now).toISOString(),
    matches,
    isMember,
    since: instant(isMember ? memberSince : explained && !matches ? explained.since : undefined),
    until: explained?.node.until ?? null,
    tree: explained?.node ?? null,
  }
}

async function requireOf({ id, kind }: SegmentDefinition, ref: string, { profiles }: SegmentReader): Promise<Placed> {
  const { lookup, identity } = profiles
  const other = kind === 'user' ? 'account' : 'user'
  const found = await lookup.find(kind, ref)
  const mistaken = found ? undefined : await lookup.find(other, ref)
  if (mistaken === undefined) return found ?? (await lookup.require(kind, ref))
  const account = other === 'user' ? await findLinkedAccount(mistaken.entity, lookup, identity) : undefined
  throw new MillraceError('entity_unknown', `There is no ${kind} "${ref}", but ${article(other)} of this name.`, {
    hint:
      `The segment "${id}" holds ${kind}s.` +
      (account
        ? ` That user belongs to the account ${shortProfile(account.placed, profiles.rules.account).identifier ?? account.placed.id}.`
        : ''),
  })
}

function article(kind: EntityKind): string {
  return kind === 'user' ? 'a user' : 'an account'
}

type Explaining = { definition: SegmentDefinition; subject: StoredSubject; behind: BehindEvents; now: Millis }
type Explained = { node: ExplainedNode; since: Since }

async function explainNode(predicate: Predicate, explaining: Explaining): Promise<Explained> {
  const { definition, subject, now } = explaining
  const { matches, until } = compileRule(predicate, definition).evaluate(subject, now)
  const base = { at: predicate.at, text: predicateText(predicate), matches, until: instant(until) }
  if (isGroup(predicate)) {
    const children: Explained[] = []
    // One after the other: timelines are searched one at a time.
    for (const child of predicate.of) children.push(await explainNode(child, explaining))
    const since = groupSince(predicate.is, matches, children)
    return { node: { is: predicate.is, ...base, since: instant(since), of: children.map(({ node }) => node) }, since }
  }
  const { since, ...findings } = await explainCondition(predicate, explaining)
  return { node: { is: predicate.is, ...base, since: instant(since), ...findings }, since }
}

type Condition = Exclude<Predicate, GroupPredicate>
type Findings = Omit<ExplainedCondition, keyof NodeBase | 'is'> & { since: Since }

async function explainCondition(predicate: Condition, explaining: Explaining): Promise<Findings> {
  const { definition, subject, behind, now } = explaining
  if (isEventLeaf(predicate)) {
    const { kind, timeZone } = definition
    const tallies = talliesOf(predicate, { kind, zone: typeof timeZone === 'string' ? zoneOf(timeZone) : undefined })
    return await explainEvents(predicate, { subject, tallies, behind, now })
  }
  switch (predicate.is) {
    case 'trait':
      return explainTrait(predicate, subject, now)
    case 'member':
      return explainMember(predicate, subject)
    case 'users':
      // How many there were before, nobody keeps.
      return { value: subject.usersIn(predicate.segment), since: undefined }
  }
}

/** `all` that holds needs every child, `all` that does not hold just one; the others likewise. */
function groupSince(is: GroupPredicate['is'], matches: boolean, children: readonly Explained[]): Since {
  const isEvery = is === 'all' ? matches : (is === 'any') !== matches
  if (isEvery) return sinceAll(children.map(({ since }) => since))
  const deciding = children.filter(({ node }) => node.matches === (is !== 'all'))
  return sinceAny(deciding.map(({ since }) => since))
}

/** The last instant that has a text of the usual form. */
const LAST_INSTANT = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** Null for what is not known, and for never and always. */
function instant(millis: Since): Instant | null {
  return millis === undefined || !Number.isFinite(millis) || millis > LAST_INSTANT ? null : new Date(millis).toISOString()
}
