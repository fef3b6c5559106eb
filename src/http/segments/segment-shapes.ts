/** Parts of answers and bodies that several endpoints of this folder have in common. */
import { z } from 'zod'
import type { ErrorCode } from '../../base/error-codes.ts'
import { MEMBER_CHANGES_MAX } from '../../engine/segments/reading/segment-changes.ts'
import { isZone } from '../../model/segment/zone.ts'
import { position, READ_ERRORS } from '../profiles/reading-endpoints.ts'

const instant = z.iso.datetime()
const kind = z.enum(['user', 'account']).describe('Whom it holds.')
const count = z.int().describe('How many.')

const segmentProblem = z.object({
  pointer: z.string().describe('JSON pointer into the document; of what is missing, where it should stand.'),
  message: z.string().describe('What is wrong there.'),
  hint: z.string().optional().describe('What would be right.'),
  isWarning: z.boolean().describe('True: it may be meant so, and does not hinder.'),
})

export const warnings = z
  .array(segmentProblem)
  .describe('What looks like a mistake and does not hinder, such as a trait that has not come yet.')

const progress = z
  .object({
    step: z
      .enum(['history', 'members'])
      .describe('First events of the past are counted, where nobody asked for them before; then everybody is looked at.'),
    done: z.int().describe('So many of the step are done.'),
    total: z.int().nullable().describe('Of so many; null where it is not known yet.'),
    percent: z.int().nullable().describe('0 to 100.'),
  })
  .describe('While history is looked at.')

const state = z
  .enum(['live', 'filling', 'deleting'])
  .describe(
    '`filling`: history is looked at; until it ends nobody enters, and members stay. `deleting`: it is gone when its last member has left.',
  )

export const segment = z.object({
  id: z.string().describe('As its author named it.'),
  name: z.string().describe('For people.'),
  kind,
  type: z.enum(['users_segment', 'accounts_segment']).describe('As notifications call it.'),
  isManual: z.boolean().describe('True: members are added and removed by hand.'),
  document: z.record(z.string(), z.unknown()).nullable().describe('As it was written.'),
  timeZone: z
    .union([z.string(), z.object({ trait: z.string(), otherwise: z.string() })])
    .describe('Of its calendar days: a name, or the trait that holds the entity’s.'),
  owner: z.enum(['catalog', 'api', 'internal']).describe('Where it is changed.'),
  version: position,
  members: z.int().describe('How many it has now.'),
  createdAt: instant.describe('When it was defined first.'),
  updatedAt: instant.describe('When it was changed last.'),
  state,
  progress: progress.optional(),
})

export const shortProfile = z.object({
  id: z.string().describe('24 hex digits.'),
  identifier: z.string().nullable().describe('The one that says most, with its kind: `email:ada@example.com`.'),
  name: z.string().nullable().describe('From its traits.'),
})

export const membership = segment
  .pick({ id: true, name: true, type: true, state: true })
  .extend({ since: instant.describe('When it entered.') })

export const member = shortProfile.extend({ since: instant.describe('When it entered.') })

const condition = z.object({
  at: z.string().describe('JSON pointer of the condition.'),
  text: z.string().describe('The condition in words.'),
  count,
})

export const preview = z.object({
  name: z.string().describe('Of the document.'),
  kind,
  asOf: position,
  entities: z.int().describe('How many users, or accounts, there are.'),
  count: z.int().describe('How many match.'),
  sample: z.array(shortProfile).describe('Some of them.'),
  conditions: z.array(condition).describe('How many match each condition by itself.'),
  funnel: z.array(condition).describe('How many are left after each condition, one after the other.'),
  warnings,
})

const provenance = z.object({
  source: z.string().describe('Name of the source that said so.'),
  event: z.string().describe('Message id of the event, or id of the command.'),
  occurredAt: instant.describe('When it happened.'),
  receivedAt: instant.describe('When Millrace received it.'),
})

const behindEvent = z.object({
  id: z.string().describe('Message id.'),
  event: z.string().describe('Its name.'),
  source: z.string().describe('The source.'),
  occurredAt: instant.describe('When it happened.'),
  properties: z.record(z.string(), z.unknown()).describe('As they were sent.'),
})

