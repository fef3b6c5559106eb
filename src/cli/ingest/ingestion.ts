/** One run of `millrace ingest`: batches in order, each sent until it is answered, mistakes reported with file and line. */
import { isErrorCode } from '../../base/error-codes.ts'
import { MillraceError } from '../../base/errors.ts'
import type { Backlog } from './backlog.ts'
import type { Item } from './items.ts'
import type { Answer, Sender } from './sender.ts'

export type Outcome = {
  /** Written or, for repeats, written before. */
  documents: number
  skipped: number
  repeatedBatches: number
  /** Log position of the last batch, 0 when there was none. */
  position: number
}

type IngestionParts = {
  inputName: string
  /** The first item is a header row, which every request repeats. */
  hasHeader: boolean
  backlog: Backlog<Item>
  sender: Sender
  idempotencyPrefix: string
  /** Resolves when so many documents may be sent. */
  pace: (documents: number) => Promise<void>
  /** Present when documents that are refused are to be left out: called for each. */
  skip?: (message: string) => void
  advanced: (outcome: Outcome) => void
}

type Refused = Extract<Answer, { kind: 'refused' }>

/** Throws for the first document that is refused (unless they are skipped); the message says how many were written before. */
export async function runIngestion(parts: IngestionParts): Promise<Outcome> {
  const outcome: Outcome = { documents: 0, skipped: 0, repeatedBatches: 0, position: 0 }
  let header: Item | undefined
  try {
    for (let number = 1; ; number++) {
      const batch = await parts.backlog.take()
      if (batch === undefined) return outcome
      if (parts.hasHeader) header ??= batch.shift()
      if (batch.length === 0 && !(header && number === 1)) continue
      await parts.pace(batch.length)
      await sendBatch(parts, { header, items: batch, idempotencyKey: `${parts.idempotencyPrefix}-${number}` }, outcome)
      parts.advanced(outcome)
    }
  } catch (error) {
    throw withCount(error, outcome)
  }
}

type Batch = { header: Item | undefined; items: Item[]; idempotencyKey: string }

async function sendBatch({ inputName, sender, skip }: IngestionParts, batch: Batch, outcome: Outcome): Promise<void> {
  let { items } = batch
  while (items.length > 0) {
    const answer = await sender.send(bodyOf(batch.header, items), batch.idempotencyKey)
    if (answer.kind === 'accepted') {
      outcome.documents += items.length
      outcome.position = answer.position
      if (answer.isRepeat) outcome.repeatedBatches++
      return
    }
    const faults = locate(answer, batch.header, items)
    const kept = items.filter((item) => !faults.has(item))
    if (skip === undefined || kept.length === items.length) throw refusal(answer, inputName, faults)
    for (const [item, message] of faults) skip(`${inputName}:${item.line} ${message}`)
    outcome.skipped += items.length - kept.length
    items = kept
  }
}

function bodyOf(header: Item | undefined, items: readonly Item[]): string {
  const texts = items.map(({ text }) => text)
  return `${header === undefined ? '' : `${header.text}\n`}${texts.join('\n')}\n`
}

/** The refused items and why; the header is among them when it is at fault. */
function locate(answer: Refused, header: Item | undefined, items: readonly Item[]): Map<Item, string> {
  const faults = new Map<Item, string>()
  for (const { line, row, pointer, message } of answer.violations) {
    // Rows count from the header, lines from the first item.
    const item = row === 1 ? header : items[row === undefined ? (line ?? 0) - 1 : row - 2]
    if (item === undefined) continue
    const reason = pointer === '' ? message : `${pointer}: ${message}`
    const known = faults.get(item)
    faults.set(item, known === undefined ? reason : `${known}; ${reason}`)
  }
  return faults
}

function refusal(answer: Refused, inputName: string, faults: ReadonlyMap<Item, string>): MillraceError {
  const code = isErrorCode(answer.code) ? answer.code : 'body_invalid'
  const [first] = faults
  const message = first === undefined ? answer.detail : `${inputName}:${first[0].line} ${first[1]}`
  const hint = answer.hint ?? (first === undefined ? undefined : 'Correct it, or leave out what is refused with --skip-invalid.')
  return new MillraceError(code, message, hint === undefined ? {} : { hint })
}

function withCount(error: unknown, { documents }: Outcome): unknown {
  if (!(error instanceof MillraceError)) return error
  const count = documents === 1 ? '1 document before it was' : `${documents} documents before it were`
  const written = documents === 0 ? 'No document was written.' : `${count} written.`
  const message = `${error.message}${/[.!?]$/.test(error.message) ? '' : '.'} ${written}`
  return new MillraceError(error.code, message, { cause: error, ...(error.hint !== undefined && { hint: error.hint }) })
}
