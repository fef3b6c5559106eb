/** Waiting for notifications: who asks is woken when more of the log is applied; nobody polls. */
import type { Clock } from '../../base/clock.ts'
import type { Position } from '../../log/log.ts'
import type { NotificationCursor } from './notification-cursor.ts'
import { lastWholePosition } from './notification-cursor.ts'
import type { NotificationPage, NotificationReader, PageRequest } from './notification-reader.ts'

export type FollowParts = {
  reader: NotificationReader
  clock: Clock
  /** Resolves when the log is applied and committed up to this position, or when the signal aborts. */
  waitForMore: (position: Position, signal: AbortSignal) => Promise<void>
}

export type FollowRequest = PageRequest & {
  /** How long an answer without notifications may take, in milliseconds. */
  waitMs: number
  signal: AbortSignal
}

/** For a page of which the filter leaves nothing the next one is read at once, for so long at least. */
const READING_MS = 1_000

/**
 * The first page that has notifications; an empty one when none came in time or the signal aborted. Its cursor is where to go on in any
 * case. Rejects as reading does.
 */
export async function readWhenThere(
  { reader, clock, waitForMore }: FollowParts,
  from: NotificationCursor,
  { waitMs, signal, ...request }: FollowRequest,
): Promise<NotificationPage> {
  const startedAt = clock.now()
  let cursor = from
  for (;;) {
    const page = await reader.read(cursor, request)
    const spentMs = clock.now() - startedAt
    if (page.notifications.length > 0 || signal.aborted) return page
    cursor = page.cursor
    if (page.hasMore && spentMs < Math.max(waitMs, READING_MS)) continue
    if (page.hasMore || spentMs >= waitMs) return page
    const done = new AbortController()
    const waiting = AbortSignal.any([signal, done.signal])
    await Promise.race([waitForMore(lastWholePosition(cursor.at) + 1, waiting), clock.sleep(waitMs - spentMs, waiting)]).finally(
      () => done.abort(),
    )
  }
}
