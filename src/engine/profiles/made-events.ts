/** The events that Millrace makes: who came into being, who turned out to be one, what changed. Pure: an input's place gives theirs. */
import type { JsonObject } from '../../base/json.ts'
import type { MadeEventType, TimelineEvent } from '../../model/event/timeline-event.ts'
import type { Entity, EntityId, EntityKind, Merge, Write } from '../../model/profile/entity.ts'
import { ANONYMOUS_ID, DOMAIN, EMAIL } from '../../model/profile/identity-rules.ts'
import { externalIdOf, type Placed } from '../../model/profile/survivor.ts'
import type { TraitChange, TraitValue } from '../../model/profile/trait-value.ts'

/** Whose timeline it is on, and what caused it. */
export type Cause = { kind: EntityKind; part: EntityId; write: Write }

/** The traits that it begins with are the event's properties. */
export function createdEvent(cause: Cause, traits: ReadonlyMap<string, TraitValue>): TimelineEvent {
  const properties = Object.fromEntries(Array.from(traits, ([name, { value }]) => [name, value]))
  return made(cause, { type: `${cause.kind}_created`, name: `${title(cause.kind)} created`, suffix: 'created', properties })
}

/** One event for one change set of one source, in the shape of Hull's: `from/…` and `to/…`. */
export function changedEvent(cause: Cause, changes: readonly TraitChange[], signedUpAt: number): TimelineEvent {
  const properties: JsonObject = {}
  for (const { name, from, to } of changes) {
    properties[`to/${name}`] = to
    properties[`from/${name}`] = from
  }
  const context = { days_since_signup: daysBetween(signedUpAt, cause.write.occurredAt) }
  return made(cause, { type: 'attributes_changed', name: 'Attributes changed', suffix: 'changed', properties, context })
}

type MergedParts = { survivor: Placed; loser: Placed; merge: Merge }

export function mergedEvent(cause: Cause, { survivor, loser, merge }: MergedParts): TimelineEvent {
  const properties: JsonObject = {
    ...identify(cause.kind, survivor),
    ...identify('merged', loser, cause.kind),
    ...(merge.evidence && { evidence_kind: merge.evidence.kind, evidence_value: merge.evidence.value }),
  }
  const event = made(cause, { type: `${cause.kind}_merged`, name: `${title(cause.kind)} merged`, suffix: 'merged', properties })
  return { ...event, id: `${survivor.id}:${loser.id}:merged` }
}

export function splitEvent(cause: Cause, { id: rest }: Placed, { id: detached }: Placed): TimelineEvent {
  const properties = { [`${cause.kind}_id`]: rest, split_id: detached }
  return made(cause, { type: `${cause.kind}_split`, name: `${title(cause.kind)} split`, suffix: 'split', properties })
}

type Making = { type: MadeEventType; name: string; suffix: string; properties: JsonObject; context?: JsonObject }

function made({ kind, part, write }: Cause, { type, name, suffix, properties, context = {} }: Making): TimelineEvent {
  return {
    [kind]: part,
    position: write.position,
    index: write.index,
    id: `${write.event}:${kind}:${suffix}`,
    type,
    name,
    source: write.source,
    properties,
    context: { ...context, source: write.source },
    occurredAt: instant(write.occurredAt),
    receivedAt: instant(write.receivedAt),
  }
}

/** As the fixture of Hull's connectors has them: `user_id, user_email, …`, `merged_id, merged_email, …`. */
function identify(prefix: string, { id, entity }: Placed, kind: EntityKind = prefix as EntityKind): JsonObject {
  const address = kind === 'user' ? EMAIL : DOMAIN
  return {
    [`${prefix}_id`]: id,
    [`${prefix}_${address}`]: valuesOf(entity, address)[0] ?? null,
    [`${prefix}_external_id`]: externalIdOf(entity) ?? null,
    [`${prefix}_anonymous_ids`]: valuesOf(entity, ANONYMOUS_ID),
  }
}

function valuesOf({ parts }: Entity, wanted: string): string[] {
  return parts.flatMap(({ identifiers }) => identifiers.flatMap(({ kind, value }) => (kind === wanted ? [value] : [])))
}

const DAY_MS = 86_400_000

function daysBetween(from: number, to: number): number {
  return Math.max(0, Math.floor((to - from) / DAY_MS))
}

function title(kind: EntityKind): string {
  return kind === 'user' ? 'User' : 'Account'
}

function instant(millis: number): string {
  return new Date(millis).toISOString()
}
