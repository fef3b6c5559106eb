/** What the stations of segments work with: documents, profiles, where to publish, and what is still to be looked at for one input. */
import type { TimelineEvent } from '../../model/event/timeline-event.ts'
import type { Entity, EntityId, EntityKind } from '../../model/profile/entity.ts'
import type { Identity } from '../../model/profile/event-claims.ts'
import type { TraitRules } from '../../model/profile/trait-rules.ts'
import type { Identities } from '../profiles/identities.ts'
import type { ByAudience } from './audience.ts'
import type { ChangeRecords } from './change-records.ts'
import type { SegmentDocuments } from './segment-documents.ts'
import type { LiveSegment } from './segment-index.ts'
import type { LogPlace } from './segment-registry.ts'

export type SegmentWork = {
  documents: SegmentDocuments
  changes: ChangeRecords
  identity: Identity
  identities: Record<EntityKind, Identities>
  rules: Record<EntityKind, TraitRules>
  signedUpAt: (kind: EntityKind, entity: Entity) => number
  publish: (event: TimelineEvent) => void
  touched: TouchedEntities
  place: LogPlace
}

export type Touched = {
  kind: EntityKind
  part: EntityId
  segments: Set<LiveSegment>
  /** Those of whose audience the entity is, or as whose member it may have ceased to be. */
  lists: Set<ByAudience<LiveSegment>>
}

/** The entities whose segments are to be evaluated, by any of their parts, in the order in which they were met. */
export class TouchedEntities {
  readonly #touched = new Map<string, Touched>()

  get isEmpty(): boolean {
    return this.#touched.size === 0
  }

  add(kind: EntityKind, part: EntityId, segments: Iterable<LiveSegment>): void {
    const touched = this.#require(kind, part)
    for (const segment of segments) touched.segments.add(segment)
  }

  /** Whatever is otherwise, it is not the fact by which the list finds them. */
  addList(kind: EntityKind, part: EntityId, list: ByAudience<LiveSegment>): void {
    this.#require(kind, part).lists.add(list)
  }

  #require(kind: EntityKind, part: EntityId): Touched {
    const key = `${kind}/${part}`
    const known = this.#touched.get(key)
    if (known) return known
    const touched = { kind, part, segments: new Set<LiveSegment>(), lists: new Set<ByAudience<LiveSegment>>() }
    this.#touched.set(key, touched)
    return touched
  }

  take(): Touched | undefined {
    for (const [key, touched] of this.#touched) {
      this.#touched.delete(key)
      return touched
    }
    return undefined
  }
}
