/**
 * One run of `millrace ingest events`: batches go out over a few connections, each keeping its order; what is refused is found
 * and reported with file and line, and spoils nothing beside it.
 */
import { isErrorCode } from '../../base/error-codes.ts'
import { MillraceError, messageOf } from '../../base/errors.ts'
import type { Backlog } from './backlog.ts'
import type { EventLine } from './event-lines.ts'
import type { EventAnswer, EventSender } from './event-sender.ts'

export type EventOutcome = {
  /** On disk; events that were there already are among them, and are dropped when the log is applied. */
  accepted: number
  rejected: number
}

type EventIngestionParts = {
  inputName: string
  backlog: Backlog<EventLine>
  sender: EventSender
  /** Requests under way at the same time. With one, all events keep their order. */
  connections: number
  /** Resolves when so many events may be sent. */
  pace: (events: number) => Promise<void>
  /** Present when the run is to go on past refused events: called for each. */
  skip?: (message: string) => void
  advanced: (outcome: EventOutcome) => void
}

type Fault = { line: EventLine; code: string; message: string }
type Refused = Extract<EventAnswer, { kind: 'refused' }>

/** Throws for the first event that is refused (unless they are skipped); the message says how many were accepted. */
export async function runEventIngestion(parts: EventIngestionParts): Promise<EventOutcome> {
  const run = new EventRun(parts)
  const endings = await Promise.allSettled(Array.from({ length: parts.connections }, () => run.send()))
  const failed = endings.find((ending) => ending.status === 'rejected')
  if (failed) throw withCount(failed.reason, run.outcome)
  return run.outcome
}

class EventRun {
  readonly outcome: EventOutcome = { accepted: 0, rejected: 0 }
  readonly #parts: EventIngestionParts
  /** Whoever takes a batch comes after those who asked before. */
  #turn: Promise<unknown> = Promise.resolve()
  #hasFailed = false

  constructor(parts: EventIngestionParts) {
    this.#parts = parts
  }

  /** One connection: a batch after the other until there are no more, or until one of the connections has failed. */
  async send(): Promise<void> {
    try {
      for (let batch = await this.#take(); batch !== undefined; batch = await this.#take()) {
        await this.#deliver(this.#withoutOthers(batch))
        this.#parts.advanced(this.outcome)
      }
    } catch (error) {
      this.#hasFailed = true
      throw error
    }
  }

  #take(): Promise<EventLine[] | undefined> {
    const taken = this.#turn.then(async () => {
      if (this.#hasFailed) return undefined
      const batch = await this.#parts.backlog.take()
      if (batch !== undefined) await this.#parts.pace(batch.length)
      return batch
    })
    this.#turn = taken.catch(() => {})
    return taken
  }

  /** Lines that are no objects are never sent: beside others they could read as something else. */
  #withoutOthers(batch: EventLine[]): EventLine[] {
    if (batch.every(({ isObject }) => isObject)) return batch
    this.#report(batch.filter(({ isObject }) => !isObject).map(faultOfText))
    return batch.filter(({ isObject }) => isObject)
  }

  async #deliver(lines: EventLine[]): Promise<void> {
    if (lines.length === 0) return
    const answer = await this.#parts.sender.send(bodyOf(lines))
    const faults = answer.rejected.flatMap(({ index, code, message }): Fault[] => {
      const line = lines[index]
      return line === undefined ? [] : [{ line, code, message }]
    })
    if (answer.kind === 'taken') {
      this.outcome.accepted += lines.length - faults.length
      return this.#report(faults)
    }
    await this.#deliverParts(lines, answer, faults)
  }

  /** Of a refused batch what is not at fault: by what the server said, by parsing, or by trying the halves. */
  async #deliverParts(lines: EventLine[], { code, message }: Refused, named: Fault[]): Promise<void> {
    const [only] = lines
    const found = named.length > 0 ? named : lines.map(faultOfText).filter((fault) => fault.message !== '')
    const faults = found.length === 0 && lines.length === 1 && only ? [{ line: only, code, message }] : found
    if (faults.length > 0) {
      this.#report(faults)
      const bad = new Set(faults.map(({ line }) => line))
      return await this.#deliver(lines.filter((line) => !bad.has(line)))
    }
    const half = Math.ceil(lines.length / 2)
    await this.#deliver(lines.slice(0, half))
    await this.#deliver(lines.slice(half))
  }

  #report(faults: readonly Fault[]): void {
    const { inputName, skip } = this.#parts
    this.outcome.rejected += faults.length
    if (skip) {
      for (const fault of faults) skip(textOf(inputName, fault))
      return
    }
    const [first] = faults
    if (first) throw refusal(textOf(inputName, first), first.code, faults.length - 1)
  }
}

const [HEAD, COMMA, TAIL] = [Buffer.from('{"batch":['), 0x2c, Buffer.from(']}')] as const

/** Without `sentAt`: the events' own times stand. */
function bodyOf(lines: readonly EventLine[]): Uint8Array<ArrayBuffer> {
  const sizeBytes = lines.reduce((sum, { bytes }) => sum + bytes.length + 1, HEAD.length + TAIL.length - 1)
  const body = Buffer.allocUnsafe(sizeBytes)
  let at = HEAD.copy(body)
  lines.forEach(({ bytes }, i) => {
    if (i > 0) body[at++] = COMMA
    at += bytes.copy(body, at)
  })
  TAIL.copy(body, at)
  return body
}

const UTF8 = new TextDecoder('utf-8', { fatal: true })

/** What is wrong with the text of a line; the message is empty when it is an object. */
function faultOfText(line: EventLine): Fault {
  const fault = (message: string): Fault => ({ line, code: 'body_invalid', message })
  try {
    JSON.parse(UTF8.decode(line.bytes))
    return fault(line.isObject ? '' : 'is not a JSON object')
  } catch (error) {
    return fault(error instanceof SyntaxError ? `is not JSON: ${messageOf(error)}` : 'is not valid UTF-8')
  }
}

function textOf(inputName: string, { line, code, message }: Fault): string {
  return `${inputName}:${line.line} ${message.replace(/\.$/, '')} (${code})`
}

function refusal(text: string, code: string, more: number): MillraceError {
  const message = `${text}${more > 0 ? `, and ${more} more of the same batch` : ''}.`
  return new MillraceError(isErrorCode(code) ? code : 'body_invalid', message, {
    hint: 'Correct it and send all of it again, which doubles nothing; or go on past what is refused with --skip-invalid.',
  })
}

function withCount(error: unknown, { accepted }: EventOutcome): unknown {
  if (!(error instanceof MillraceError)) return error
  const count = accepted === 0 ? 'No event was' : accepted === 1 ? '1 event was' : `${accepted} events were`
  const message = `${error.message}${/[.!?]$/.test(error.message) ? '' : '.'} ${count} accepted.`
  return new MillraceError(error.code, message, { cause: error, ...(error.hint !== undefined && { hint: error.hint }) })
}
