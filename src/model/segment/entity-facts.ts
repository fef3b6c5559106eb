/**
 * What is known of an entity, under the keys of Hull's reports: identifiers and a few well-known traits plainly, further traits of
 * users behind `traits_`, of accounts plainly. Notifications show these facts, and segments may ask for them by key or by the
 * trait's own name.
 */
import type { Json } from '../../base/json.ts'
import type { Entity, EntityId, EntityKind, Identifier } from '../profile/entity.ts'
import { domainOfEmail } from '../profile/identifier-value.ts'
import { ANONYMOUS_ID, DOMAIN, EMAIL, EXTERNAL_ID } from '../profile/identity-rules.ts'
import type { TraitRules } from '../profile/trait-rules.ts'
import { entityTraits, traitValue } from '../profile/trait-value.ts'

/** Keys that are no traits; of a trait with such a name the identifier is shown. `anonymous_ids` and other kinds in the plural: all. */
export const ID_FACT = 'id'
export const ANONYMOUS_IDS = 'anonymous_ids'
/** When the profile began, where no trait says so. */
export const CREATED_AT = 'created_at'
const TRAIT_PREFIX = 'traits_'

/** Traits that reports of users show without a prefix, as Hull's do. */
const PLAIN_USER_TRAITS = new Set([
  'name',
  'first_name',
  'last_name',
  'contact_email',
  'is_approved',
  'has_password',
  'accepts_marketing',
  'last_known_ip',
  CREATED_AT,
])

export type Identified = { id: EntityId; parts: Entity['parts'] }

/** The key under which a trait is shown; that of an identifier where it has its name, which then takes its place. */
export function factKey(kind: EntityKind, trait: string): string {
  return kind === 'account' || PLAIN_USER_TRAITS.has(trait) || isIdentifierFact(trait) ? trait : TRAIT_PREFIX + trait
}

/** All that there is, null where nothing is known is left out. */
export function factsOf(kind: EntityKind, entity: Identified, rules: TraitRules): Record<string, Json> {
  const facts: Record<string, Json> = { [CREATED_AT]: createdAt(entity) }
  for (const [name, { value }] of entityTraits(entity.parts, rules)) facts[factKey(kind, name)] = value
  return { ...facts, ...identifierFacts(kind, entity) }
}

/** `id`, and what identifies: the first of each kind, and all anonymous ids. */
export function identifierFacts(kind: EntityKind, { id, parts }: Identified): Record<string, Json> {
  return factsOfIdentifiers(
    kind,
    id,
    parts.flatMap(({ identifiers }) => identifiers),
  )
}

/** In the order of their coming. */
export function factsOfIdentifiers(kind: EntityKind, id: EntityId, identifiers: readonly Identifier[]): Record<string, Json> {
  const facts: Record<string, Json> = { [ID_FACT]: id }
  for (const { kind: name, value } of identifiers) {
    if (name !== ANONYMOUS_ID) facts[name] ??= value
    else facts[ANONYMOUS_IDS] = [...((facts[ANONYMOUS_IDS] as string[] | undefined) ?? []), value]
  }
  const email = facts[EMAIL]
  if (kind === 'user' && typeof email === 'string') facts[DOMAIN] ??= domainOfEmail(email)
  return facts
}

/** The value of a trait or another fact; null where there is none. */
export function findFact(kind: EntityKind, entity: Identified, key: string, rules: TraitRules): Json {
  if (isIdentifierFact(key)) return identifierFacts(kind, entity)[key] ?? null
  const own = shownTrait(entity.parts, key, rules)
  if (own !== null) return own
  if (key === CREATED_AT) return createdAt(entity)
  if (key.startsWith(TRAIT_PREFIX)) return shownTrait(entity.parts, key.slice(TRAIT_PREFIX.length), rules)
  // Identifiers of kinds that the catalog has.
  const identifiers = identifierFacts(kind, entity)
  return Object.hasOwn(identifiers, key) ? (identifiers[key] ?? null) : null
}

export function isIdentifierFact(key: string): boolean {
  return [ID_FACT, EXTERNAL_ID, EMAIL, DOMAIN, ANONYMOUS_IDS].includes(key)
}

/** The one key under which changes of the fact are told as what it was and is; undefined where several together decide what it is. */
export function soleKey(kind: EntityKind, fact: string, isIdentifierKind: (name: string) => boolean): string | undefined {
  if (isIdentifierFact(fact)) return fact
  return fact === CREATED_AT || fact.startsWith(TRAIT_PREFIX) || isIdentifierKind(fact) ? undefined : factKey(kind, fact)
}

/** The names of traits that decide about a fact. */
export function traitsBehind(key: string): string[] {
  return key.startsWith(TRAIT_PREFIX) ? [key, key.slice(TRAIT_PREFIX.length)] : [key]
}

function shownTrait(parts: Entity['parts'], name: string, rules: TraitRules): Json {
  const { visibility, order } = rules.ruleOf(name)
  return visibility === 'hidden' ? null : (traitValue(parts, name, order)?.value ?? null)
}

function createdAt({ parts }: Identified): string {
  return new Date(Math.min(...parts.map(({ created }) => created.occurredAt))).toISOString()
}
