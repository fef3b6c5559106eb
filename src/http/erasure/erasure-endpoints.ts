/** Endpoints that forget users and accounts, and let them in again. */
import { z } from 'zod'
import type { ErrorCode } from '../../base/error-codes.ts'
import { ERASURE_STATES } from '../../engine/erasure/erasure.ts'
import type { Endpoint } from '../endpoints.ts'
import { KEY_NOTES, position, READ_ERRORS } from '../profiles/reading-endpoints.ts'

const entityKind = z.enum(['user', 'account']).describe('What it is.')

const identifier = z
  .strictObject({
    kind: z
      .string()
      .min(1)
      .max(100)
      .describe('`external_id`, `email`, `domain`, `anonymous_id`, or a kind that the catalog adds.'),
    value: z.string().min(1).max(2_000).describe('In any form: an email in upper case, for example.'),
  })
  .describe('Any identifier of the user or account.')

export const erasureRequest = z
  .strictObject({
    kind: entityKind,
    identifier: identifier.optional(),
    id: z
      .string()
      .regex(/^[0-9a-f]{24}$/)
      .optional()
      .describe('In place of an identifier: the id of its profile.'),
    dryRun: z.boolean().default(false).describe('True: counts what would be erased, and changes nothing.'),
  })
  .refine(({ identifier, id }) => (identifier === undefined) !== (id === undefined), 'it names either an identifier or an id')

export const suppressionRequest = z.strictObject({ kind: entityKind, identifier })

const count = z.int().min(0)

const report = z.object({
  id: z.string().describe('Of the erasure, 24 hex digits.'),
  kind: entityKind,
  isDryRun: z.boolean().describe('True when nothing is changed.'),
  state: z.enum(ERASURE_STATES).describe('How far it is; `done` makes this the receipt.'),
  requestedAt: z.iso.datetime().describe('When it was asked for.'),
  finishedAt: z.iso.datetime().optional().describe('When it was done.'),
  waitsFor: position.optional().describe('The position that must be applied before it goes on.'),
  places: z
    .object({
      state: z.object({ parts: count, identifiers: count, position }).describe('Profiles, and identifiers that led to them.'),
      log: z
        .object({ entries: count, events: count, commands: count, position })
        .describe('Entries that were written over, with events and commands (pages of history, members of segments) in them.'),
      quarantine: z.object({ items: count }).describe('Items set aside.'),
      outputs: z
        .object({ events: count, changes: count })
        .describe('Timeline events and changes that were still to be filed or told.'),
      lake: z.object({ fragments: count, events: count }).describe('Fragments that were written anew, and events in them.'),
      columns: z.object({ isDiscarded: z.boolean() }).describe('What questions about everybody are answered with: made anew.'),
      bodies: z
        .object({ isWithdrawn: z.boolean() })
        .describe('Notifications on their way to webhooks: those from before are made anew.'),
      suppression: z.object({ identifiers: count }).describe('Identifiers that are kept out from now on.'),
    })
    .describe('What was removed, place by place.'),
  failure: z
    .object({ code: z.string(), message: z.string() })
    .optional()
    .describe('Why the last attempt did not succeed; it is tried again.'),
})

const CHANGE_ERRORS = [...READ_ERRORS, 'body_invalid', 'body_too_large', 'disk_full'] as const satisfies readonly ErrorCode[]

export const ERASURE_ENDPOINTS = {
  erase: {
    methods: ['POST'],
    path: '/erasures',
    summary: 'Forgets a user or account: its profile, its events in log and lake, its items in the quarantine.',
    notes: [
      'Answered 202 when the request is on disk; the work goes on in the background and survives restarts.',
      'Goes with everything that names any identifier of it, merged profiles included, and cannot be undone.',
      'Its identifiers are kept out from then on: events that name one are dropped.',
      KEY_NOTES.admin,
    ],
    request: { headers: {}, bodies: { 'application/json': erasureRequest } },
    response: report,
    errors: [...CHANGE_ERRORS, 'entity_unknown'],
  },
  erasures: {
    methods: ['GET'],
    path: '/erasures',
    summary: 'Every erasure there ever was, newest first.',
    notes: ['None names whom it was about.', KEY_NOTES.read],
    response: z.object({ erasures: z.array(report).describe('Newest first.') }),
    errors: READ_ERRORS,
  },
  erasure: {
    methods: ['GET'],
    path: '/erasures/{id}',
    summary: 'How far an erasure is; when it is done, its receipt.',
    notes: [KEY_NOTES.read],
    response: report,
    errors: [...READ_ERRORS, 'erasure_unknown'],
  },
  liftSuppression: {
    methods: ['DELETE'],
    path: '/suppressions',
    summary: 'Lets an identifier in again that an erasure keeps out.',
    notes: ['What was erased does not come back.', KEY_NOTES.admin],
    request: { headers: {}, bodies: { 'application/json': suppressionRequest } },
    response: z.object({ lifted: z.boolean().describe('False when the identifier was not kept out.') }),
    errors: CHANGE_ERRORS,
  },
} as const satisfies Record<string, Endpoint>
