/**
 * Timelines, page by page, newest first, exact while events come and are filed. How: the lake says up to where it has filed;
 * then the store's outputs after that are read, then the lake. So an event is found at least once wherever it moves meanwhile,
 * and what is found twice is known by its place.
 */
import { z } from 'zod'
import type { EventPlace } from '../../../model/event/event-order.ts'
import { placeOf } from '../../../model/event/event-order.ts'
import { reportEvent } from '../../../model/event/event-report.ts'
import type { EventReport } from '../../../model/event/timeline-event.ts'
import { firstOf, type TimelineFilter } from '../../../model/event/timeline-query.ts'
import type { Entity, EntityKind } from '../../../model/profile/entity.ts'
import type { StoreReader } from '../../../store/store.ts'
import { readCursor, writeCursor } from './page-cursor.ts'
import type { TimelineSource } from './timeline-source.ts'
import { readUnfiledEvents } from './unfiled-events.ts'

/** Of one page. */
export const TIMELINE_EVENTS_MAX = 500
/** Requests are received in nearly the order in which they are appended; this is far more than they differ by. */
const RECEIVED_OUT_OF_ORDER_MAX_MS = 60 * 60 * 1000

export type TimelinePage = {
  events: EventReport[]
  /** Give it back for the page of older events; null on the last. */
  nextCursor: string | null
}

export type PageRequest = { filter: TimelineFilter; limit: number; cursor?: string }

export type TimelineParts = { store: Pick<StoreReader, 'readOutputs'>; source: TimelineSource }

const placeSchema = z.tuple([z.string(), z.int(), z.int(), z.int(), z.string()])

/** Rejects with `request_invalid` for a foreign cursor, and as store and source do. */
export async function readTimeline(
  { store, source }: TimelineParts,
  { kind, entity }: { kind: EntityKind; entity: Entity },
  { filter, limit, cursor }: PageRequest,
): Promise<TimelinePage> {
  const created = entity.parts.map(({ created }) => created.receivedAt)
  const query = {
    kind,
    parts: entity.parts.map(({ id }) => id),
    filter,
    receivedFrom: Math.min(...created) - RECEIVED_OUT_OF_ORDER_MAX_MS,
    // One more tells whether there is a next page.
    limit: limit + 1,
    ...(cursor !== undefined && { after: readPlace(cursor) }),
  }
  const filedThrough = await source.filedThrough()
  const unfiled = await readUnfiledEvents(store, query, filedThrough)
  const filed = await source.read(query)
  const events = firstOf([...unfiled, ...filed], query.limit)
  const page = events.slice(0, limit)
  const last = page.at(-1)
  return {
    events: page.map(reportEvent),
    nextCursor: events.length > limit && last ? writePlace(placeOf(last)) : null,
  }
}

function writePlace({ occurredAt, position, index, rank, id }: EventPlace): string {
  return writeCursor([occurredAt, position, index, rank, id])
}

function readPlace(cursor: string): EventPlace {
  const [occurredAt, position, index, rank, id] = readCursor(cursor, placeSchema)
  return { occurredAt, position, index, rank, id }
}
