/** What a request for notifications asks for. */
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type NotificationCursor, readNotificationCursor } from '../../engine/notifications/notification-cursor.ts'
import { channelsAbout, type NotificationFilter } from '../../engine/notifications/notification-filter.ts'
import type { NotificationReader } from '../../engine/notifications/notification-reader.ts'
import { NOTIFICATION_CHANNELS, NOTIFICATIONS_DEFAULT, NOTIFICATIONS_MAX } from '../../model/notification-channel.ts'
import { manyTexts, readQuery } from '../profiles/request-reading.ts'

const WAIT_SECONDS_MAX = 30

const channel = z.enum(NOTIFICATION_CHANNELS)

const querySchema = z.strictObject({
  cursor: z.string().min(1).default('now'),
  wait: z.coerce.number().int().min(0).max(WAIT_SECONDS_MAX).default(0),
  limit: z.coerce.number().int().min(1).max(NOTIFICATIONS_MAX).default(NOTIFICATIONS_DEFAULT),
  channel: z
    .union([channel.transform((one) => [one]), z.array(channel)], { error: `one of ${NOTIFICATION_CHANNELS.join(', ')}` })
    .optional(),
  segment: manyTexts,
  kind: z.enum(['user', 'account']).optional(),
})

export type NotificationQuery = { cursor: string; waitMs: number; limit: number; filter: NotificationFilter }

/** Throws `request_invalid`. */
export function readNotificationQuery(request: FastifyRequest): NotificationQuery {
  const { cursor, wait, limit, channel, segment, kind } = readQuery(request, querySchema)
  const about = kind && channelsAbout(kind)
  const channels = about && channel ? channel.filter((one) => about.includes(one)) : (channel ?? about)
  const filter = { ...(channels && { channels }), ...(segment && { segments: segment }) }
  // What a stream has brought last counts more than the address at which it was opened.
  const { 'last-event-id': lastId } = request.headers
  return { cursor: typeof lastId === 'string' && lastId !== '' ? lastId : cursor, waitMs: wait * 1_000, limit, filter }
}

/** Throws `request_invalid`. */
export async function findCursor(reader: NotificationReader, text: string): Promise<NotificationCursor> {
  return text === 'now' || text === 'start' ? await reader.begin(text) : readNotificationCursor(text)
}
