/** For tests of documents of segments: what exists around them. */
import type { JsonObject } from '../../base/json.ts'
import type { TraitType } from '../profile/trait.ts'
import { type ParseContext, type ParsedSegment, parseSegment } from './parse-segment.ts'
import type { Predicate } from './predicate.ts'

const TYPES: Record<string, TraitType> = {
  plan: 'string',
  seats: 'number',
  is_paying: 'boolean',
  trial_ends_at: 'date',
  place: 'geo_point',
  tags: 'array',
  address: 'json',
  'crm/stage': 'string',
}

export const CONTEXT: ParseContext = {
  typeOf: (_kind, trait) => TYPES[trait],
  knownTraits: (kind) => [...Object.keys(TYPES), kind === 'user' ? 'first_name' : 'employees'],
  knownEvents: ['Completed Order', 'Viewed Page'],
  segments: new Map([
    ['vips', 'user'],
    ['trials', 'user'],
    ['big-accounts', 'account'],
    ['~0123456789abcdef', 'user'],
  ]),
  timeZone: 'Europe/Berlin',
}

export const ID = 'under-test'

export function parse(document: unknown, context: Partial<ParseContext> = {}): ParsedSegment {
  return parseSegment(ID, document, { ...CONTEXT, ...context })
}

/** Problems as `pointer message | hint`, warnings with a word in front. */
export function problemLines({ problems }: ParsedSegment): string[] {
  return problems.map(({ pointer, message, hint, isWarning }) =>
    `${pointer} ${isWarning ? 'warning: ' : ''}${message}${hint === undefined ? '' : ` | ${hint}`}`.trim(),
  )
}

/** A document of one predicate about users. */
export function about(key: string, operator: string, options?: JsonObject): JsonObject {
  return { type: 'all', predicates: [leaf(key, operator, options)] }
}

/** The same about accounts. */
export function aboutAccounts(key: string, operator: string, options?: JsonObject): JsonObject {
  return { kind: 'account', predicate: about(key, operator, options) }
}

export function leaf(key: string, operator: string, options?: JsonObject): JsonObject {
  return { property: { key }, operator, ...(options && { options }) }
}

/** What the only predicate of a document means, without its place. */
export function meaningOf(document: JsonObject): Omit<Predicate, 'at'> | undefined {
  const { definition, problems } = parse(document)
  if (definition?.predicate === undefined) throw new Error(`refused: ${JSON.stringify(problems, null, 2)}`)
  const [only] = definition.predicate.of
  if (only === undefined) return undefined
  const { at: _, ...meaning } = only
  return meaning
}
