/**
 * What the store keeps of one user or account.
 *
 * **A merge dissolves nothing.** An entity is one or more *parts*, each a profile that once stood alone; what is shown is the
 * reduction of all of them, as if the same events had been known to belong together from the start: per trait, the operations
 * of all parts in the order of time. Undoing a merge detaches a part, and both are what they would have been.
 * Nothing here is written per event: only what identifiers, traits and links need.
 *
 * Spaces of the store: `entity/user`, `entity/account` (key: entity id, value: `EntityState`); `identifier/user`,
 * `identifier/account` (key: `<kind>\u0000<value>`, value: JSON string, the id of the *part* that owns it).
 */
import type { Json } from '../../base/json.ts'

export type EntityKind = 'user' | 'account'
/** 24 hex digits: 8 of the second in which it was received, 16 from a hash of its place in the log. */
export type EntityId = string
/** Milliseconds since the epoch. */
export type Millis = number

export type EntityState =
  | Entity
  /** It was merged: its part lives on in that entity (follow until one that is not merged). */
  | { mergedInto: EntityId }

export type Entity = {
  /** The survivor's own part first, then those merged into it, in the order of merging. */
  parts: Part[]
  merges: Merge[]
  /** Entities (ids of parts) that were split off: never merged with one of these again, unless by hand. */
  apart?: EntityId[]
}

/**
 * Of one entity. Limits of kinds end most merging long before; but identifiers can be taken away again, and parts stay. An entity
 * is read and written whole.
 */
export const PARTS_MAX = 250

export type Part = {
  /** That of the entity which it was at first. */
  id: EntityId
  created: Write
  /** In the order in which they came; the first of a kind that holds one value only is the value. */
  identifiers: Identifier[]
  traits: Record<string, TraitOperation[]>
  /** Where values came from: operations refer to these by number. Those that nothing refers to are dropped. */
  writes: Record<string, Write>
  /** Users only: the account that was named last, in the order of time. */
  link?: { account: EntityId; at: Write }
}

export type Identifier = { kind: string; value: string; /** When it came. */ since: Write }

/** Where and when something was written. Writes order by `occurredAt`, then `position`, then `index`. */
export type Write = {
  source: string
  /** Message id of the event. */
  event: string
  occurredAt: Millis
  receivedAt: Millis
  position: number
  index: number
}

/**
 * An operation on a trait, and the number of its write. A trait's list is sorted by its writes' order, and holds no operation
 * that later ones make void: it begins with the last `set` of a value, when there is one.
 */
export type TraitOperation = [operation: 'set' | 'setIfNull' | 'inc', value: Json, write: number]

export type Merge = {
  survivor: EntityId
  loser: EntityId
  /** The event or command that showed that they are one. */
  cause: Write
  /** The identifier by which both were met; absent when a person merged them. */
  evidence?: { kind: string; value: string }
}

export function entitySpace(kind: EntityKind): string {
  return `entity/${kind}`
}

export function identifierSpace(kind: EntityKind): string {
  return `identifier/${kind}`
}

/** Kinds never hold NUL, and values are stripped of it at the door. */
export function identifierKey(kind: string, value: string): string {
  return `${kind}\u0000${value}`
}
