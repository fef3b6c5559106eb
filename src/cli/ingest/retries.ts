/** Repeats requests that were not answered, with growing pauses, or as long as the server asks to wait; within limits. */
import type { Clock } from '../../base/clock.ts'
import { MillraceError, messageOf } from '../../base/errors.ts'

export type Failed = {
  kind: 'failed'
  reason: string
  /** A server is there, only it could not do it now. */
  isAnswer: boolean
  /** How long the server asks to wait. */
  waitMs?: number | undefined
}

/** A restart or a short outage of the server is bridged; after that a person should know. */
const RETRY_FOR_MS = 60_000
/** A server that says when to come back is believed for longer. */
const BUSY_FOR_MS = 15 * 60_000
const RETRY_FIRST_MS = 250
const RETRY_LONGEST_MS = 5_000

type RetryParts = {
  clock: Clock
  url: URL
  /** What the server does not take, for messages. */
  noun: string
}

export class Retries {
  readonly #parts: RetryParts
  #hasAnswered = false

  constructor(parts: RetryParts) {
    this.#parts = parts
  }

  /** Throws `server_unreachable`: at once when no server has answered yet, else after the limits. */
  async untilAnswered<T extends { kind: string }>(attempt: () => Promise<T | Failed>): Promise<T> {
    const { clock } = this.#parts
    const startedAt = clock.now()
    for (let pauseMs = RETRY_FIRST_MS; ; pauseMs = Math.min(2 * pauseMs, RETRY_LONGEST_MS)) {
      const outcome = await attempt()
      if (!isFailed(outcome)) {
        this.#hasAnswered = true
        return outcome
      }
      this.#hasAnswered ||= outcome.isAnswer
      const limitMs = outcome.waitMs === undefined ? RETRY_FOR_MS : BUSY_FOR_MS
      if (!this.#hasAnswered || clock.now() - startedAt > limitMs) throw this.#unreachable(outcome.reason)
      await clock.sleep(outcome.waitMs ?? pauseMs)
    }
  }

  #unreachable(reason: string): MillraceError {
    const { url, noun } = this.#parts
    return new MillraceError('server_unreachable', `The server at ${url.origin} does not take ${noun}: ${reason}.`, {
      hint: 'Start one with `millrace start`, or name its address with --url.',
    })
  }
}

function isFailed(outcome: { kind: string }): outcome is Failed {
  return outcome.kind === 'failed'
}

/** An attempt that ended without an answer. */
export function noAnswer(error: unknown): Failed {
  const cause = error instanceof Error ? error.cause : undefined
  const reason = cause instanceof AggregateError ? messageOf(cause.errors[0]) : messageOf(cause ?? error)
  return { kind: 'failed', reason, isAnswer: false }
}

/** `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3); undefined when it is missing or no time. */
export function retryAfterMs(headers: Headers, now: number): number | undefined {
  const text = headers.get('retry-after')
  if (text === null) return undefined
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), WAIT_MAX_MS)
}

/** Rather asked once more than slept through the end of a limit. */
const WAIT_MAX_MS = 60_000
