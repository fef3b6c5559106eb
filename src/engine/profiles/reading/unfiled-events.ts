/**
 * Events of a timeline that the lake has not filed yet, from the store's outputs. A line is parsed only when its bytes hold an id
 * that is asked for; everything else is searched as bytes. Cost: decompressing what is unfiled, a second for some 500 MB.
 */
import { setImmediate } from 'node:timers/promises'
import type { Position } from '../../../log/log.ts'
import { type DecodedSection, decodeBatch } from '../../../model/document-batch.ts'
import type { TimelineEvent } from '../../../model/event/timeline-event.ts'
import { firstOf, matchesQuery, type TimelineQuery } from '../../../model/event/timeline-query.ts'
import { EVENTS } from '../../../model/system-collections.ts'
import type { StoreReader } from '../../../store/store.ts'

/** Compressed; a hundredth of a second of work or so between two looks at other requests. */
const READ_BYTES = 512 * 1024
const LINE_BREAK = 10

/** The first `limit` events of the query among those that log entries after `after` led to. */
export async function readUnfiledEvents(
  store: Pick<StoreReader, 'readOutputs'>,
  query: TimelineQuery,
  after: Position,
): Promise<TimelineEvent[]> {
  let found: TimelineEvent[] = []
  let position = after
  for (;;) {
    const batches = await store.readOutputs(EVENTS, position, READ_BYTES)
    const last = batches.at(-1)
    if (last === undefined) return firstOf(found, query.limit)
    for (const { payload } of batches) {
      const events = decodeBatch(payload).flatMap((section) => eventsIn(section, query))
      if (events.length > 0) found = firstOf([...found, ...events], query.limit)
      await setImmediate()
    }
    position = last.through
  }
}

function eventsIn(section: DecodedSection, query: TimelineQuery): TimelineEvent[] {
  const ids = query.parts.map((part) => Buffer.from(part))
  // The key of a line is its user's part; its account's only where it has no user.
  const isAbsent = query.kind === 'user' && !ids.some((id) => section.keyBytes().includes(id))
  if (section.count === 0 || isAbsent) return []
  const bytes = section.documentBytes()
  return [...linesWith(bytes, ids)]
    .map(([start, end]) => JSON.parse(bytes.toString('utf8', start, end)) as TimelineEvent)
    .filter((event) => matchesQuery(event, query))
}

/** Begin and end of each line that holds one of these texts, by begin. */
function linesWith(bytes: Buffer, ids: readonly Buffer[]): Map<number, number> {
  const lines = new Map<number, number>()
  for (const id of ids) {
    for (let at = bytes.indexOf(id); at >= 0;) {
      const lineBreak = bytes.indexOf(LINE_BREAK, at)
      const end = lineBreak < 0 ? bytes.length : lineBreak
      lines.set(bytes.lastIndexOf(LINE_BREAK, at) + 1, end)
      at = bytes.indexOf(id, end)
    }
  }
  return lines
}
