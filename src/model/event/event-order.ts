/**
 * The order of a timeline: by when things happened, then by their places in the log. Events of one place (an identify, and what
 * Millrace made of it) follow each other as they came about: that somebody came to be, the event itself, what it changed.
 */
import type { Instant } from './event.ts'
import type { TimelineEvent } from './timeline-event.ts'

/** Where an event stands on its timeline; no two events of one timeline share it. */
export type EventPlace = { occurredAt: Instant; position: number; index: number; rank: number; id: string }

/** By type, within one place of the log; all types that are not listed have `TRACKED_RANK`. */
export const TYPE_RANKS: Readonly<Record<string, number>> = {
  user_created: 0,
  account_created: 0,
  user_merged: 1,
  account_merged: 1,
  user_split: 1,
  account_split: 1,
  attributes_changed: 3,
  segment: 4,
}
export const TRACKED_RANK = 2

/**
 * An event's time is at most so far ahead of the time at which it was received: the door takes nothing that is more than a day
 * ahead, and an hour is for clocks that were set back.
 */
export const OCCURRED_AHEAD_MAX_MS = 25 * 60 * 60 * 1000

export function placeOf({ occurredAt, position, index, type, id }: TimelineEvent): EventPlace {
  return { occurredAt, position, index, rank: TYPE_RANKS[type] ?? TRACKED_RANK, id }
}

/** Negative when `a` comes first on a timeline, whose newest event is its first. */
export function compareNewestFirst(a: EventPlace, b: EventPlace): number {
  // Instants are texts of one form, so that texts order like instants.
  if (a.occurredAt !== b.occurredAt) return a.occurredAt > b.occurredAt ? -1 : 1
  return b.position - a.position || b.index - a.index || b.rank - a.rank || Buffer.compare(Buffer.from(b.id), Buffer.from(a.id))
}
