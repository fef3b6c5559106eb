/** `GET /notifications`: a long poll, or a stream of server-sent events. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { MillraceError } from '../../base/errors.ts'
import { readWhenThere } from '../../engine/notifications/follow-notifications.ts'
import { writeNotificationCursor } from '../../engine/notifications/notification-cursor.ts'
import type { Route } from '../route.ts'
import type { Access } from '../tracking/access.ts'
import { NOTIFICATION_ENDPOINTS } from './notification-endpoints.ts'
import { findCursor, readNotificationQuery } from './notification-query.ts'
import { NotificationStreams, type StreamParts } from './notification-streams.ts'

/** Requests that wait at once, beside streams. */
const POLLS_MAX = 500

export type NotificationRouteParts = StreamParts & { access: Pick<Access, 'requireScope'> }

export function notificationRoutes(parts: NotificationRouteParts): Route[] {
  const streams = new NotificationStreams(parts)
  const polls = new Polls(parts)
  return [
    {
      endpoint: NOTIFICATION_ENDPOINTS.notifications,
      handler: async (request, reply) => {
        parts.access.requireScope(request, 'read')
        if (!request.headers.accept?.includes('text/event-stream')) return await polls.answer(request, reply)
        const { cursor, waitMs: _, ...page } = readNotificationQuery(request)
        const first = async () => await parts.reader.read(await findCursor(parts.reader, cursor), page)
        await streams.open(reply, first, page)
        return reply
      },
      stop: () => {
        streams.close()
        polls.close()
      },
    },
  ]
}

class Polls {
  readonly #parts: StreamParts
  readonly #closing = new AbortController()
  #count = 0

  constructor(parts: StreamParts) {
    this.#parts = parts
  }

  async answer(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    if (this.#count >= POLLS_MAX)
      throw new MillraceError('server_busy', 'Too many readers wait for notifications at the moment.', { retryable: true })
    this.#count++
    try {
      const { cursor, ...asked } = readNotificationQuery(request)
      const left = new AbortController()
      reply.raw.once('close', () => left.abort())
      const signal = AbortSignal.any([left.signal, this.#closing.signal])
      const page = await readWhenThere(this.#parts, await findCursor(this.#parts.reader, cursor), { ...asked, signal })
      return { notifications: page.notifications, cursor: writeNotificationCursor(page.cursor), hasMore: page.hasMore }
    } finally {
      this.#count--
    }
  }

  /** Whoever waits is answered. */
  close(): void {
    this.#closing.abort()
  }
}
