/** Whom an event speaks of: the identifiers that it claims for a user and for an account, usable ones only, by falling priority. */
import { isObject, type JsonObject } from '../../base/json.ts'
import type { Claim, TrackedEvent } from '../event/event.ts'
import type { IdentityNote } from '../event/timeline-event.ts'
import type { EntityKind } from './entity.ts'
import { type CompiledIdentityRules, compileIdentityRules, normalizeIdentifier } from './identifier-value.ts'
import { ANONYMOUS_ID, DOMAIN, EMAIL, EXTERNAL_ID, type IdentifierRule, type IdentityRules } from './identity-rules.ts'

export type EventClaims = {
  user: Claim[]
  account: Claim[]
  /** What an alias joins: an external id where one is known by that value, else an anonymous id. */
  joins?: string
  /** What an unalias takes away: an anonymous id. */
  takes?: string
  notes: IdentityNote[]
}

/** The catalog's rules, compiled once. */
export type Identity = {
  rules: IdentityRules
  values: CompiledIdentityRules
  /** By kind, 0 for the highest. */
  priorities: Record<EntityKind, ReadonlyMap<string, number>>
  /** Of a user's external id, where the catalog says how it looks. */
  externalId: RegExp | undefined
}

export function compileIdentity(rules: IdentityRules): Identity {
  const priorities = { user: prioritiesOf(rules.user), account: prioritiesOf(rules.account) }
  const externalId = rules.externalId && new RegExp(`^(?:${rules.externalId.pattern})$`)
  return { rules, values: compileIdentityRules(rules), priorities, externalId }
}

function prioritiesOf(kinds: readonly IdentifierRule[]): ReadonlyMap<string, number> {
  return new Map(kinds.map(({ kind }, i) => [kind, i]))
}

const USER_TRAITS = new Set<TrackedEvent['type']>(['identify', 'alias', 'merge'])

/** An email or a domain counts where it says something about the entity itself: in its traits. */
export function claimsOf(event: TrackedEvent, identity: Identity): EventClaims {
  const claims: EventClaims = { user: [], account: [], notes: [] }
  const add = (entity: EntityKind, kind: string, value: string | undefined) => {
    if (value === undefined) return
    if (entity === 'user' && kind === EXTERNAL_ID && identity.externalId?.test(value.trim()) === false) return addMisshapen(value)
    const usable = normalizeIdentifier(kind, value, identity.values)
    if (typeof usable === 'string') insertClaim(claims[entity], { kind, value: usable }, identity.priorities[entity])
    else claims.notes.push({ kind, code: 'identifier_blocked', message: `"${cut(value)}" ${usable.message}.` })
  }
  const addMisshapen = (value: string) => {
    const isKept = identity.rules.externalId?.otherwise === 'anonymous_id'
    const message = `"${cut(value)}" does not look like an external id${isKept ? ': taken as an anonymous id' : ''}.`
    claims.notes.push({ kind: EXTERNAL_ID, code: 'identifier_blocked', message })
    if (isKept) add('user', ANONYMOUS_ID, value)
  }
  add('user', EXTERNAL_ID, event.userId)
  add('user', EMAIL, emailOf(event))
  add('user', ANONYMOUS_ID, event.anonymousId)
  for (const claim of event.claims ?? NONE) add('user', ...kindAndValue(claim, identity.priorities.user))
  const previous = previousOf(event, identity)
  if (previous !== undefined) claims[event.type === 'unalias' ? 'takes' : 'joins'] = previous
  add('account', EXTERNAL_ID, event.groupId)
  if (event.type === 'group') add('account', DOMAIN, textOf(event.traits, 'domain') ?? textOf(event.traits, 'website'))
  for (const claim of event.accountClaims ?? NONE) add('account', ...kindAndValue(claim, identity.priorities.account))
  return claims
}

const NONE: readonly Claim[] = []

/** What is no kind of the catalog is an anonymous id with its type in front. */
function kindAndValue({ kind, value }: Claim, kinds: ReadonlyMap<string, number>): [kind: string, value: string] {
  return kinds.has(kind) ? [kind, value] : [ANONYMOUS_ID, `${kind}:${value}`]
}

/** Joining a user to itself is no statement. */
function previousOf({ type, previousId, userId }: TrackedEvent, identity: Identity): string | undefined {
  if (previousId === undefined || (type !== 'alias' && type !== 'unalias' && type !== 'merge')) return undefined
  const usable = normalizeIdentifier(ANONYMOUS_ID, previousId, identity.values)
  return typeof usable === 'string' && usable !== userId ? usable : undefined
}

function emailOf({ type, traits, context }: TrackedEvent): string | undefined {
  const own = USER_TRAITS.has(type) ? textOf(traits, 'email') : undefined
  const inContext = context?.['traits']
  return own ?? (isObject(inContext) ? textOf(inContext, 'email') : undefined)
}

function textOf(traits: JsonObject | undefined, name: string): string | undefined {
  const value = traits?.[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

function insertClaim(claims: Claim[], claim: Claim, priorities: ReadonlyMap<string, number>): void {
  if (claims.some(({ kind, value }) => kind === claim.kind && value === claim.value)) return
  const priority = priorities.get(claim.kind) ?? Number.MAX_SAFE_INTEGER
  const at = claims.findIndex(({ kind }) => (priorities.get(kind) ?? Number.MAX_SAFE_INTEGER) > priority)
  claims.splice(at === -1 ? claims.length : at, 0, claim)
}

const SHOWN_CHARACTERS = 100

function cut(value: string): string {
  return value.length <= SHOWN_CHARACTERS ? value : `${value.slice(0, SHOWN_CHARACTERS)}…`
}
