/** Sends batches of tracked events to a server and repeats what got no answer; message ids make repeats harmless. */
import type { Clock } from '../../base/clock.ts'
import { isErrorCode } from '../../base/error-codes.ts'
import { MillraceError } from '../../base/errors.ts'
import { type Failed, noAnswer, Retries, retryAfterMs } from './retries.ts'
import { ANSWER_TIMEOUT_MS } from './sender.ts'
import { textAt } from './text-at.ts'

export type Rejection = { index: number; code: string; message: string }

export type EventAnswer =
  /** What is not among `rejected` is on disk. */
  | { kind: 'taken'; rejected: Rejection[] }
  /** Nothing of the batch was written: the body as a whole is not what the server reads, or the source is strict. */
  | { kind: 'refused'; code: string; message: string; rejected: Rejection[] }

type EventSenderParts = { url: URL; writeKey: string; fetch: typeof fetch; clock: Clock }

/** Of the batch, rather than of the key or the address. */
const BATCH_STATUSES: readonly number[] = [400, 413, 422]
/** Beside all from 500: the same request may succeed later. */
const RETRY_STATUSES: readonly number[] = [408, 425, 429]

export class EventSender {
  readonly #parts: EventSenderParts
  readonly #retries: Retries
  readonly #headers: Record<string, string>

  constructor(parts: EventSenderParts) {
    this.#parts = parts
    this.#retries = new Retries({ clock: parts.clock, url: parts.url, noun: 'events' })
    const credentials = Buffer.from(`${parts.writeKey}:`).toString('base64')
    this.#headers = { 'content-type': 'application/json', authorization: `Basic ${credentials}` }
  }

  /** Throws `server_unreachable` like `Retries`, and for a wrong key or address what the server says. */
  send(body: Uint8Array<ArrayBuffer>): Promise<EventAnswer> {
    return this.#retries.untilAnswered(() => this.#attempt(body))
  }

  async #attempt(body: Uint8Array<ArrayBuffer>): Promise<EventAnswer | Failed> {
    const { url, fetch } = this.#parts
    try {
      const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS)
      const response = await fetch(url, { method: 'POST', headers: this.#headers, body, signal })
      return this.#read(response, await response.text())
    } catch (error) {
      if (error instanceof MillraceError) throw error
      return noAnswer(error)
    }
  }

  #read({ status, headers, ok }: Response, text: string): EventAnswer | Failed {
    const answer = parseAnswer(text)
    const message = textAt(answer, 'message') ?? textAt(answer, 'detail') ?? `The server answers ${status}.`
    if (ok) return { kind: 'taken', rejected: rejectedOf(answer) }
    if (status >= 500 || RETRY_STATUSES.includes(status)) {
      const waitMs = retryAfterMs(headers, this.#parts.clock.now())
      return { kind: 'failed', reason: `it answers ${status}: ${message.replace(/\.$/, '')}`, isAnswer: true, waitMs }
    }
    const code = textAt(answer, 'code') ?? 'body_invalid'
    if (BATCH_STATUSES.includes(status)) return { kind: 'refused', code, message, rejected: rejectedOf(answer) }
    throw this.#notAllowed(status, code, message)
  }

  #notAllowed(status: number, code: string, message: string): MillraceError {
    const hint =
      status === 401 || status === 403
        ? 'Give a write key of a source with --write-key or MILLRACE_WRITE_KEY; `millrace source key create <source>` makes one.'
        : `Is ${this.#parts.url.href} the address of a Millrace that takes events?`
    return new MillraceError(isErrorCode(code) ? code : 'request_invalid', `The server refuses events (${status}): ${message}`, {
      hint,
    })
  }
}

function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A proxy's page, or nothing; the status says enough.
    return undefined
  }
}

function rejectedOf(answer: unknown): Rejection[] {
  const isList = typeof answer === 'object' && answer !== null && 'rejected' in answer && Array.isArray(answer.rejected)
  // Millrace's own endpoint, whose contract has these members.
  return isList ? (answer.rejected as Rejection[]) : []
}
