/** Segments as notifications show them. Internal ones, which only serve other segments, never appear. */
import type { EntityKind } from '../../model/profile/entity.ts'
import { segmentTypeOf } from '../../model/notification-channel.ts'
import type { SegmentChange } from '../../model/segment/entity-change.ts'
import { type Membership, membershipSpace, SEGMENT_SPACE, type SegmentState } from '../../model/segment/segment.ts'
import type { StoreReader } from '../../store/store.ts'
import type { SegmentReport } from './notification.ts'

export function isInternalSegment(id: string): boolean {
  return id.startsWith('~')
}

export function reportSegment({ id, name, kind, createdAt, updatedAt }: SegmentChange['segment']): SegmentReport {
  return { id, name, type: segmentTypeOf(kind), created_at: createdAt, updated_at: updatedAt }
}

export class SegmentReports {
  readonly #store: Pick<StoreReader, 'load'>
  readonly #ended: ReadonlyMap<string, SegmentReport>

  /** `ended`: segments of which the store may know nothing any more. */
  constructor(store: Pick<StoreReader, 'load'>, ended: ReadonlyMap<string, SegmentReport>) {
    this.#store = store
    this.#ended = ended
  }

  /** The segments that an entity is in, those that still exist, by id. */
  async ofMember(kind: EntityKind, entity: string): Promise<SegmentReport[]> {
    const [text] = await this.#store.load(membershipSpace(kind), [entity])
    // Only the segments' runner writes these spaces.
    const ids = text === undefined ? [] : Object.keys((JSON.parse(text) as Membership).in)
    const found = await Promise.all(ids.filter((id) => !isInternalSegment(id)).map((id) => this.#find(id)))
    return found.filter((report) => report !== undefined).toSorted((a, b) => (a.id < b.id ? -1 : 1))
  }

  /** In this order. Of those that are gone only the id may be known. */
  async named(kind: EntityKind, ids: readonly string[]): Promise<SegmentReport[]> {
    return await Promise.all(ids.map(async (id) => (await this.#find(id)) ?? this.#ended.get(id) ?? unknownSegment(kind, id)))
  }

  async #find(id: string): Promise<SegmentReport | undefined> {
    const [text] = await this.#store.load(SEGMENT_SPACE, [id])
    if (text === undefined) return undefined
    const { definition, createdAt, updatedAt } = JSON.parse(text) as SegmentState
    return reportSegment({ ...definition, createdAt, updatedAt })
  }
}

function unknownSegment(kind: EntityKind, id: string): SegmentReport {
  return { id, name: id, type: segmentTypeOf(kind), created_at: null, updated_at: null }
}
