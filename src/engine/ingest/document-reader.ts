/** Readers turn text (a frame, a body) into documents on their way to a gate; one for each wire format. */
import type { DocumentGate, Refusal } from './document-gate.ts'
import type { Ingest } from './ingest.ts'
import { splitDocuments } from './json-texts.ts'
import { RowReader } from './rows.ts'

/** One document or row that was read; `at` says where in the text, for messages. */
export type Arrival =
  | { kind: 'text'; text: string; line: number }
  | { kind: 'document'; document: unknown; row: number }
  | { kind: 'refused'; refusals: Refusal[]; row: number }

export interface DocumentReader {
  /** The documents of a text that holds whole documents or rows, in order. Rows are counted across calls. */
  read(text: string): Iterable<Arrival>
}

export type ReaderFormat = 'json' | 'csv' | 'tsv'

const DELIMITERS = { csv: ',', tsv: '\t' } as const

/** Throws `collection_unknown`. A CSV or TSV reader takes the first row that it meets as header. */
export function createReader(ingest: Ingest, collection: string, format: ReaderFormat): DocumentReader {
  if (format === 'json') return { read: readJson }
  return new RowReader({ columnsOf: (header) => ingest.columns(collection, header), delimiter: DELIMITERS[format] })
}

/** Lets an arrival pass `gate`, or says why not. */
export function admit(gate: DocumentGate, arrival: Arrival): Refusal[] | undefined {
  if (arrival.kind === 'refused') return arrival.refusals
  return arrival.kind === 'text' ? gate.addText(arrival.text) : gate.add(arrival.document)
}

/** `document 3` is known to the caller; this is the rest: `/user: must be string; /segment: …`. */
export function describeRefusals(refusals: readonly Refusal[]): string {
  return refusals.map(({ pointer, message }) => (pointer === '' ? message : `${pointer}: ${message}`)).join('; ')
}

/** Nearly always one document; the costlier search for several starts only at a sign of it. */
function readJson(text: string): Iterable<Arrival> {
  const documents = text.trim()
  if (documents === '') return []
  return MAY_BE_SEVERAL.test(documents) ? readSeveral(documents) : [{ kind: 'text', text: documents, line: 1 }]
}

const MAY_BE_SEVERAL = /\n|[}\]]\s*[{[]/

function* readSeveral(text: string): Generator<Arrival> {
  for (const piece of splitDocuments(text)) yield { kind: 'text', ...piece }
}
