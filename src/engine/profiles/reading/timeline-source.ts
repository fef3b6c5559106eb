import type { Position } from '../../../log/log.ts'
import type { TimelineEvent } from '../../../model/event/timeline-event.ts'
import type { TimelineQuery } from '../../../model/event/timeline-query.ts'

/** Where the events of timelines are filed for good: the lake. */
export interface TimelineSource {
  /** Every `read` that is called after this has resolved finds all events up to this position. */
  filedThrough(): Promise<Position>
  /**
   * The first `limit` filed events that match, newest first, each once. Rejects with `lake_unavailable`, retryable, and with
   * `server_busy` when too many wait for it.
   */
  read(query: TimelineQuery): Promise<TimelineEvent[]>
}
