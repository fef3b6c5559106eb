import type { Position } from '../../log/log.ts'

/** How far a materialization is. */
export type MaterializationStatus = {
  /** The target holds everything of the input up to and including `position`. */
  bindings: { table: string; source: string; position: Position }[]
  /** Documents that were brought to the target since the run began; before they were combined for tables, after it for pushes. */
  documentCount: number
  /** The receiver has refused the present body `attempts` times so far. */
  retrying?: { attempts: number; message: string }
}
