/** What the stations of segments work with: documents, profiles, where to publish, and what is still to be looked at for one input. */
import type { TimelineEvent } from '../../model/event/timeline-event.ts'
import type { Entity, EntityId, EntityKind } from '../../model/profile/entity.ts'
import type { Identity } from '../../model/profile/event-claims.ts'
import type { TraitRules } from '../../model/profile/trait-rules.ts'
import type { Identities } from '../profiles/identities.ts'
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
  /** Of evaluations for one input: what segments say may be asked about by others. */
  round: number
}

export type Touched = { kind: EntityKind; part: EntityId; segments: Set<LiveSegment> }

/** The entities whose segments are to be evaluated, by any of their parts, in the order in which they were met. */
export class TouchedEntities {
  readonly #touched = new Map<string, Touched>()

  get isEmpty(): boolean {
    return this.#touched.size === 0
  }

  add(kind: EntityKind, part: EntityId, segments: Iterable<LiveSegment>): void {
    const key = `${kind}/${part}`
    let touched = this.#touched.get(key)
    if (touched === undefined) {
      touched = { kind, part, segments: new Set() }
      this.#touched.set(key, touched)
    }
    for (const segment of segments) touched.segments.add(segment)
  }

  take(): Touched | undefined {
    for (const [key, touched] of this.#touched) {
      this.#touched.delete(key)
      return touched
    }
    return undefined
  }
}
