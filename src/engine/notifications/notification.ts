/**
 * Notifications in the shape of Hull's: what is known of an entity now, and what has changed since the reader's cursor. Times are ISO
 * 8601 in UTC throughout.
 */
import type { Json, JsonObject } from '../../base/json.ts'
import type { Instant } from '../../model/event/event.ts'
import type { SegmentType } from '../../model/notification-channel.ts'
import type { EntityId } from '../../model/profile/entity.ts'

export type Notification = UserUpdate | AccountUpdate | EntityDelete | SegmentNotification

/** The same for the same change of the same entity between the same two cursors: what is received twice is known by it. */
type Identified = { message_id: string }

export type UserUpdate = Identified & {
  channel: 'user:update'
  /** All that is known, under the keys of `entity-facts.ts`, with `indexed_at` and `segment_ids`. */
  user: EntityReport
  /** The account that the user belongs to; `{}` when there is none, as in Hull's. */
  account: EntityReport | NoReport
  segments: SegmentReport[]
  segment_ids: string[]
  account_segments: SegmentReport[]
  account_segment_ids: string[]
  /** In the order of the log. Changes of attributes and segments are no events here, but stand in `changes`. */
  events: EventMessage[]
  changes: UserChanges
}

export type AccountUpdate = Identified & {
  channel: 'account:update'
  account: EntityReport
  account_segments: SegmentReport[]
  account_segment_ids: string[]
  changes: AccountChanges
}

/** It ended: it is part of another, or was erased (`merged_into` is null). */
export type EntityDelete = Identified & { merged_into: EntityId | null } & (
    | { channel: 'user:delete'; user: { id: EntityId } }
    | { channel: 'account:delete'; account: { id: EntityId } }
  )

export type SegmentNotification = Identified & {
  channel: `${SegmentType}:${'update' | 'delete'}`
  segment: SegmentReport
}

export type EntityReport = { id: EntityId; [key: string]: Json }
export type NoReport = Record<string, never>

export function isReport(report: EntityReport | NoReport): report is EntityReport {
  return 'id' in report
}

/** By key of the report: before and after; null where there is nothing. */
export type FactChanges = Record<string, [from: Json, to: Json]>
export type SegmentChanges = { entered: SegmentReport[]; left: SegmentReport[] }

export type AccountChanges = {
  account: FactChanges
  account_segments: SegmentChanges
  /** It came into being between the cursors. */
  is_new: boolean
}

export type UserChanges = {
  user: FactChanges
  /** Of the account. Of one that the user has come to, `id` with both ids: all of it is new, and stands in `account`. */
  account: FactChanges
  segments: SegmentChanges
  account_segments: SegmentChanges
  is_new: boolean
}

export type SegmentReport = {
  id: string
  name: string
  type: SegmentType
  /** Null only of a segment that is gone. */
  created_at: Instant | null
  updated_at: Instant | null
}

export type EventMessage = {
  event_id: string
  user_id: EntityId
  /** The source that sent it, or whose writing caused it. */
  event_source: string
  app_id: string | null
  app_name: string | null
  event: string
  event_type: string
  context: JsonObject
  anonymous_id: string | null
  session_id: string | null
  created_at: Instant
  properties: JsonObject
}
