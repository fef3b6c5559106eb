/** Endpoints that read users and accounts and change them by hand. One entry each for users and for accounts. */
import { z } from 'zod'
import type { ErrorCode } from '../../base/error-codes.ts'
import type { EntityKind } from '../../model/profile/entity.ts'
import type { Endpoint } from '../endpoints.ts'
import { KEY_NOTES, position, READ_ERRORS } from './reading-endpoints.ts'

const instant = z.iso.datetime()

const provenance = {
  source: z.string().describe('Name of the source that said so.'),
  event: z.string().describe('Message id of the event, or id of the command.'),
  occurredAt: instant.describe('When it happened.'),
  receivedAt: instant.describe('When Millrace received it.'),
}

const identifier = z.object({
  kind: z.string().describe('`external_id`, `email`, `domain`, `anonymous_id`, or a kind that the catalog adds.'),
  value: z.string().describe('In the form in which it is kept.'),
  part: z.string().describe('The part that owns it.'),
  ...provenance,
})

const trait = z.object({
  value: z.unknown().describe('The value that counts.'),
  type: z.string().nullable().describe('The type that is frozen; null when there is none.'),
  ...provenance,
})

const profile = z.object({
  id: z.string().describe('24 hex digits.'),
  kind: z.enum(['user', 'account']).describe('What it is.'),
  createdAt: instant.describe('When its first event happened.'),
  firstSource: z.string().describe('The source of its first event.'),
  identifiers: z.array(identifier).describe('By which it is known; an external id first.'),
  traits: z.record(z.string(), trait).describe('By name, grouped ones as `group/name`.'),
  account: z
    .object({
      id: z.string().describe('Of the account.'),
      by: z.enum(['link', 'domain']).describe('Events named it, or it has the domain of the user’s email.'),
      domain: z.string().nullable().describe('The domain, where it led to the account.'),
      externalId: z.string().nullable().describe('Of the account.'),
      name: z.unknown().describe('Trait `name` of the account.'),
      since: z.object(provenance).nullable().describe('The event that named it.'),
    })
    .nullable()
    .optional()
    .describe('Users only: the account that the user belongs to.'),
  merges: z
    .array(
      z.object({
        survivor: z.string().describe('The one that lived on.'),
        loser: z.string().describe('The one whose parts it took.'),
        cause: z.object(provenance).describe('What showed that both are one.'),
        evidence: z
          .object({ kind: z.string(), value: z.string() })
          .nullable()
          .describe('The identifier that both have; null for a merge by hand.'),
      }),
    )
    .describe('In the order in which they happened.'),
  apart: z.array(z.string()).describe('Split off by hand: these do not merge with it again by themselves.'),
  parts: z
    .array(
      z.object({
        id: z.string().describe('Of the profile that once stood alone.'),
        created: z.object(provenance).describe('Its first event.'),
        identifiers: z.int().describe('How many it owns.'),
        traits: z.int().describe('How many were written to it.'),
      }),
    )
    .describe('The profiles that it is made of, its own first.'),
})

const event = z.object({
  event_id: z.string().describe('Message id.'),
  event: z.string().describe('Name of a track, else the type.'),
  type: z
    .string()
    .describe('`track`, `page`, `identify`, … and, for what Millrace makes, `user_created`, `attributes_changed`, ….'),
  created_at: instant.describe('When it happened.'),
  indexed_at: instant.describe('When it was received.'),
  app_id: z.string().nullable().describe('The source that sent it, or whose writing caused it.'),
  app_name: z.string().nullable().describe('Its name.'),
  source: z.string().describe('The source.'),
  session_id: z.string().nullable().describe('From the context, where the SDK has sessions.'),
  props: z
    .array(
      z.object({
        field_name: z.string().describe('Name of the property; `to/…` and `from/…` for changes of attributes.'),
        text_value: z
          .union([z.string(), z.array(z.string())])
          .optional()
          .describe('For every value but null.'),
        num_value: z.number().optional().describe('For numbers.'),
        bool_value: z.boolean().optional().describe('For booleans.'),
        date_value: z.string().optional().describe('For dates, in UTC.'),
      }),
    )
    .describe('The properties by type.'),
  properties: z
    .record(z.string(), z.unknown())
    .describe('The properties as they were sent; of an identify and a group, the traits.'),
  context: z.record(z.string(), z.unknown()).describe('As it was sent.'),
  position,
  index: z.int().describe('Place within it.'),
  refused: z.array(z.unknown()).optional().describe('Traits that were not taken, and why.'),
  notes: z.array(z.unknown()).optional().describe('What was done with identifiers that is not what one would expect.'),
  corrections: z.array(z.unknown()).optional().describe('What was changed at the door.'),
})

const done = {
  isDryRun: z.boolean().describe('True: nothing was done, the preview says what would be.'),
  position: position.nullable().describe('Of the command in the log; null for a dry run.'),
  isApplied: z.boolean().describe('False for a dry run, and when it was not applied within ten seconds; then it will be.'),
}

const mergeBody = z
  .strictObject({
    survivor: z.string().min(1).describe('One of the two, like `ref`.'),
    loser: z.string().min(1).describe('The other.'),
    dryRun: z.boolean().default(false).describe('True: preview only.'),
  })
  .describe('Who is one. Which of them lives on follows from the rule: the one with an external id, else the older.')

