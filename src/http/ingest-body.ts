/** One ingest request: its body becomes batches for the collections that it names, or a list of what is wrong with it. */
import { isObject, type Json } from '../base/json.ts'
import { MillraceError } from '../base/errors.ts'
import { admit, type Arrival, createReader } from '../engine/ingest/document-reader.ts'
import type { DocumentGate, Refusal } from '../engine/ingest/document-gate.ts'
import type { Ingest } from '../engine/ingest/ingest.ts'
import { splitLines } from '../engine/ingest/json-texts.ts'
import { parseDocument } from '../model/schema/parse-json.ts'
import { type DocumentViolation, type Problem, problem } from './problem.ts'

export type IngestBody = { kind: 'accepted'; batches: DocumentGate[] } | { kind: 'refused'; problem: Problem }

/** Enough to see the pattern of a mistake. */
const VIOLATIONS_MAX = 100

/** `{"collection": [documents…], …}`. Throws `body_invalid` and `collection_unknown`. */
export function readTransaction(ingest: Ingest, text: string): IngestBody {
  const body = parseBody(text)
  if (!isObject(body))
    throw new MillraceError('body_invalid', 'The body must be an object: a list of documents for each collection.')
  const violations = new Violations()
  const batches = Object.entries(body).map(([collection, documents]) => {
    const gate = ingest.prepare(collection)
    if (!Array.isArray(documents)) throw notAList(collection)
    addAll(gate, documents, violations)
    return gate
  })
  return violations.conclude(batches)
}

/** Documents of one collection; `type` is a media type of ENDPOINTS.ingestCollection. Throws the same. */
export function readCollection(ingest: Ingest, collection: string, { type, text }: { type: string; text: string }): IngestBody {
  const gate = ingest.prepare(collection)
  const violations = new Violations()
  if (type === 'application/json') {
    const body = parseBody(text)
    addAll(gate, Array.isArray(body) ? body : [body], violations)
    return violations.conclude([gate])
  }
  let index = 0
  for (const arrival of readArrivals(ingest, { collection, type, text })) {
    const refusals = admit(gate, arrival)
    if (refusals) violations.add({ collection, index, ...placeOf(arrival) }, refusals)
    index++
  }
  return violations.conclude([gate])
}

function* readArrivals(
  ingest: Ingest,
  { collection, type, text }: { collection: string; type: string; text: string },
): Generator<Arrival> {
  if (type === 'text/csv') yield* createReader(ingest, collection, 'csv').read(text)
  else if (type === 'text/tab-separated-values') yield* createReader(ingest, collection, 'tsv').read(text)
  else for (const line of splitLines(text)) yield { kind: 'text', ...line }
}

function parseBody(text: string): Json {
  const parsed = parseDocument(text)
  if ('document' in parsed) return parsed.document
  const place = parsed.pointer === undefined ? '' : ` at ${parsed.pointer}`
  throw new MillraceError('body_invalid', `The request body ${parsed.problem}${place}.`)
}

function placeOf(arrival: Arrival): { line: number } | { row: number } {
  return arrival.kind === 'text' ? { line: arrival.line } : { row: arrival.row }
}

function addAll(gate: DocumentGate, documents: readonly Json[], violations: Violations): void {
  documents.forEach((document, index) => {
    const refusals = gate.add(document)
    if (refusals) violations.add({ collection: gate.collection, index }, refusals)
  })
}

function notAList(collection: string): MillraceError {
  return new MillraceError('body_invalid', `"${collection}" must hold a list of documents.`, {
    hint: 'The body is {"collection": [document, …], …}.',
  })
}

type Place = Pick<DocumentViolation, 'collection' | 'index' | 'line' | 'row'>

/** Collects what is wrong until the limit, and counts on. */
class Violations {
  readonly #listed: DocumentViolation[] = []
  #refusedDocuments = 0

  add(place: Place, refusals: readonly Refusal[]): void {
    this.#refusedDocuments++
    if (this.#listed.length >= VIOLATIONS_MAX) return
    for (const refusal of refusals) this.#listed.push({ ...place, ...refusal })
  }

  conclude(batches: DocumentGate[]): IngestBody {
    const [first] = this.#listed
    if (first === undefined) return { kind: 'accepted', batches }
    const subject = this.#refusedDocuments === 1 ? 'A document is' : `${this.#refusedDocuments} documents are`
    const detail = `${subject} refused, so nothing was written. ${describe(first)}`
    return { kind: 'refused', problem: { ...problem(first.code, detail), violations: this.#listed } }
  }
}

function describe({ collection, index, line, row, pointer, message }: DocumentViolation): string {
  const place = row !== undefined ? `row ${row}` : line !== undefined ? `line ${line}` : `document ${index}`
  return `"${collection}" ${place}${pointer === '' ? '' : `, ${pointer}`}: ${message}`
}
