/** What a reader may ask of timelines. The lake answers it in SQL, the events that it has not filed yet are matched here. */
import type { EntityId, EntityKind, Millis } from '../profile/entity.ts'
import type { Instant } from './event.ts'
import { compareNewestFirst, type EventPlace, placeOf } from './event-order.ts'
import { eventName } from './event-report.ts'
import { INTERNAL_EVENT_TYPES, type TimelineEvent } from './timeline-event.ts'

export type TimelineFilter = {
  /** Any of these. */
  types?: readonly string[]
  /** As reports call events (event-report.ts): any of these. */
  names?: readonly string[]
  sources?: readonly string[]
  /** By occurredAt, inclusive. */
  since?: Instant
  /** By occurredAt, exclusive. */
  until?: Instant
  /** Without those that never leave: changes of attributes and segments. */
  withoutInternal?: boolean
}

export type TimelineQuery = {
  kind: EntityKind
  /** Whose events: the parts of one entity. */
  parts: readonly EntityId[]
  filter: TimelineFilter
  /** Only events that come after this place, that is older ones. */
  after?: EventPlace
  /** None of the events was received before. */
  receivedFrom: Millis
  limit: number
}

export function matchesQuery(event: TimelineEvent, { kind, parts, filter, after }: TimelineQuery): boolean {
  const part = event[kind]
  if (part === undefined || !parts.includes(part) || !matchesFilter(event, filter)) return false
  return after === undefined || compareNewestFirst(placeOf(event), after) > 0
}

function matchesFilter(event: TimelineEvent, { types, names, sources, since, until, withoutInternal }: TimelineFilter): boolean {
  if (types && !types.includes(event.type)) return false
  if (names && !names.includes(eventName(event))) return false
  if (sources && !sources.includes(event.source)) return false
  if (withoutInternal && INTERNAL_EVENT_TYPES.includes(event.type)) return false
  return (since === undefined || event.occurredAt >= since) && (until === undefined || event.occurredAt < until)
}

/** The first `limit` of these events, newest first, each once. */
export function firstOf(events: readonly TimelineEvent[], limit: number): TimelineEvent[] {
  const byPlace = new Map(events.map((event) => [`${event.position}/${event.index}/${event.id}`, event]))
  return [...byPlace.values()]
    .map((event) => ({ event, place: placeOf(event) }))
    .toSorted((a, b) => compareNewestFirst(a.place, b.place))
    .slice(0, limit)
    .map(({ event }) => event)
}
