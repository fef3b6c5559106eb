/** Segment's SDK for Node since its second generation, and its forks. */
import { drive, reportLost } from './drive.ts'
import { type ServerSdk, serverCalls } from './server-calls.ts'

type SegmentServer = ServerSdk & {
  closeAndFlush(): Promise<void>
  /** Tells of batches that are given up; without a listener they are printed. */
  on(event: 'error', listener: (error: unknown) => void): unknown
}

export function driveSegmentServer(analytics: SegmentServer): void {
  analytics.on('error', reportLost)
  drive({ ...serverCalls(analytics), close: () => analytics.closeAndFlush() })
}
