/**
 * Notifications as server-sent events. Each message is what a poll would have answered, with its cursor as id, so a client that was cut
 * off goes on exactly behind what it has received. A reader that takes nothing is waited for, not written for: it gets fewer, larger
 * messages, and at most one page is held for it.
 */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import { MillraceError } from '../../base/errors.ts'
import { type FollowParts, readWhenThere } from '../../engine/notifications/follow-notifications.ts'
import { type NotificationCursor, writeNotificationCursor } from '../../engine/notifications/notification-cursor.ts'
import type { NotificationPage, PageRequest } from '../../engine/notifications/notification-reader.ts'
import { problemOf } from '../problem.ts'

const STREAMS_MAX = 100
/** Proxies of the field drop connections that are silent for a minute. */
const HEARTBEAT_MS = 15_000
/** A client that has taken nothing for so long is gone. */
const STALLED_MS = 60_000
/** After which clients come back when a stream has ended. */
const RETRY_MS = 1_000

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Proxies must not gather what is to be seen at once.
  'x-accel-buffering': 'no',
  // When the server stops, nothing else comes over it.
  connection: 'close',
}

export type StreamParts = FollowParts & { reportBug: (error: unknown) => void }

export class NotificationStreams {
  readonly #parts: StreamParts
  readonly #closing = new AbortController()
  #count = 0

  constructor(parts: StreamParts) {
    this.#parts = parts
  }

  /**
   * Sends `first` and what comes behind it, until the client leaves or the server stops. Rejects as `first` does, before anything is
   * sent, and with `server_busy` when there are as many streams as may be.
   */
  async open(reply: FastifyReply, first: () => Promise<NotificationPage>, request: PageRequest): Promise<void> {
    if (this.#count >= STREAMS_MAX || this.#closing.signal.aborted)
      throw new MillraceError('server_busy', 'No more streams of notifications are opened at the moment.', { retryable: true })
    this.#count++
    let page: NotificationPage
    try {
      page = await first()
    } catch (error) {
      this.#count--
      throw error
    }
    reply.hijack()
    void this.#serve(reply.raw, page, request)
  }

  async #serve(response: ServerResponse, first: NotificationPage, request: PageRequest): Promise<void> {
    const left = new AbortController()
    response.once('close', () => left.abort())
    // It may have left while the first page was read.
    if (response.destroyed) left.abort()
    const signal = AbortSignal.any([left.signal, this.#closing.signal])
    try {
      response.writeHead(200, HEADERS)
      await this.#write(response, `retry: ${RETRY_MS}\n${textOf(first)}`, signal)
      await this.#follow(response, first.cursor, { ...request, waitMs: HEARTBEAT_MS, signal })
    } catch (error) {
      if (!(error instanceof MillraceError)) this.#parts.reportBug(error)
      response.write(`event: error\ndata: ${JSON.stringify(problemOf(error))}\n\n`)
    } finally {
      this.#count--
      response.end()
    }
  }

  close(): void {
    this.#closing.abort()
  }

  async #follow(response: ServerResponse, from: NotificationCursor, request: Parameters<typeof readWhenThere>[2]): Promise<void> {
    for (let cursor = from; !request.signal.aborted;) {
      const page = await readWhenThere(this.#parts, cursor, request)
      if (request.signal.aborted) return
      await this.#write(response, textOf(page), request.signal)
      cursor = page.cursor
    }
  }

  /** Resolves when the client has taken it, the signal aborts, or the client is given up. */
  async #write(response: ServerResponse, text: string, signal: AbortSignal): Promise<void> {
    if (response.write(text)) return
    const taken = new AbortController()
    const waiting = AbortSignal.any([signal, taken.signal])
    await Promise.race([
      once(response, 'drain', { signal: waiting }).catch(() => {}),
      this.#parts.clock.sleep(STALLED_MS, waiting),
    ])
    taken.abort()
    if (response.writableNeedDrain && !signal.aborted) response.destroy()
  }
}

/** Without notifications it is a beat, which moves the id on all the same. */
function textOf({ notifications, cursor, hasMore }: NotificationPage): string {
  const id = writeNotificationCursor(cursor)
  if (notifications.length === 0) return `id: ${id}\n: beat\n\n`
  return `id: ${id}\nevent: notifications\ndata: ${JSON.stringify({ notifications, cursor: id, hasMore })}\n\n`
}
