/**
 * What the store keeps of the schema: a document a trait and an event name, and the names themselves in pages, since a store
 * cannot be searched. Only what a transaction touched is written again; pages only when a new name comes.
 *
 * Spaces of the store: `schema/user-trait`, `schema/account-trait` (key: name of the trait), `schema/event` (key: `eventKey`);
 * `schema/names` (keys: `user-trait/0`, `user-trait/1`, …: a page of names; `user-trait/unkept`: a number; the others likewise).
 */
import type { ErrorCode } from '../../base/error-codes.ts'
import type { EventType } from '../../model/event/event.ts'
import type { EntityKind, Millis } from '../../model/profile/entity.ts'
import type { TraitType } from '../../model/profile/trait.ts'

export const NAMES_SPACE = 'schema/names'
/** A new name writes a page again, so pages are small; opening reads all of them, so they are not too small. */
export const NAMES_PER_PAGE = 100
/** Traits of users, traits of accounts, names of events. Many more come from code that puts data into names. */
export const SCHEMA_NAMES_MAX = 10_000
/** Of one event name. */
export const PROPERTIES_MAX = 1_000
/** Of all event names together, since all of them are in memory. */
export const ALL_PROPERTIES_MAX = 200_000
/** Of events and properties; longer ones are not kept. */
export const SCHEMA_NAME_CHARACTERS_MAX = 200
/** Of one trait or event name; values of further sources are counted together. */
export const SOURCES_MAX = 100

/** Times are of receipt. */
export type Sightings = { count: number; firstSeenAt: Millis; lastSeenAt: Millis }

/** How often each source sent it. */
export type BySource = { sources: Record<string, number>; otherSources?: number }

/** `count`: values that were taken, deletions included; the times tell of refused and hidden ones as well. */
export type TraitDocument = {
  /** Absent until a value was taken. */
  type?: TraitType
  refused?: { count: number; last: LastRefusal }
  hidden?: number
} & Sightings &
  BySource

/** Nothing of the value, nor of the event: this stays when a person is forgotten. */
export type LastRefusal = { code: ErrorCode; source: string; at: Millis }

export type EventDocument = Sightings &
  BySource & {
    properties: Record<string, PropertyDocument>
    /** Values of properties for which there was no room, or whose name is too long. */
    otherProperties?: number
  }

export const PROPERTY_TYPES = ['null', 'boolean', 'number', 'string', 'date', 'array', 'object'] as const
export type PropertyType = (typeof PROPERTY_TYPES)[number]

/** `types`: how often each came. */
export type PropertyDocument = Sightings & { types: Partial<Record<PropertyType, number>> }

export function traitSchemaSpace(kind: EntityKind): string {
  return `schema/${kind}-trait`
}

export const EVENT_SCHEMA_SPACE = 'schema/event'

/** Types have no colon, so that a track that is called `page` and a page differ. */
export function eventKey(type: EventType, name: string | undefined): string {
  return name === undefined ? type : `${type}:${name}`
}

/** In `schema/names`. */
export function namesKey(space: string, part: number | 'unkept'): string {
  return `${space.slice('schema/'.length)}/${part}`
}
