import type { EntityId } from '../../../model/profile/entity.ts'
import type { Comparison, Preview } from '../../../model/segment/preview.ts'
import type { SegmentDefinition } from '../../../model/segment/segment.ts'

/**
 * Questions about everybody at once, answered from the columns that the lake keeps of entities and events. All reject, retryable, with
 * `columns_unavailable`, `columns_incomplete` while the columns are made, `question_too_slow`, `lake_unavailable` and `server_busy`.
 */
export interface SegmentQueries {
  /** Of a rule over users or accounts, as if it were a segment already. */
  preview(definition: SegmentDefinition): Promise<Preview>
  /**
   * What the rule would change about the members that the segment of this id has; of a new one, everybody enters. Where it asks for
   * members of a segment that is among `instead`, those count who match that one's rule; each stands behind those that it asks for.
   */
  compare(definition: SegmentDefinition, instead: readonly SegmentDefinition[]): Promise<Comparison>
  /** Ids of members behind `after`, in the order of the ids, `limit` at most; fewer only on the last page. */
  members(segment: Pick<SegmentDefinition, 'id' | 'kind'>, page: { after?: EntityId; limit: number }): Promise<EntityId[]>
}
