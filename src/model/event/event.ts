/**
 * An event as it stands on the log: what the door makes of whatever an SDK sends. From here on nobody asks which SDK it was.
 * Text form: JSON, members in the order of the type, absent ones left out, no line breaks.
 */
import type { Json, JsonObject } from '../../base/json.ts'

/** The six calls of the field, and two of ours: `unalias` takes an identifier away, `merge` says that identifiers are one person. */
export const EVENT_TYPES = ['identify', 'track', 'page', 'screen', 'group', 'alias', 'unalias', 'merge'] as const
export type EventType = (typeof EVENT_TYPES)[number]

/** ISO 8601 in UTC with milliseconds and a year of four digits, so that texts order like instants: `2026-03-01T08:00:00.000Z`. */
export type Instant = string

/** An identifier as a client claims it; `kind` is one of the catalog's (`external_id`, `email`, `anonymous_id`, …). */
export type Claim = { kind: string; value: string }

export type TrackedEvent = {
  /** The message id: 1 to 100 characters; longer ones are replaced by a hash, absent ones are made. Repeats are known by it. */
  id: string
  type: EventType
  /** Of a track: its name. Of a page or screen: the name that was given, if any. */
  name?: string
  /** Name of the source in the catalog. */
  source: string
  userId?: string
  anonymousId?: string
  /** Of the account. */
  groupId?: string
  /** alias, unalias: the identifier that is joined or taken away. */
  previousId?: string
  /** Further identifiers of the user: `context.externalIds`, `context.externalId`, the properties of a merge. */
  claims?: Claim[]
  /** Further identifiers of the account: those of `context.externalIds` whose collection is "accounts" or "groups". */
  accountClaims?: Claim[]
  /** identify: of the user. group: of the account. */
  traits?: JsonObject
  properties?: JsonObject
  context?: JsonObject
  /** Which destinations may have it: `{ All: false, Name: true | {…} }`, names case-sensitive. */
  integrations?: JsonObject
  /** When it happened, corrected for the client's clock. */
  occurredAt: Instant
  /** When Millrace received it. */
  receivedAt: Instant
  /** When the client sent it, as it said. */
  sentAt?: Instant
  /** When it happened, as the client said. */
  originalTimestamp?: Instant
  /** What the door changed, so that nobody has to guess. */
  corrections?: Correction[]
}

/** `member` as a JSON pointer into what was sent; `was` only where it is short. */
export type Correction = { member: string; reason: string; was?: Json }
