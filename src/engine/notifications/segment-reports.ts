/** Segments as notifications show them. Internal ones, which only serve other segments, never appear. */
import type { EntityKind } from '../../model/profile/entity.ts'
import { segmentTypeOf } from '../../model/notification-channel.ts'
import type { SegmentChange } from '../../model/segment/entity-change.ts'
import { Membership } from '../../model/segment/membership.ts'
import { membershipSpace, SEGMENT_SPACE, type SegmentState } from '../../model/segment/segment.ts'
import type { StoreReader } from '../../store/store.ts'
import type { SegmentReport } from './notification.ts'

export function isInternalSegment(id: string): boolean {
  return id.startsWith('~')
}

export function reportSegment({ id, name, kind, createdAt, updatedAt }: SegmentChange['segment']): SegmentReport {
  return { id, name, type: segmentTypeOf(kind), created_at: createdAt, updated_at: updatedAt }
}

/** By id: what was made of a document, as long as it is the same. Its rule may be a thousand times as long as what is shown of it. */
export type KnownSegments = Map<string, { text: string; report: SegmentReport }>

type SegmentReportsParts = {
  store: Pick<StoreReader, 'load'>
  known: KnownSegments
  /** Segments of which the store may know nothing any more. */
  ended: ReadonlyMap<string, SegmentReport>
}

export class SegmentReports {
  readonly #store: Pick<StoreReader, 'load'>
  readonly #known: KnownSegments
  readonly #ended: ReadonlyMap<string, SegmentReport>

  constructor({ store, known, ended }: SegmentReportsParts) {
    this.#store = store
    this.#known = known
    this.#ended = ended
  }

  /** The segments that an entity is in, those that still exist, by id. */
  async ofMember(kind: EntityKind, entity: string): Promise<SegmentReport[]> {
    const found = await Promise.all((await this.idsOfMember(kind, entity)).map((id) => this.#find(id)))
    return found.filter((report) => report !== undefined).toSorted((a, b) => (a.id < b.id ? -1 : 1))
  }

  /** Also of those that are gone. */
  async idsOfMember(kind: EntityKind, entity: string): Promise<string[]> {
    const [text] = await this.#store.load(membershipSpace(kind), [entity])
    return text === undefined
      ? []
      : Membership.read(text)
          .segments()
          .filter((id) => !isInternalSegment(id))
  }

  /** In this order. Of those that are gone only the id may be known. */
  async named(kind: EntityKind, ids: readonly string[]): Promise<SegmentReport[]> {
    return await Promise.all(ids.map(async (id) => (await this.#find(id)) ?? this.#ended.get(id) ?? unknownSegment(kind, id)))
  }

  async #find(id: string): Promise<SegmentReport | undefined> {
    const [text] = await this.#store.load(SEGMENT_SPACE, [id])
    if (text === undefined) {
      this.#known.delete(id)
      return undefined
    }
    const known = this.#known.get(id)
    if (known?.text === text) return known.report
    // Only the segments' runner writes this space.
    const { definition, createdAt, updatedAt } = JSON.parse(text) as SegmentState
    const report = reportSegment({ ...definition, createdAt, updatedAt })
    this.#known.set(id, { text, report })
    return report
  }
}

function unknownSegment(kind: EntityKind, id: string): SegmentReport {
  return { id, name: id, type: segmentTypeOf(kind), created_at: null, updated_at: null }
}
