/** What a running engine says of itself: `GET /status`, `millrace status`, the live line of `millrace start`. */
import type { EventTotals } from '../engine/profiles/event-counts.ts'
import type { Position } from '../log/log.ts'
import type { TaskState } from './supervise.ts'
import type { SegmentFillingState } from './segment-filling.ts'
import type { ApplyStatus } from '../engine/apply/apply.ts'
import type { LakeStatus } from './threads/lake-thread.ts'
import type { MaterializeStatus } from './threads/materialize-thread.ts'
import type { WebhookReport } from './webhook-report.ts'

export type EngineStatus = {
  /** ISO 8601. */
  startedAt: string
  log: { head: Position }
  /** Since the start; `lagMs` is how long the oldest accepted document has waited to be applied. */
  documents: { accepted: number; applied: number; lagMs: number }
  /** Since the beginning of the log: accepted events are applied or repeated; the others were set aside. Over HTTP only. */
  events?: EventTotals
  apply: TaskState & Partial<Omit<ApplyStatus, 'wants'>>
  /** When somebody enters or leaves by time alone, ISO 8601; and what brings history to new segments. */
  segments: { nextDueAt: string | null; history: SegmentFillingState }
  /** By name. */
  materializations: Record<string, TaskState & Partial<MaterializeStatus>>
  /** Webhooks that are told what changes, by name. */
  notifications: Record<string, WebhookReport>
  lake: TaskState & Partial<LakeStatus>
  memory: { residentBytes: number }
}
