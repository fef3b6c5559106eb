/** Whom an event, or an item that could not become one, is about: every identifier in it, to keep out those who were erased. */
import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import type { EntityKind } from '../profile/entity.ts'
import { ANONYMOUS_ID, DOMAIN, EMAIL, EXTERNAL_ID } from '../profile/identity-rules.ts'
import { readContextClaims, readMergeProperties } from './claims.ts'
import { cleanJson } from './clean-json.ts'
import type { Claim, TrackedEvent } from './event.ts'
import { readIdentifiers } from './identifiers.ts'
import { ItemReading } from './item-reading.ts'

export type IdentifierTest = (claim: Claim, entity: EntityKind) => boolean

/** Without a type it counts as each: traits may be of a user or of an account. */
type Mentioning = Partial<Pick<TrackedEvent, 'type'>> &
  Pick<TrackedEvent, 'userId' | 'anonymousId' | 'groupId' | 'previousId' | 'claims' | 'accountClaims' | 'traits' | 'context'>

/**
 * Whether one of its identifiers passes the test: as it was sent, but for blanks around ids. What `previousId` is, nobody knows: it
 * is tried as each kind, of users and of accounts.
 */
export function mentionsAny(event: Mentioning, test: IdentifierTest): boolean {
  const { type, userId, anonymousId, groupId, previousId, claims, accountClaims, traits, context } = event
  const contextTraits = context?.['traits']
  return (
    // The catalog may take an external id as an anonymous one.
    (userId !== undefined &&
      (test({ kind: EXTERNAL_ID, value: userId }, 'user') || test({ kind: ANONYMOUS_ID, value: userId }, 'user'))) ||
    (anonymousId !== undefined && test({ kind: ANONYMOUS_ID, value: anonymousId }, 'user')) ||
    (groupId !== undefined && test({ kind: EXTERNAL_ID, value: groupId }, 'account')) ||
    (previousId !== undefined && passesAsAnyKind(previousId, test)) ||
    (traits !== undefined && type !== 'group' && passes(EMAIL, traits['email'], test)) ||
    (traits !== undefined && (type === 'group' || type === undefined) && passesAsDomain(traits, test)) ||
    (isObject(contextTraits) && passes(EMAIL, contextTraits['email'], test)) ||
    (claims !== undefined && claims.some((claim) => passesAsClaim(claim, 'user', test))) ||
    (accountClaims !== undefined && accountClaims.some((claim) => passesAsClaim(claim, 'account', test)))
  )
}

function passes(kind: string, value: Json | undefined, test: IdentifierTest, entity: EntityKind = 'user'): boolean {
  return typeof value === 'string' && value !== '' && test({ kind, value }, entity)
}

function passesAsDomain({ domain, website }: JsonObject, test: IdentifierTest): boolean {
  return passes(DOMAIN, domain, test, 'account') || passes(DOMAIN, website, test, 'account')
}

/** Kinds that the catalog does not know are kept as anonymous ids that begin with their kind. */
function passesAsClaim(claim: Claim, entity: EntityKind, test: IdentifierTest): boolean {
  return test(claim, entity) || test({ kind: ANONYMOUS_ID, value: `${claim.kind}:${claim.value}` }, entity)
}

const USER_KINDS = [EXTERNAL_ID, ANONYMOUS_ID, EMAIL]
const ACCOUNT_KINDS = [EXTERNAL_ID, ANONYMOUS_ID, DOMAIN]

function passesAsAnyKind(value: string, test: IdentifierTest): boolean {
  return (
    USER_KINDS.some((kind) => test({ kind, value }, 'user')) || ACCOUNT_KINDS.some((kind) => test({ kind, value }, 'account'))
  )
}

/** The same of an item as it was sent, as far as identifiers can be read from it. Any depth is safe. */
export function itemMentionsAny(item: Json, envelopeContext: JsonObject | undefined, test: IdentifierTest): boolean {
  if (!isObject(item)) return false
  const shallow = cleanJson(identifyingMembers(item, envelopeContext)).value as JsonObject
  // Nobody reads these corrections: the item is refused already.
  const reading = new ItemReading()
  const context = isObject(shallow['context']) ? shallow['context'] : {}
  const { userId, anonymousId, groupId, previousId } = readIdentifiers(shallow, context, reading)
  const claims = readContextClaims(context, reading)
  const mentioning: Mentioning = {
    ...(userId === undefined ? {} : { userId }),
    ...(anonymousId === undefined ? {} : { anonymousId }),
    ...(groupId === undefined ? {} : { groupId }),
    ...(previousId === undefined ? {} : { previousId }),
    traits: isObject(shallow['traits']) ? shallow['traits'] : {},
    context,
    claims: [...claims.user, ...readMergeProperties(shallow['mergeProperties'], reading)],
    accountClaims: [...claims.account],
  }
  return mentionsAny(mentioning, test)
}

/** Only what holds identifiers, and of that only scalars, so that depth is no danger. */
function identifyingMembers(item: JsonObject, envelopeContext: JsonObject | undefined): JsonObject {
  const own = isObject(item['context']) ? item['context'] : {}
  const context: JsonObject = { ...envelopeContext, ...own }
  return {
    ...scalarsOf(item, ['userId', 'anonymousId', 'groupId', 'previousId']),
    traits: scalarsOf(item['traits'], ['email', 'domain', 'website']),
    mergeProperties: scalarEntries(item['mergeProperties']),
    context: {
      ...scalarsOf(context, ['groupId']),
      traits: scalarsOf(context['traits'], ['email']),
      externalIds: scalarEntries(context['externalIds']),
      externalId: scalarEntries(context['externalId']),
    },
  }
}

function scalarEntries(list: Json | undefined): Json[] {
  return Array.isArray(list) ? list.map((entry) => scalarsOf(entry, ['id', 'type', 'value', 'collection', 'encoding'])) : []
}

function scalarsOf(value: Json | undefined, names: readonly string[]): JsonObject {
  const scalars: JsonObject = {}
  if (!isObject(value)) return scalars
  for (const name of names) {
    const member = value[name]
    if (typeof member === 'string' || typeof member === 'number') scalars[name] = member
  }
  return scalars
}