/** Groups hold such nodes again. */
const node = z.looseObject({
  is: z
    .enum(['all', 'any', 'none', 'trait', 'events', 'value', 'time', 'sequence', 'member', 'users'])
    .describe(
      'What it is: a group, or a condition about a trait, a number of events, a value over events, their first or last time, a sequence, a membership, users of an account.',
    ),
  at: z.string().describe('JSON pointer into the document.'),
  text: z.string().describe('In words.'),
  matches: z.boolean().describe('Its result.'),
  since: instant
    .nullable()
    .describe('It has been so since then at the latest; null where that is not known, or it was never otherwise.'),
  until: instant.nullable().describe('When it may turn next by itself, though nothing happens; null: never.'),
  of: z.array(z.unknown()).optional().describe('Groups: the nodes in it, of this form.'),
  value: z.unknown().optional().describe('Conditions: what was found, such as the trait’s value or the count.'),
  isAtLeast: z.literal(true).optional().describe('The count is this or more; more does not matter.'),
  write: provenance.optional().describe('Who said so.'),
  isWithoutAccount: z.literal(true).optional().describe('It is about the account of a user who belongs to none.'),
  events: z.array(behindEvent).optional().describe('Those that count, newest first, ten at most.'),
  hasMore: z.literal(true).optional().describe('There are older events that count, or may be.'),
  lastAt: instant
    .nullable()
    .optional()
    .describe('Of a count of 0: when it happened last, whatever the timeframe; null: never. Absent where that is not known.'),
})

export const explanation = z.object({
  segment: segment.pick({ id: true, name: true, kind: true, isManual: true, state: true, progress: true }),
  entity: shortProfile,
  at: instant.describe('The instant that is explained.'),
  matches: z.boolean().describe('What the rule says; of a manual segment whether it was added.'),
  isMember: z
    .boolean()
    .describe('Differs from `matches` while the segment is filling or being deleted, or until a change is applied.'),
  since: instant.nullable().describe('Of members since when; of others since when at the latest they do not match.'),
  until: instant.nullable().describe('When the answer may turn next by itself; null: never.'),
  tree: node.nullable().describe('The rule, node by node; null for a manual segment.'),
})

export const sent = {
  position: position.nullable().describe('Of the command in the log; null where there was nothing to do.'),
  isApplied: z.boolean().describe('False when it was not applied within ten seconds; then it will be.'),
}

const step = z.object({
  id: z.string().describe('Of the segment.'),
  name: z.string().describe('For people.'),
  kind,
  change: z.enum(['created', 'changed', 'unchanged', 'deleted']).describe('What becomes of it.'),
  isTakenOver: z.boolean().describe('It was made by the API, and is the catalog’s from then on.'),
  usedBy: z
    .array(z.string())
    .describe('Of one that is to be deleted: segments of the API that refer to it. Then nothing is applied.'),
  warnings,
})

const sampled = z.object({ count, sample: z.array(shortProfile).describe('Some of them.') })

export const plannedStep = step.extend({
  members: z.int().describe('Members now.'),
  entering: sampled.optional().describe('Who would enter.'),
  leaving: sampled.optional().describe('Who would leave.'),
  isUncounted: z.literal(true).optional().describe('Counting took too long.'),
})

export const appliedStep = step

export const documentBody = z
  .record(z.string(), z.unknown())
  .describe('The segment as a catalog has it, as Hull has it, or the bare predicate.')

export const catalogBody = z
  .strictObject({
    segments: z.record(z.string(), z.unknown()).describe('All segments of the catalog, by id.'),
    timeZone: z
      .string()
      .refine(isZone, { error: ({ input }) => `there is no time zone ${JSON.stringify(input)}` })
      .optional()
      .describe('The time zone of the catalog; else that of the running engine.'),
  })
  .describe('What the catalog says.')

const references = z.array(z.string().min(1)).max(MEMBER_CHANGES_MAX).default([])
export const membersBody = z
  .strictObject({
    add: references.describe('Who is to be a member; each an identifier with its kind or without, or an id.'),
    remove: references.describe('Who is not to be a member any more.'),
  })
  .refine(({ add, remove }) => add.length + remove.length <= MEMBER_CHANGES_MAX, {
    error: `up to ${MEMBER_CHANGES_MAX} in one request`,
  })
  .describe(`Up to ${MEMBER_CHANGES_MAX.toLocaleString('en-US')} together.`)

export const CHANGE_ERRORS = [
  ...READ_ERRORS,
  'body_invalid',
  'body_too_large',
  'log_unavailable',
  'disk_full',
] as const satisfies readonly ErrorCode[]
/** Of timelines. */
export const TIMELINE_ERRORS = ['lake_unavailable', 'server_busy'] as const satisfies readonly ErrorCode[]
/** Of questions about everybody. */
export const QUERY_ERRORS = [
  ...TIMELINE_ERRORS,
  'columns_unavailable',
  'columns_incomplete',
  'question_too_slow',
] as const satisfies readonly ErrorCode[]
