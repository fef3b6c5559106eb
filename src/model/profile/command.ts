/** What an operator asks for, as an input on the log like any other: applied in order, replayed like everything else. */
import type { Instant } from '../event/event.ts'
import type { EntityId, EntityKind } from './entity.ts'

export type Command = {
  /** 24 hex digits. */
  id: string
  at: Instant
} & (
  | { kind: 'merge'; entityKind: EntityKind; survivor: EntityId; loser: EntityId }
  /** Takes the part `part` out of its entity; both never merge again by themselves. */
  | { kind: 'split'; entityKind: EntityKind; part: EntityId }
  /**
   * Forgets the entity that these parts make up. The command holds nothing that identifies the person: identifiers are kept
   * out by the suppression list, which is a file of its own (engine/erasure).
   */
  | { kind: 'erase'; entityKind: EntityKind; parts: EntityId[] }
  /** Removes items from the quarantine: they were replayed or are not wanted. */
  | { kind: 'release'; items: string[] }
)
