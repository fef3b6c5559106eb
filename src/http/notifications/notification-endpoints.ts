/** The endpoint of notifications: what changed about users, accounts and segments since a cursor. */
import { z } from 'zod'
import { NOTIFICATION_CHANNELS } from '../../model/notification-channel.ts'
import type { Endpoint } from '../endpoints.ts'
import { KEY_NOTES, READ_ERRORS } from '../profiles/reading-endpoints.ts'

const segment = z.object({
  id: z.string().describe('Id of the segment.'),
  name: z.string().describe('Its name.'),
  type: z.enum(['users_segment', 'accounts_segment']).describe('What it holds.'),
  created_at: z.iso.datetime().nullable().describe('Null only of a segment that is gone.'),
  updated_at: z.iso.datetime().nullable().describe('When its definition changed last.'),
})
const segments = z.array(segment)
const moves = z.object({ entered: segments.describe('Entered since.'), left: segments.describe('Left since.') })
const facts = z.record(z.string(), z.tuple([z.unknown(), z.unknown()]))
const report = z.looseObject({ id: z.string().describe('24 hex digits.') })

const event = z.object({
  event_id: z.string().describe('Message id.'),
  user_id: z.string().describe('Whose it is now.'),
  event_source: z.string().describe('The source that sent it.'),
  app_id: z.string().nullable().describe('The same.'),
  app_name: z.string().nullable().describe('Its name.'),
  event: z.string().describe('Name of a track, else the type.'),
  event_type: z.string().describe('`track`, `page`, `identify`, …'),
  context: z
    .record(z.string(), z.unknown())
    .describe('As it came, with browser, os, page, referrer and campaign where they follow.'),
  anonymous_id: z.string().nullable().describe('As it was sent.'),
  session_id: z.string().nullable().describe('From the context, where the SDK has sessions.'),
  created_at: z.iso.datetime().describe('When it happened.'),
  properties: z.record(z.string(), z.unknown()).describe('Of an identify and a group, the traits.'),
})

const notification = z.object({
  message_id: z.string().describe('The same for the same notification between the same cursors.'),
  channel: z.enum(NOTIFICATION_CHANNELS).describe('What it tells; the other members depend on it.'),
  user: report.optional().describe('What is known of the user now: identifiers and traits. Of `user:delete` only the id.'),
  account: z
    .union([report, z.strictObject({})])
    .optional()
    .describe('The account, or that of the user: `{}` when there is none. Of `account:delete` only the id.'),
  merged_into: z.string().nullable().optional().describe('Of a deletion: what it is part of now; null when it was erased.'),
  segments: segments.optional().describe('The segments that the user is in.'),
  segment_ids: z.array(z.string()).optional().describe('Their ids.'),
  account_segments: segments.optional().describe('The segments that the account is in.'),
  account_segment_ids: z.array(z.string()).optional().describe('Their ids.'),
  events: z.array(event).optional().describe('Of the user since, in the order in which they were taken; internal ones left out.'),
  changes: z
    .object({
      user: facts.optional().describe('By key of the report: before and after, null where there is nothing.'),
      account: facts.describe('Of the account. Of another account than before only `id`.'),
      segments: moves.optional().describe('Of the user.'),
      account_segments: moves.describe('Of the account.'),
      is_new: z.boolean().describe('It came into being since.'),
    })
    .optional()
    .describe('What is different from what was told up to the cursor.'),
  segment: segment.optional().describe('The segment that changed or ended.'),
})

export const resumeRequest = z
  .strictObject({
    from: z
      .enum(['now', 'start'])
      .optional()
      .describe('With what comes from now on, or with all that is kept. Default: where it stands.'),
  })
  .optional()

export const NOTIFICATION_ENDPOINTS = {
  notifications: {
    methods: ['GET'],
    path: '/notifications',
    aliases: ['/v1/notifications'],
    summary: 'What changed about users, accounts and segments since a cursor, one notification for each.',
    notes: [
      '`cursor` takes that of the answer before, or `now` (the default: what comes from now on), or `start` (all that is kept). Nothing is lost or told twice between cursors, whatever comes meanwhile.',
      '`wait` is for how many seconds an answer without notifications may take, up to 30; 0 unless said otherwise. `limit` is 100 unless said otherwise, 500 at most.',
      'Filters: `channel` and `segment` (ids), each as often as wanted, and `kind` (`user` or `account`). A segment lets through who is in it, or has just entered or left it; that somebody ended is told in any case.',
      'Who lags gets fewer, larger notifications: `changes` are from the cursor to the answer’s, events are all there, reports are the latest.',
      'With `Accept: text/event-stream` the answers come one after the other, each as a message of the event `notifications` with its cursor as `id`; `Last-Event-ID` goes on behind it. A message of the event `error` says why a stream ends.',
      'How long notifications are kept is said at the start (`--notification-hours`).',
      KEY_NOTES.read,
    ],
    response: z.object({
      notifications: z.array(notification).describe('In the order in which the last of each came.'),
      cursor: z.string().describe('Where to go on.'),
      hasMore: z.boolean().describe('True: there may be more already.'),
    }),
    errors: [...READ_ERRORS, 'cursor_expired', 'server_busy'],
  },
  resumeWebhook: {
    methods: ['POST'],
    path: '/notifications/webhooks/{name}/resume',
    summary: 'Lets a webhook go on that has stopped.',
    notes: [
      'Answered 202 when the order is on disk; it goes on within moments, also after a restart.',
      'Without `from` it goes on where it stands. When what comes next is no longer kept, say `from`; its next body then has `missed`, with the positions between which the receiver was told nothing.',
      '`GET /status` says what state it is in, and why.',
      KEY_NOTES.admin,
    ],
    request: { headers: {}, bodies: { 'application/json': resumeRequest } },
    response: z.object({
      webhook: z.string().describe('Its name.'),
      order: z.string().describe('Of this order, 24 hex digits.'),
    }),
    errors: [...READ_ERRORS, 'body_invalid', 'body_too_large', 'webhook_unknown', 'webhook_not_stopped', 'cursor_expired'],
  },
} as const satisfies Record<string, Endpoint>
