/** Endpoints of the quarantine: what could not become an event, why, and the way out. */
import { z } from 'zod'
import type { ErrorCode } from '../../base/error-codes.ts'
import type { Endpoint } from '../endpoints.ts'
import { KEY_NOTES, position, READ_ERRORS } from './reading-endpoints.ts'

const item = z.object({
  id: z.string().describe('24 hex digits, growing with time.'),
  source: z.string().describe('Name of the source that sent it.'),
  receivedAt: z.iso.datetime().describe('When it came.'),
  sentAt: z.iso.datetime().optional().describe('When it was sent, as the client said.'),
  code: z.string().describe('Why it is no event: a code of the error catalogue.'),
  message: z.string().describe('The same with names and values.'),
  pointer: z.string().describe('JSON pointer to what is wrong; empty for the whole.'),
  messageId: z.string().optional().describe('The message id that it has, if any.'),
  pathType: z.string().optional().describe('The type that the request’s path named.'),
  keepsTimes: z.literal(true).optional().describe('It came by `/v1/import`: its times count as they are said.'),
  raw: z.string().describe('What was sent, as text.'),
  isCut: z.literal(true).optional().describe('There was more of it than is kept.'),
})

const refusal = z.object({
  code: z.string().describe('Why it is no event this way either.'),
  pointer: z.string().describe('JSON pointer to what is wrong.'),
  message: z.string().describe('The same with names and values.'),
})

const isApplied = z.boolean().describe('False when it was not applied within ten seconds; then it will be.')

export const replayBody = z
  .union([
    z.strictObject({ patch: z.json().describe('A merge patch (RFC 7386) over what was sent.') }),
    z.strictObject({ replacement: z.json().describe('Another item in its place.') }),
  ])
  .describe('Optional: how the item is mended. Without it, it is tried as it is.')

export const replayAllBody = z
  .strictObject({
    source: z.string().optional().describe('Only items of this source.'),
    code: z.string().optional().describe('Only items with this code.'),
  })
  .describe('Which items; `{}` for all.')

const CHANGE_ERRORS = [
  ...READ_ERRORS,
  'body_invalid',
  'body_too_large',
  'log_unavailable',
  'disk_full',
] as const satisfies readonly ErrorCode[]

export const QUARANTINE_ENDPOINTS = {
  quarantine: {
    methods: ['GET'],
    path: '/quarantine',
    summary: 'What could not become an event, newest first.',
    notes: [
      'Filters: `source`, `code`. `limit` is 50 unless said otherwise, 500 at most; `cursor` takes the `nextCursor` of the page before.',
      'The newest 100,000 items are kept, each until it is replayed, discarded or erased.',
      KEY_NOTES.read,
    ],
    response: z.object({
      items: z.array(item).describe('Newest first.'),
      nextCursor: z.string().nullable().describe('Where the next page begins; null on the last.'),
    }),
    errors: READ_ERRORS,
  },
  quarantineItem: {
    methods: ['GET'],
    path: '/quarantine/{id}',
    summary: 'One item, with what is wrong and how to mend it.',
    notes: [KEY_NOTES.read],
    response: z.object({
      item,
      explanation: z.object({
        meaning: z.string().describe('What the code means.'),
        found: z
          .object({
            isThere: z.boolean().describe('Whether anything stands at the pointer.'),
            value: z.unknown().describe('What stands there.'),
          })
          .describe('What stands at the pointer.'),
        hint: z.string().describe('What to do.'),
        patch: z.unknown().describe('A merge patch to fill in (`…`) and replay with; null where only a replacement helps.'),
      }),
    }),
    errors: [...READ_ERRORS, 'quarantine_item_unknown'],
  },
  replayItem: {
    methods: ['POST'],
    path: '/quarantine/{id}/replay',
    summary: 'Makes an event of an item, mended or as it is.',
    notes: [
      'The event has the times of the request in which the item came, and its message id, so that a repeat stays one.',
      'An item that cannot be an event this way either stays, and the answer is 422 with `isReplayed` false and the refusal.',
      KEY_NOTES.admin,
    ],
    request: { headers: {}, bodies: { 'application/json': replayBody } },
    response: z.union([
      z.object({
        isReplayed: z.literal(true),
        messageId: z.string().describe('Of the event.'),
        position,
        isApplied,
      }),
      z.object({ isReplayed: z.literal(false), refusal }),
    ]),
    errors: [...CHANGE_ERRORS, 'quarantine_item_unknown'],
  },
  discardItem: {
    methods: ['DELETE'],
    path: '/quarantine/{id}',
    summary: 'Removes an item; the log keeps what was sent.',
    notes: [KEY_NOTES.admin],
    response: z.object({ position, isApplied }),
    errors: [...CHANGE_ERRORS, 'quarantine_item_unknown'],
  },
  replayQuarantine: {
    methods: ['POST'],
    path: '/quarantine/replay',
    summary: 'Replays all items that pass a filter as they are: after the catalog, or Millrace, has learned to take them.',
    notes: ['The newest 10,000 in one call; `hasMore` says whether there may be more.', KEY_NOTES.admin],
    request: { headers: {}, bodies: { 'application/json': replayAllBody } },
    response: z.object({
      replayed: z.int().describe('Items that became events.'),
      refused: z.int().describe('Items that cannot, and stay.'),
      refusals: z
        .array(z.object({ id: z.string().describe('Of the item.'), ...refusal.shape }))
        .describe('The first hundred of these.'),
      hasMore: z.boolean().describe('True when there may be more that pass.'),
      isApplied,
    }),
    errors: CHANGE_ERRORS,
  },
} as const satisfies Record<string, Endpoint>
