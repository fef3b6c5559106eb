/** What the eraser works with; `runtime` brings it. */
import type { Clock } from '../../base/clock.ts'
import type { Doorbell } from '../../base/doorbell.ts'
import type { Log, Position } from '../../log/log.ts'
import type { StoreReader } from '../../store/store.ts'
import type { BodiesEraser, ColumnsEraser, ErasureRecords, LakeEraser } from './erasure.ts'
import type { Normalize } from './subject.ts'
import type { SuppressionList } from './suppression.ts'

export type EraserParts = {
  log: Pick<Log, 'append' | 'read' | 'redact' | 'head'>
  store: Pick<StoreReader, 'load' | 'readOutputs' | 'scrub'>
  lake: LakeEraser
  columns: ColumnsEraser
  bodies: BodiesEraser
  records: ErasureRecords
  suppression: SuppressionList
  clock: Clock
  normalize: Normalize
  /** 24 hex digits, random. */
  newId: () => string
  /** Position up to which the profiles are applied and committed. */
  appliedThrough: () => Promise<Position>
  /** Rung by others when more is applied or the lake has done something. */
  bell: Doorbell
}
