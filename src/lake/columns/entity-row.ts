/** An entity as a row: its facts under names of their own, whatever their values; the same that `findFact` finds. */
import type { Json } from '../../base/json.ts'
import type { Entity, EntityId, EntityKind, Millis } from '../../model/profile/entity.ts'
import type { TraitRules } from '../../model/profile/trait-rules.ts'
import { entityTraits } from '../../model/profile/trait-value.ts'
import { isDate } from '../../model/schema/date-time.ts'
import { CREATED_AT, findFact, identifierFacts, isIdentifierFact } from '../../model/segment/entity-facts.ts'
import { findInstant } from '../../model/segment/value-test.ts'
import { zoneOf } from '../../model/segment/zone.ts'

export const ENTITY_KINDS = ['user', 'account'] as const satisfies readonly EntityKind[]

export type PlacedEntity = { id: EntityId; entity: Entity }

export type EntityRow = {
  id: EntityId
  /** Of all parts, its own among them. */
  parts: EntityId[]
  /** By name of the fact: `t:<trait>`, or `f:<key>` of what is no trait. */
  facts: Map<string, Json>
  account: EntityId | undefined
  segments: string[]
}

const TRAIT_PREFIX = 'traits_'

export function factsOfEntity(kind: EntityKind, { id, entity }: PlacedEntity, rules: TraitRules): Map<string, Json> {
  const identified = { id, parts: entity.parts }
  const facts = new Map<string, Json>()
  for (const [name, { value }] of entityTraits(entity.parts, rules)) facts.set(`t:${name}`, value)
  for (const [key, value] of Object.entries(identifierFacts(kind, identified))) {
    if (value !== null) facts.set(`f:${key}`, value)
  }
  if (!facts.has(`t:${CREATED_AT}`)) facts.set(`f:${CREATED_AT}`, findFact(kind, identified, CREATED_AT, rules))
  return facts
}

/** Where a key of reports is found: the first of these facts that there is. */
export function factNames(key: string): string[] {
  if (isIdentifierFact(key)) return [`f:${key}`]
  return key.startsWith(TRAIT_PREFIX) ? [`t:${key}`, `t:${key.slice(TRAIT_PREFIX.length)}`] : [`t:${key}`, `f:${key}`]
}

/** The last 16 digits: those of a hash, so that no two are alike. */
export function numberOfId(id: EntityId): bigint {
  return BigInt(`0x${id.slice(-16)}`)
}

/** Of a text that is a date with a time, and so the same instant in every zone. */
export function instantOfText(value: Json): Millis | undefined {
  return typeof value === 'string' && !isDate(value) ? findInstant(value, zoneOf('UTC')) : undefined
}
