/** Sends batches to a server, one after the other, and repeats what got no answer; the idempotency key makes repeats harmless. */
import type { Clock } from '../../base/clock.ts'
import { MillraceError, messageOf } from '../../base/errors.ts'

export type Violation = { line?: number; row?: number; pointer: string; message: string }

export type Answer =
  | { kind: 'accepted'; position: number; isRepeat: boolean }
  /** Nothing of the batch was written. */
  | { kind: 'refused'; code: string; detail: string; hint: string | undefined; violations: Violation[] }

type SenderParts = { url: URL; mediaType: string; fetch: typeof fetch; clock: Clock }

/** A restart or a short outage of the server is bridged; after that a person should know. */
const RETRY_FOR_MS = 60_000
const RETRY_FIRST_MS = 250
const RETRY_LONGEST_MS = 5_000
/** A server that is so slow has most likely lost the request. */
const ANSWER_TIMEOUT_MS = 60_000

export class Sender {
  readonly #parts: SenderParts
  #hasAnswered = false

  constructor(parts: SenderParts) {
    this.#parts = parts
  }

  /** Throws `server_unreachable`: at once when no server has answered yet, else after a minute of trying. */
  async send(body: string, idempotencyKey: string): Promise<Answer> {
    const { clock } = this.#parts
    const startedAt = clock.now()
    for (let pauseMs = RETRY_FIRST_MS; ; pauseMs = Math.min(2 * pauseMs, RETRY_LONGEST_MS)) {
      const attempt = await this.#attempt(body, idempotencyKey)
      if (attempt.kind !== 'failed') return attempt
      if (!this.#hasAnswered || clock.now() - startedAt > RETRY_FOR_MS) throw this.#unreachable(attempt.reason)
      await clock.sleep(pauseMs)
    }
  }

  async #attempt(body: string, idempotencyKey: string): Promise<Answer | { kind: 'failed'; reason: string }> {
    const { url, mediaType, fetch } = this.#parts
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': mediaType, 'idempotency-key': idempotencyKey },
        body,
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      })
      const answer: unknown = await response.json()
      this.#hasAnswered = true
      if (response.status >= 500)
        return { kind: 'failed', reason: `it answers ${response.status}: ${textAt(answer, 'detail') ?? 'without a reason'}` }
      return response.ok ? readReceipt(answer) : readProblem(answer, response.status)
    } catch (error) {
      return { kind: 'failed', reason: reasonOf(error) }
    }
  }

  #unreachable(reason: string): MillraceError {
    return new MillraceError(
      'server_unreachable',
      `The server at ${this.#parts.url.origin} does not take documents: ${reason}.`,
      {
        hint: 'Start one with `millrace start`, or name its address with --url.',
      },
    )
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  if (cause instanceof AggregateError) return messageOf(cause.errors[0])
  return messageOf(cause ?? error)
}

function readReceipt(answer: unknown): Answer {
  const { offsets, isRepeat } = answer as { offsets: Record<string, number>; isRepeat: boolean }
  return { kind: 'accepted', position: Math.max(...Object.values(offsets)), isRepeat }
}

function readProblem(answer: unknown, status: number): Answer {
  const violations =
    typeof answer === 'object' && answer !== null && 'violations' in answer ? (answer.violations as Violation[]) : []
  return {
    kind: 'refused',
    code: textAt(answer, 'code') ?? 'body_invalid',
    detail: textAt(answer, 'detail') ?? `The server answers ${status}.`,
    hint: textAt(answer, 'hint'),
    violations,
  }
}

function textAt(answer: unknown, name: string): string | undefined {
  const value = typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>)[name] : undefined
  return typeof value === 'string' ? value : undefined
}
