/** How many requests a second each source may make. */
import { MillraceError } from '../../base/errors.ts'
import type { Source } from '../../model/catalog.ts'

/** A refusal that says when to come back; its code is `rate_limited`. */
export class RateLimitError extends MillraceError {
  readonly retryAfterSeconds: number

  constructor(message: string, retryAfterSeconds: number) {
    super('rate_limited', message, { hint: `Try again after ${retryAfterSeconds} s.`, retryable: true })
    this.retryAfterSeconds = retryAfterSeconds
  }
}

type Bucket = { tokens: number; at: number }

export class RateLimits {
  /** By source: there are as many as the catalog has. */
  readonly #buckets = new Map<string, Bucket>()

  /** Counts a request; throws a `RateLimitError` when it is one too many. A second's worth may come at once. */
  take({ name, limits: { requestsPerSecond: rate } }: Source, now: number): void {
    if (rate === undefined) return
    const most = Math.max(1, rate)
    const bucket = this.#buckets.get(name) ?? { tokens: most, at: now }
    this.#buckets.set(name, bucket)
    bucket.tokens = Math.min(most, bucket.tokens + (Math.max(0, now - bucket.at) * rate) / 1_000)
    bucket.at = now
    if (bucket.tokens < 1) {
      const seconds = Math.max(1, Math.ceil((1 - bucket.tokens) / rate))
      throw new RateLimitError(`The source "${name}" may make ${rate} requests a second.`, seconds)
    }
    bucket.tokens--
  }
}
