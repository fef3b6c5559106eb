/**
 * The form of segments in catalog files, for editors, the types of `defineCatalog` and the reference page. What a segment's document
 * may say is read by model/segment/parse-segment.ts, which says more clearly what is wrong with it.
 */
import * as z from 'zod'
import { OPERATOR_WORDS } from '../model/segment/operators.ts'
import { SEGMENT_NAME_CHARACTERS_MAX } from '../model/segment/segment.ts'

export type PredicateGroupDefinition = {
  type: 'all' | 'any' | 'none'
  predicates: (PredicateGroupDefinition | PropertyPredicateDefinition)[]
}

export type PropertyPredicateDefinition = {
  property: { key: string }
  operator: string
  options?: Record<string, unknown> | undefined
}

const operator = z
  .string()
  .meta({ id: 'Operator', title: 'Operator', description: 'One of the words of segments.', enum: [...OPERATOR_WORDS] })

const propertyPredicate: z.ZodType<PropertyPredicateDefinition> = z
  .strictObject({
    property: z
      .looseObject({
        key: z
          .string()
          .min(1)
          .describe(
            'A trait; in segments of users `account.<trait>` is one of their account. Or `event`, `segment`, `account.segment`, `users`.',
          ),
      })
      .describe('What it is about.'),
    operator: operator.describe('What is asked: see [operators](operators.md).'),
    options: z.record(z.string(), z.unknown()).optional().describe('What it is compared with: see [operators](operators.md).'),
  })
  .meta({ id: 'Predicate', title: 'Predicate', description: 'A question with the answer yes or no.' })

const predicates = z.array(z.lazy(() => z.union([predicateGroup, propertyPredicate]))).min(1)

const predicateGroup: z.ZodType<PredicateGroupDefinition> = z
  .strictObject({
    type: z.enum(['all', 'any', 'none']).describe('Each of the predicates must hold, one must, or none may.'),
    predicates: predicates.describe('What is asked.'),
  })
  .meta({ id: 'PredicateGroup', title: 'Predicate group', description: 'Predicates, and groups of them, that are combined.' })

export const segmentSchema = z
  .looseObject({
    name: z
      .string()
      .min(1)
      .max(SEGMENT_NAME_CHARACTERS_MAX)
      .optional()
      .describe(`Up to ${SEGMENT_NAME_CHARACTERS_MAX} characters. Default: its id.`),
    kind: z.enum(['user', 'account']).optional().describe('Whom it is made of. Default user.'),
    predicate: predicateGroup.optional().describe('Who is in it. Required, except for manual segments.'),
    manual: z.boolean().optional().describe('Members are added and removed by hand. Default false.'),
    timeZone: z
      .union([
        z.string(),
        z.strictObject({
          trait: z.string().min(1).describe('The trait that holds the time zone of each of them.'),
          otherwise: z.string().optional().describe('Where it holds none. Default: that of the workspace.'),
        }),
      ])
      .optional()
      .describe('Of calendar days, months and years: a name such as `Europe/Berlin`. Default: that of the workspace.'),
    type: z
      .enum(['users_segment', 'accounts_segment', 'all', 'any', 'none'])
      .optional()
      .describe('In place of `kind`, in documents of Hull; or that of the group, where a bare predicate stands for the segment.'),
    predicates: predicates.optional().describe('Those of the group, where a bare predicate stands for the segment.'),
  })
  .meta({ id: 'Segment', title: 'Segment', description: 'A part of the users or accounts, kept up to date by itself.' })
