/**
 * What an input changed about one entity, as apply publishes it under `millrace/changes`: notifications are made of these, and of
 * the events. Thin and exact; one for each input and entity. Reading folds those of one entity: the first `from`, the last `to`.
 */
import type { Json } from '../../base/json.ts'
import type { Instant } from '../event/event.ts'
import type { EntityId, EntityKind } from '../profile/entity.ts'
import type { SegmentDefinition } from './segment.ts'

export type EntityChange = {
  kind: EntityKind
  entity: EntityId
  position: number
  index: number
  at: Instant
  /** It came into being. */
  isNew?: true
  /** By key of the report (`entity-facts.ts`): before and after; null where there is nothing. Hidden traits are not among them. */
  facts?: Record<string, [from: Json, to: Json]>
  entered?: string[]
  left?: string[]
  /** Users: the account they belong to. */
  account?: [from: EntityId | null, to: EntityId | null]
  /** These ended and are part of it now. */
  absorbed?: EntityId[]
  /** It ended: merged into that one, or erased. */
  mergedInto?: EntityId
  isErased?: true
}

/** A segment began, changed, or ended; in the order of the log among the others. */
export type SegmentChange = {
  kind: 'segment'
  position: number
  index: number
  at: Instant
  change: 'update' | 'delete'
  segment: Pick<SegmentDefinition, 'id' | 'name' | 'kind'> & { createdAt: Instant; updatedAt: Instant }
}

export type Change = EntityChange | SegmentChange