const splitBody = z
  .strictObject({
    part: z.string().min(1).describe('Id of a part that a merge brought in, or an identifier that it owns.'),
    dryRun: z.boolean().default(false).describe('True: preview only.'),
  })
  .describe('Which part becomes a profile of its own again, with all that was merged into it before.')

const mergeAnswer = z.object({
  ...done,
  preview: z
    .object({
      survivor: z.string().describe('Id of the one that lives on.'),
      loser: z.string().describe('Id of the other; it leads to the survivor from then on.'),
      reason: z.enum(['external_id', 'older']).describe('Why it is this one.'),
      identifiers: z.array(identifier).describe('Of both.'),
      traits: z
        .record(z.string(), z.unknown())
        .describe('By name: the value that counts, where it comes from, and what either had.'),
      conflicts: z.array(z.string()).describe('Traits of which both have a value, and another one.'),
    })
    .describe('What it comes to.'),
  profile: profile.nullable().describe('As it is afterwards; null for a dry run.'),
})

const splitAnswer = z.object({
  ...done,
  preview: z
    .object({ rest: profile.describe('What stays.'), detached: profile.describe('What is split off.') })
    .describe('What it comes to.'),
  profiles: z.array(profile).describe('As they are afterwards; none for a dry run.'),
})

export const mergeRequest = mergeBody
export const splitRequest = splitBody

const CHANGE_ERRORS = [
  ...READ_ERRORS,
  'entity_unknown',
  'body_invalid',
  'body_too_large',
  'log_unavailable',
  'disk_full',
] as const satisfies readonly ErrorCode[]

const REF_NOTE =
  '`ref` is an identifier with its kind (`email:ada@example.com`, `external_id:42`), without (then external ids are tried first, emails and domains next, anonymous ids, and the kinds of the catalog), or an id of 24 hex digits (`id:…`).'

/** `users` or `accounts`. */
function endpointsOf(kind: EntityKind) {
  const path = `/${kind}s`
  return {
    profile: {
      methods: ['GET'],
      path: `${path}/{ref}`,
      summary: `What is known of ${kind === 'user' ? 'a user' : 'an account'}: identifiers, traits, links, each with where it came from.`,
      notes: [REF_NOTE, 'An id of one that was merged leads to the one that lives on.', KEY_NOTES.read],
      response: profile,
      errors: [...READ_ERRORS, 'entity_unknown'],
    },
    events: {
      methods: ['GET'],
      path: `${path}/{ref}/events`,
      summary: `The timeline of ${kind === 'user' ? 'a user' : 'an account'}, newest first by when things happened.`,
      notes: [
        'Filters, each as often as wanted: `type`, `name` (as `event` in the answer), `source`. Also `since` (inclusive) and `until` (exclusive), a date or an instant, and `internal=false` for no changes of attributes and segments.',
        '`limit` is 50 unless said otherwise, 500 at most. `cursor` takes the `nextCursor` of the page before; pages neither repeat nor skip events, whatever comes meanwhile.',
        'Events that are filed already are searched in the lake, from the newest file backwards: a page far back takes longer.',
        KEY_NOTES.read,
      ],
      response: z.object({
        events: z.array(event).describe('In the order of the timeline.'),
        nextCursor: z.string().nullable().describe('Where the next page begins; null on the last.'),
      }),
      errors: [...READ_ERRORS, 'entity_unknown', 'lake_unavailable', 'server_busy'],
    },
    merge: {
      methods: ['POST'],
      path: `${path}/merge`,
      summary: `Makes one of two ${kind}s, or shows what would come of it.`,
      notes: ['Two that have an external id each are never merged.', 'It can be undone by a split.', KEY_NOTES.admin],
      request: { headers: {}, bodies: { 'application/json': mergeBody } },
      response: mergeAnswer,
      errors: [...CHANGE_ERRORS, 'merge_refused'],
    },
    split: {
      methods: ['POST'],
      path: `${path}/split`,
      summary: `Undoes a merge of ${kind}s, or shows what would come of it.`,
      notes: ['Both are what they would be without the merge, and do not merge again by themselves.', KEY_NOTES.admin],
      request: { headers: {}, bodies: { 'application/json': splitBody } },
      response: splitAnswer,
      errors: [...CHANGE_ERRORS, 'split_refused'],
    },
  } as const satisfies Record<string, Endpoint>
}

const USERS = endpointsOf('user')
const ACCOUNTS = endpointsOf('account')

/** By kind, for the routes. */
export const ENTITY_ENDPOINTS = { user: USERS, account: ACCOUNTS } as const

/** By name, for the reference. */
export const PROFILE_ENDPOINTS = {
  user: USERS.profile,
  userEvents: USERS.events,
  mergeUsers: USERS.merge,
  splitUsers: USERS.split,
  account: ACCOUNTS.profile,
  accountEvents: ACCOUNTS.events,
  mergeAccounts: ACCOUNTS.merge,
  splitAccounts: ACCOUNTS.split,
} as const satisfies Record<string, Endpoint>
