import type { Clock } from '../../base/clock.ts'
import { TokenBucket } from '../../engine/segment-generator/token-bucket.ts'

/** Ten requests a second look even. */
const PACED_BATCHES_PER_SECOND = 10

/** How much may be sent when: as fast as possible, or at most `rate` items a second. */
export type Pace = {
  itemsMax: number
  /** Resolves when so many items may be sent. */
  wait: (items: number) => Promise<void>
}

export function paceOf(clock: Clock, batch: number, rate: number | undefined): Pace {
  if (rate === undefined) return { itemsMax: batch, wait: async () => {} }
  const bucket = new TokenBucket(clock, rate)
  return {
    itemsMax: Math.min(batch, Math.ceil(rate / PACED_BATCHES_PER_SECOND)),
    wait: async (items) => {
      for (let left = items; left > 0;) left -= await bucket.take(left)
    },
  }
}
