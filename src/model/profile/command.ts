/** What an operator asks for, as an input on the log like any other: applied in order, replayed like everything else. */
import type { Claim, Instant } from '../event/event.ts'
import type { Counted, SegmentDefinition, SegmentOwner } from '../segment/segment.ts'
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
   * out by the suppression list, which is a file of its own (engine/erasure). Of somebody who has no profile, whom only the events of
   * others name, it holds the identifiers until the erasure has gone through the log.
   */
  | { kind: 'erase'; entityKind: EntityKind; parts: EntityId[]; identifiers?: Claim[] }
  /** Removes items from the quarantine: they were replayed or are not wanted. */
  | { kind: 'release'; items: string[] }
  /** Defines a segment, or changes it. */
  | { kind: 'define-segment'; definition: SegmentDefinition; owner: SegmentOwner }
  | { kind: 'delete-segment'; segment: string }
  /** Of a manual segment; entities by id. Those that are in it already, or are not, stay as they are. */
  | { kind: 'change-members'; segment: string; add: EntityId[]; remove: EntityId[] }
  | FillPage
  /** Time has come: something is due, and nothing else came. */
  | { kind: 'tick' }
)

/**
 * A page of what a new segment takes from history (model/segment/segment.ts, `Filling`). `from`: the cursor at which it begins, empty
 * at first; `to`: at which it ends, null on the last. `total`: of the whole step, where it is known.
 */
export type FillPage = {
  kind: 'fill-segment'
  segment: string
  version: number
  from: string
  to: string | null
  total: number | null
} & (
  | { step: 'history'; activities: [part: EntityId, tallies: Record<string, Counted>][] }
  | { step: 'members'; entities: EntityId[] }
)
