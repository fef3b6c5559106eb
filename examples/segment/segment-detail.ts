import type { ExamplesSegmentEvents, SegmentDetail } from './millrace.types.ts'

/** What one event says about its user in its segment. A removal knows no `first` and no `value`, so it leaves them as they are. */
export function segmentDetail(event: ExamplesSegmentEvents): SegmentDetail {
  const { segment, timestamp, value } = event
  if (event.remove) return { segment, last: timestamp, member: false }
  const detail = { segment, first: timestamp, last: timestamp, member: true }
  return value === undefined ? detail : { ...detail, value }
}
