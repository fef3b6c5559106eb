/** Segments in the form in which they are shown. */
import type { JsonObject } from '../../../base/json.ts'
import type { Instant } from '../../../model/event/event.ts'
import type { EntityKind } from '../../../model/profile/entity.ts'
import type { Filling, SegmentDefinition, SegmentOwner, SegmentState } from '../../../model/segment/segment.ts'

export type SegmentReport = {
  id: string
  name: string
  kind: EntityKind
  /** As notifications call it. */
  type: 'users_segment' | 'accounts_segment'
  /** Members are added and removed by hand. */
  isManual: boolean
  /** As it was written. */
  document: JsonObject | null
  timeZone: SegmentDefinition['timeZone']
  owner: SegmentOwner
  /** Place in the log at which the rule was set. */
  version: number
  members: number
  createdAt: Instant
  updatedAt: Instant
  /**
   * `filling`: history is still looked at; until then nobody enters, and those who were members stay. `deleting`: it will be gone
   * when the last member has left.
   */
  state: 'live' | 'filling' | 'deleting'
  /** While it is filling. */
  progress?: FillingProgress
}

export type FillingProgress = {
  /** First `history`, where events must be counted that nobody asked for before, then `members`. */
  step: Filling['step']
  done: number
  /** Of the step; null where it is not known yet. */
  total: number | null
  /** Of the step, 0 to 100. */
  percent: number | null
}

export function reportSegment({ definition, isDeleting, filling, ...state }: SegmentState): SegmentReport {
  const { id, name, kind, predicate, document = null, timeZone } = definition
  const { owner, version, members, createdAt, updatedAt } = state
  return {
    id,
    name,
    kind,
    type: `${kind}s_segment`,
    isManual: predicate === undefined,
    document,
    timeZone,
    owner,
    version,
    members,
    createdAt,
    updatedAt,
    state: isDeleting ? 'deleting' : filling ? 'filling' : 'live',
    ...(filling && !isDeleting && { progress: progressOf(filling) }),
  }
}

function progressOf({ step, done, total }: Filling): FillingProgress {
  // Entities that come while it runs can make it more than were expected.
  const percent = total === null ? null : total === 0 ? 100 : Math.min(100, Math.floor((done / total) * 100))
  return { step, done, total, percent }
}
