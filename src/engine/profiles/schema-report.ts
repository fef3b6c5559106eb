/** The schema as people read it, from the store alone. */
import type { EventType, Instant } from '../../model/event/event.ts'
import type { EntityKind, Millis } from '../../model/profile/entity.ts'
import type { TraitType } from '../../model/profile/trait.ts'
import type { Store } from '../../store/store.ts'
import {
  EVENT_SCHEMA_SPACE,
  type EventDocument,
  type LastRefusal,
  type PropertyDocument,
  type PropertyType,
  type Sightings,
  type TraitDocument,
  traitSchemaSpace,
} from './schema-documents.ts'
import { loadSpace } from './schema-space.ts'

/** Sorted by name, by code units. Times are of receipt. */
export type SchemaReport = {
  traits: Record<EntityKind, TraitReport[]>
  events: EventSchemaReport[]
  /** Values and events under names that are not kept: too many, too long, not allowed. */
  unkept: Record<EntityKind | 'event', number>
}

export type Seen = { count: number; firstSeenAt: Instant; lastSeenAt: Instant }

export type TraitReport = Seen & {
  name: string
  /** Null while no value was taken. */
  type: TraitType | null
  sources: Record<string, number>
  /** From further sources than are listed. */
  otherSources: number
  refused: number
  lastRefusal: (Omit<LastRefusal, 'at'> & { at: Instant }) | null
  /** Values that came and were ignored, since the catalog hides the trait. */
  hidden: number
}

export type EventSchemaReport = Seen & {
  type: EventType
  /** Null for events without one, such as `identify`. */
  name: string | null
  sources: Record<string, number>
  otherSources: number
  properties: PropertyReport[]
  /** Values of properties that are not listed. */
  otherProperties: number
}

export type PropertyReport = Seen & { name: string; types: Partial<Record<PropertyType, number>> }

/** May run beside `profiles`: it reads what is committed. */
export async function loadSchema(store: Pick<Store, 'load'>): Promise<SchemaReport> {
  const user = await loadSpace<TraitDocument>(store, traitSchemaSpace('user'))
  const account = await loadSpace<TraitDocument>(store, traitSchemaSpace('account'))
  const event = await loadSpace<EventDocument>(store, EVENT_SCHEMA_SPACE)
  return {
    traits: { user: byName(user.documents).map(traitReport), account: byName(account.documents).map(traitReport) },
    events: byName(event.documents).map(eventReport),
    unkept: { user: user.unkept, account: account.unkept, event: event.unkept },
  }
}

/** The frozen types of these traits, those that have one: little to read where the whole schema is not asked for. */
export async function loadTraitTypes(
  store: Pick<Store, 'load'>,
  kind: EntityKind,
  names: readonly string[],
): Promise<Map<string, TraitType>> {
  const texts = await store.load(traitSchemaSpace(kind), names)
  const types = new Map<string, TraitType>()
  names.forEach((name, i) => {
    const { type } = JSON.parse(texts[i] ?? '{}') as Partial<TraitDocument>
    if (type !== undefined) types.set(name, type)
  })
  return types
}

function byName<Document>(documents: readonly [string, Document][]): [string, Document][] {
  return documents.toSorted(([a], [b]) => (a < b ? -1 : 1))
}

function traitReport([name, document]: [string, TraitDocument]): TraitReport {
  const { refused } = document
  return {
    name,
    type: document.type ?? null,
    ...seen(document),
    sources: document.sources,
    otherSources: document.otherSources ?? 0,
    refused: refused?.count ?? 0,
    lastRefusal: refused ? { ...refused.last, at: instant(refused.last.at) } : null,
    hidden: document.hidden ?? 0,
  }
}

function eventReport([key, document]: [string, EventDocument]): EventSchemaReport {
  const colon = key.indexOf(':')
  return {
    // Keys are made by `eventKey`.
    type: (colon < 0 ? key : key.slice(0, colon)) as EventType,
    name: colon < 0 ? null : key.slice(colon + 1),
    ...seen(document),
    sources: document.sources,
    otherSources: document.otherSources ?? 0,
    properties: byName(Object.entries(document.properties)).map(propertyReport),
    otherProperties: document.otherProperties ?? 0,
  }
}

function propertyReport([name, document]: [string, PropertyDocument]): PropertyReport {
  return { name, ...seen(document), types: document.types }
}

function seen({ count, firstSeenAt, lastSeenAt }: Sightings): Seen {
  return { count, firstSeenAt: instant(firstSeenAt), lastSeenAt: instant(lastSeenAt) }
}

function instant(millis: Millis): Instant {
  return new Date(millis).toISOString()
}
