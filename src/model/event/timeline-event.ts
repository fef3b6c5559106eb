/** An event on timelines, as `profiles` publishes it and the lake files it: the tracked event with whom it belongs to. */
import type { EntityId } from '../profile/entity.ts'
import type { Json } from '../../base/json.ts'
import type { Correction, TrackedEvent } from './event.ts'

/** Types of events that Millrace makes. */
export const MADE_EVENT_TYPES = [
  'user_created',
  'user_merged',
  'account_created',
  'account_merged',
  'user_split',
  'account_split',
  'attributes_changed',
  'segment',
] as const
export type MadeEventType = (typeof MADE_EVENT_TYPES)[number]

/** Internal: searchable and usable in segments, but in no notification and no export. All others go out like tracked ones. */
export const INTERNAL_EVENT_TYPES: readonly string[] = ['attributes_changed', 'segment'] satisfies MadeEventType[]

/** Why a trait of an event was not taken. */
export type TraitRefusal = { trait: string; code: string; message: string }

/** What was done with an identifier of an event, where it is not what its sender would expect. */
export type IdentityNote = {
  kind: string
  code: 'identifier_blocked' | 'identifier_kept' | 'identifier_limit' | 'merge_refused'
  message: string
}

/**
 * Members in this order. `position` and `index` are the input's place in the log; with `id` they identify the line, also where a
 * line is read twice (from the outputs and from the lake).
 */
export type TimelineEvent = {
  /** The part of the user's profile that it belongs to; after a merge parts stay, so a timeline is that of all parts. */
  user?: EntityId
  account?: EntityId
  position: number
  index: number
  /** Traits that were not taken. */
  refused?: TraitRefusal[]
  notes?: IdentityNote[]
} & Omit<TrackedEvent, 'type'> & { type: TrackedEvent['type'] | MadeEventType }

/**
 * The form in which events are shown: that of Hull's index, with the plain `properties` beside `props`.
 * `text_value` is there for every value but null; numbers, booleans and instants have their own value as well.
 */
export type EventReport = {
  event_id: string
  event: string
  /** `track`, `page`, …, `attributes_changed`, `user_merged`. */
  type: string
  /** occurredAt. */
  created_at: string
  /** receivedAt. */
  indexed_at: string
  /** The source that sent it or whose writing caused it; name and kind of it. */
  app_id: string | null
  app_name: string | null
  source: string
  session_id: string | null
  props: IndexedProperty[]
  properties: Record<string, Json>
  context: Record<string, Json>
  position: number
  index: number
  /** Traits that were not taken, what was done with identifiers, and what the door changed; absent when there is none. */
  refused?: TraitRefusal[]
  notes?: IdentityNote[]
  corrections?: Correction[]
}

export type IndexedProperty = {
  field_name: string
  text_value?: string | string[]
  num_value?: number
  bool_value?: boolean
  date_value?: string
}
