/** What a running engine says of itself: `GET /status`, `millrace status`, the live line of `millrace start`. */
import type { EventTotals } from '../engine/profiles/event-counts.ts'
import type { Position } from '../log/log.ts'
import type { TaskState } from './supervise.ts'
import type { ApplyStatus } from '../engine/apply/apply.ts'
import type { LakeStatus } from './threads/lake-thread.ts'
import type { MaterializeStatus } from './threads/materialize-thread.ts'

export type EngineStatus = {
  /** ISO 8601. */
  startedAt: string
  log: { head: Position }
  /** Since the start; `lagMs` is how long the oldest accepted document has waited to be applied. */
  documents: { accepted: number; applied: number; lagMs: number }
  /** Since the beginning of the log: accepted events are applied or repeated; the others were set aside. Over HTTP only. */
  events?: EventTotals
  apply: TaskState & Partial<ApplyStatus>
  /** By name. */
  materializations: Record<string, TaskState & Partial<MaterializeStatus>>
  lake: TaskState & Partial<LakeStatus>
  memory: { residentBytes: number }
}
