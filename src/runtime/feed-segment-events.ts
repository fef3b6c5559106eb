/** Generated segment events for the example, through the same gate as everybody's. */
import { systemClock } from '../base/clock.ts'
import { MillraceError } from '../base/errors.ts'
import { systemRandom } from '../base/random.ts'
import type { Ingest } from '../engine/ingest/ingest.ts'
import { segmentEventJson, segmentEvents } from '../engine/segment-generator/segment-events.ts'
import { TokenBucket } from '../engine/segment-generator/token-bucket.ts'

const SEGMENT_EVENTS = 'examples/segment/events'

/** One entry of the log at most; at higher rates the bucket grants more at a time. */
const APPEND_EVENTS_MAX = 2_000

type Feed = { ingest: Ingest; perSecond: number; signal: AbortSignal }

/** Feeds until `signal` aborts. A log that is away for a while is tried again: the events are only generated ones. */
export async function feedSegmentEvents({ ingest, perSecond, signal }: Feed): Promise<void> {
  const events = segmentEvents(systemRandom, { now: () => systemClock.now() })
  const bucket = new TokenBucket(systemClock, perSecond)
  while (!signal.aborted) {
    const count = await bucket.take(APPEND_EVENTS_MAX)
    const batch = ingest.prepare(SEGMENT_EVENTS)
    for (let i = 0; i < count; i++) batch.addText(segmentEventJson(events.next().value))
    try {
      await ingest.append([batch])
    } catch (error) {
      if (!(error instanceof MillraceError && error.retryable)) throw error
      await systemClock.sleep(1_000, signal)
    }
  }
}
