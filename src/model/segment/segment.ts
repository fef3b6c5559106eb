/**
 * Segments: what is defined, and what the store keeps of them.
 *
 * Spaces of the store:
 *   `segment`              key: id; `SegmentState`. Internal ones (`users` predicates) begin with `~`.
 *   `tally`                key: that of the tally; `TallyState`.
 *   `activity/user`        key: `<part>/<name of the event>`; `Activity`. Parts are never merged, so a split undoes exactly what a merge
 *                          did; and an event reads and writes only what was counted of its name.
 *   `activity/account`     likewise; sums over the account's users.
 *   `part/user`, `part/account`   key: id of a part; `PartState`.
 *   `membership/user`, `membership/account`   key: id of the entity; `Membership` (membership.ts).
 *   `deadline`             key: `<13 digits of the instant>/<kind>/<part>`: look at the entity of this part then.
 *   `account-user`         key: `<account part>/<user>` of users that were linked, `@<domain>/<user>` by the domain of their emails.
 *
 * **Time is that of the log.** An input is evaluated at the `appendedAt` of its entry, which never goes backwards, and before it
 * everything that was due by then. When nothing comes and something is due, the engine appends a `tick`. So a replay decides the same.
 */
import type { JsonObject } from '../../base/json.ts'
import type { Instant } from '../event/event.ts'
import type { EntityId, EntityKind, Millis } from '../profile/entity.ts'
import type { EventSelector, GroupPredicate } from './predicate.ts'

export type SegmentDefinition = {
  /** As in the catalog: `[a-z0-9][a-z0-9_-]*` in any case, 100 characters. */
  id: string
  name: string
  kind: EntityKind
  /** Absent: a manual segment, whose members are added and removed by hand. */
  predicate?: GroupPredicate
  /** As it was written; shown again as it is. */
  document?: JsonObject
  /** Of calendar days, months and years: an IANA name, or the trait that holds the entity's (the workspace's where that is no zone). */
  timeZone: string | { trait: string; otherwise: string }
}

/** Who may change it: a catalog's `apply` deletes those of the catalog that it no longer has, and leaves the others alone. */
export type SegmentOwner = 'catalog' | 'api' | 'internal'

export type SegmentState = {
  definition: SegmentDefinition
  owner: SegmentOwner
  /** Position of the log at which this rule was set. A change is a new version. */
  version: number
  createdAt: Instant
  updatedAt: Instant
  members: number
  /** While history is looked at. Until then those who were members stay so, and nobody enters. */
  filling?: Filling
  /** It will be gone when the last member has left. */
  isDeleting?: true
}

/**
 * | step | what | ends with |
 * |---|---|---|
 * | `history` | events before `version` are counted, for questions that nobody asked before | the last page of parts |
 * | `members` | everybody who may match, now or by time alone, and every present member, is evaluated | the last page of entities |
 *
 * Pages are commands on the log. A page that does not begin at `cursor` is none of this filling and has no effect.
 */
export type Filling = { step: 'history' | 'members'; cursor: string; done: number; total: number | null; startedAt: Instant }

/** A question that segments ask of an entity's events, shared by all that ask the same. */
export type Tally = { events: EventSelector; kind: EntityKind; keeps: Keep }

/** What is kept of the events that are meant; instants in milliseconds, sorted. The least that answers the question. */
export type Keep =
  /** How many, up to `cap`, of those in [from, until). */
  | { keep: 'count'; cap: number; from?: Millis; until?: Millis }
  /** The `size` latest that have happened, and those said to happen yet. */
  | { keep: 'latest'; size: number }
  | { keep: 'earliest'; size: number }
  /** All in [from, until), and not older than `forMs`; with a property's value. The newest `OCCURRENCES_MAX`. */
  | { keep: 'all'; from?: Millis; until?: Millis; forMs?: number; property?: string }

export type TallyState = {
  /** Short, of this use only: a question that nobody has asked for a while begins anew. */
  key: string
  tally: Tally
  /** Entries up to here count from history only. */
  since: number
  /** The segment whose filling brings the history. */
  owner: string
  isComplete: boolean
  /**
   * Of accounts, until complete: the tally that counts the same for each user, of which history comes in the same pages. From one that is
   * complete already a user who moves would bring along what a page is still to bring.
   */
  twin?: string
}

/** By key of the tally. A number for `count`; instants; with a property, instants and values in turn. */
export type Counted = number | (number | string | boolean | null)[]

/** A tally, asked about the events of log entries up to position `through`. */
export type PastTally = Pick<Tally, 'events' | 'keeps'> & { through: number }

/** What such tallies keep of a part's events, by number in the list that was asked for. */
export type CountedPart = { part: EntityId; tallies: [number: number, counted: Counted][] }

/** What was counted of a part's events of one name, by key of the tally. */
export type Activity = Record<string, Counted>

/** What else is kept of a part. */
export type PartState = {
  /** Names of events that were counted: those of its activities. */
  events?: string[]
  /** Manual segments that it was added to. */
  manual?: string[]
  /** Of an entity's own part, as all below: the instant of its deadline. */
  wake?: Millis
  /** Of every part of an entity that has several: all of them, its own first. */
  parts?: EntityId[]
  /** Users: the part of the account that it belongs to. */
  account?: EntityId
  /** Users: under what it stands in `account-user`: parts of accounts, and `@<domain>`. */
  accountKeys?: string[]
  /** Accounts: how many of its users are in an internal segment. */
  users?: Record<string, number>
}

export const SEGMENT_SPACE = 'segment'
export const TALLY_SPACE = 'tally'
export const DEADLINE_SPACE = 'deadline'
export const ACCOUNT_USER_SPACE = 'account-user'

export function activitySpace(kind: EntityKind): string {
  return `activity/${kind}`
}

export function activityKey(part: EntityId, event: string): string {
  return `${part}/${event}`
}

export function partSpace(kind: EntityKind): string {
  return `part/${kind}`
}

export function membershipSpace(kind: EntityKind): string {
  return `membership/${kind}`
}

export const SEGMENTS_MAX = 2_000
export const SEGMENT_ID_CHARACTERS_MAX = 100
export const SEGMENT_NAME_CHARACTERS_MAX = 200
