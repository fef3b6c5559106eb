/** Sends batches to a server, one after the other, and repeats what got no answer; the idempotency key makes repeats harmless. */
import type { Clock } from '../../base/clock.ts'
import { type Failed, noAnswer, Retries } from './retries.ts'
import { textAt } from './text-at.ts'

export type Violation = { line?: number; row?: number; pointer: string; message: string }

export type Answer =
  | { kind: 'accepted'; position: number; isRepeat: boolean }
  /** Nothing of the batch was written. */
  | { kind: 'refused'; code: string; detail: string; hint: string | undefined; violations: Violation[] }

type SenderParts = { url: URL; mediaType: string; fetch: typeof fetch; clock: Clock }

/** A server that is so slow has most likely lost the request. */
export const ANSWER_TIMEOUT_MS = 60_000

export class Sender {
  readonly #parts: SenderParts
  readonly #retries: Retries

  constructor(parts: SenderParts) {
    this.#parts = parts
    this.#retries = new Retries({ clock: parts.clock, url: parts.url, noun: 'documents' })
  }

  /** Throws `server_unreachable`: at once when no server has answered yet, else after a minute of trying. */
  send(body: string, idempotencyKey: string): Promise<Answer> {
    return this.#retries.untilAnswered(() => this.#attempt(body, idempotencyKey))
  }

  async #attempt(body: string, idempotencyKey: string): Promise<Answer | Failed> {
    const { url, mediaType, fetch } = this.#parts
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': mediaType, 'idempotency-key': idempotencyKey },
        body,
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      })
      const answer: unknown = await response.json()
      if (response.status >= 500) {
        const reason = `it answers ${response.status}: ${textAt(answer, 'detail') ?? 'without a reason'}`
        return { kind: 'failed', reason, isAnswer: true }
      }
      return response.ok ? readReceipt(answer) : readProblem(answer, response.status)
    } catch (error) {
      return noAnswer(error)
    }
  }
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
