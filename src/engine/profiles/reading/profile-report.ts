/** Users and accounts in the form in which they are shown: what is known, and where each part of it came from. */
import type { Json } from '../../../base/json.ts'
import type { Instant } from '../../../model/event/event.ts'
import { castTrait } from '../../../model/profile/cast-trait.ts'
import type { Entity, EntityId, EntityKind, Merge, Part, Write } from '../../../model/profile/entity.ts'
import { EXTERNAL_ID } from '../../../model/profile/identity-rules.ts'
import { externalIdOf, type Placed } from '../../../model/profile/survivor.ts'
import type { TraitType } from '../../../model/profile/trait.ts'
import type { TraitRules } from '../../../model/profile/trait-rules.ts'
import { entityTraits } from '../../../model/profile/trait-value.ts'
import type { AccountLink } from './linked-account.ts'

/** Who said it, with which event, when it happened and when it came. */
export type Provenance = { source: string; event: string; occurredAt: Instant; receivedAt: Instant }

export type IdentifierReport = Provenance & { kind: string; value: string; part: EntityId }
export type TraitReport = Provenance & { value: Json; type: TraitType | null }

export type AccountLinkReport = {
  id: EntityId
  /** The user's events named it, or it has the domain of the user's email. */
  by: 'link' | 'domain'
  domain: string | null
  externalId: string | null
  name: Json
  /** Of the event that named it. */
  since: Provenance | null
}

export type MergeReport = {
  survivor: EntityId
  loser: EntityId
  cause: Provenance
  evidence: { kind: string; value: string } | null
}

export type PartReport = { id: EntityId; created: Provenance; identifiers: number; traits: number }

export type ProfileReport = {
  id: EntityId
  kind: EntityKind
  createdAt: Instant
  /** The source of the first event. */
  firstSource: string
  identifiers: IdentifierReport[]
  /** By name, in the order of the names; groups stay in them: `clearbit/role`. */
  traits: Record<string, TraitReport>
  /** Users only; null when there is none. */
  account?: AccountLinkReport | null
  /** In the order in which they happened. */
  merges: MergeReport[]
  /** Split off by hand: they do not merge with this one again by themselves. */
  apart: EntityId[]
  /** The profiles that this one is made of, its own first. */
  parts: PartReport[]
}

export type TypeOfTrait = (name: string) => TraitType | undefined

type Showing = { kind: EntityKind; rules: TraitRules; typeOf: TypeOfTrait }

export function reportProfile({ id, entity }: Placed, { kind, rules, typeOf }: Showing): ProfileReport {
  const first = firstWrite(entity)
  return {
    id,
    kind,
    createdAt: instant(first.occurredAt),
    firstSource: first.source,
    identifiers: reportIdentifiers(entity),
    traits: reportTraits(entity, rules, typeOf),
    merges: entity.merges.map(reportMerge),
    apart: entity.apart ?? [],
    parts: entity.parts.map(reportPart),
  }
}

export function reportLink({ placed: { id, entity }, ...link }: AccountLink, rules: TraitRules): AccountLinkReport {
  return {
    id,
    by: link.by,
    domain: link.by === 'domain' ? link.domain : null,
    externalId: externalIdOf(entity) ?? null,
    name: entityTraits(entity.parts, rules).get('name')?.value ?? null,
    since: link.by === 'link' ? provenanceOf(link.at) : null,
  }
}

/** What identifies for good first, then in the order of the parts and of their coming. */
export function reportIdentifiers({ parts }: Entity): IdentifierReport[] {
  const identifiers = parts.flatMap(({ id, identifiers }) =>
    identifiers.map(({ kind, value, since }) => ({ kind, value, part: id, ...provenanceOf(since) })),
  )
  return identifiers.toSorted((a, b) => Number(b.kind === EXTERNAL_ID) - Number(a.kind === EXTERNAL_ID))
}

function reportTraits({ parts }: Entity, rules: TraitRules, typeOf: TypeOfTrait): Record<string, TraitReport> {
  const traits = [...entityTraits(parts, rules)].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(
    traits.map(([name, { value, write }]) => [
      name,
      { value, type: rules.ruleOf(name).type ?? typeOf(name) ?? typeAtSight(name, value), ...provenanceOf(write) },
    ]),
  )
}

/** The type that the value would freeze. */
function typeAtSight(name: string, value: Json): TraitType | null {
  const cast = value === null ? undefined : castTrait(value, { name, type: undefined })
  return cast === undefined || cast.kind === 'refused' ? null : cast.type
}

function reportMerge({ survivor, loser, cause, evidence }: Merge): MergeReport {
  return { survivor, loser, cause: provenanceOf(cause), evidence: evidence ?? null }
}

function reportPart({ id, created, identifiers, traits }: Part): PartReport {
  return { id, created: provenanceOf(created), identifiers: identifiers.length, traits: Object.keys(traits).length }
}

export function provenanceOf({ source, event, occurredAt, receivedAt }: Write): Provenance {
  return { source, event, occurredAt: instant(occurredAt), receivedAt: instant(receivedAt) }
}

function firstWrite({ parts }: Entity): Write {
  return parts.map(({ created }) => created).reduce((first, next) => (next.occurredAt < first.occurredAt ? next : first))
}

function instant(millis: number): Instant {
  return new Date(millis).toISOString()
}
