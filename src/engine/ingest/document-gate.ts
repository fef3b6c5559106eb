/**
 * The gate of one collection: documents that may pass are gathered into a section of a batch, the others are refused with the
 * reason and leave no trace. What is validated is exactly what is stored: the text is written anew from the parsed document, so
 * that no two readers of the log can take it differently (repeated names, blank space, forms of a number). That costs 0.25 µs.
 */
import { Buffer } from 'node:buffer'
import type { ErrorCode } from '../../base/error-codes.ts'
import { MillraceError } from '../../base/errors.ts'
import type { JsonPointer } from '../../base/json-pointer.ts'
import type { CompiledCollection } from '../../model/compiled-collection.ts'
import type { Violation } from '../../model/compiled-schema.ts'
import type { Section } from '../../model/document-batch.ts'
import { parseDocument } from '../../model/schema/parse-json.ts'

/** One reason why a document may not pass. */
export type Refusal = {
  code: ErrorCode
  /** Where in the document. */
  pointer: JsonPointer
  message: string
}

/**
 * 4 MiB: a reduced document is read and written whole at each of its changes; above this a collection should be keyed more
 * finely. Four times what brokers of the field take by default.
 */
export const DOCUMENT_BYTES_MAX = 4 * 1024 * 1024

/** More reasons for one document help nobody. */
const REFUSALS_MAX = 20

/** Not safe to use once its section has been appended: make a new one. */
export class DocumentGate {
  readonly collection: string
  readonly #compiled: CompiledCollection
  readonly #section: Section
  #sizeCharacters = 0

  constructor(compiled: CompiledCollection) {
    this.collection = compiled.name
    this.#compiled = compiled
    this.#section = { collection: compiled.name, schemaHash: compiled.schemaHash, documents: [], keys: [], partitions: [] }
  }

  /** Documents that have passed. */
  get count(): number {
    return this.#section.documents.length
  }

  /** Characters of their texts. */
  get sizeCharacters(): number {
    return this.#sizeCharacters
  }

  /** What has passed, in order. */
  section(): Section {
    return this.#section
  }

  /** Lets a document pass, or says why not; then nothing has changed. */
  addText(text: string): Refusal[] | undefined {
    const parsed = parseDocument(text)
    if ('document' in parsed) return this.add(parsed.document)
    return [{ code: 'body_invalid', pointer: parsed.pointer ?? '', message: parsed.problem }]
  }

  /** The same for a document that came through `parseDocument` or was put together from scalars. */
  add(document: unknown): Refusal[] | undefined {
    const violations = this.#compiled.schema.validate(document)
    if (violations) return violations.slice(0, REFUSALS_MAX).map(refuseViolation)
    const text = JSON.stringify(document)
    if (isTooLong(text))
      return [{ code: 'document_invalid', pointer: '', message: `must not be larger than ${DOCUMENT_BYTES_MAX} bytes` }]
    try {
      const key = this.#compiled.key.pack(document)
      const partition = this.#compiled.partitionOf(document)
      this.#section.documents.push(text)
      this.#section.keys.push(key)
      this.#section.partitions.push(partition)
      this.#sizeCharacters += text.length
      return undefined
    } catch (error) {
      return [refusalOf(error)]
    }
  }
}

function isTooLong(text: string): boolean {
  return (
    text.length > DOCUMENT_BYTES_MAX ||
    (text.length > DOCUMENT_BYTES_MAX / UTF8_BYTES_MAX && Buffer.byteLength(text) > DOCUMENT_BYTES_MAX)
  )
}

/** Per UTF-16 code unit. */
const UTF8_BYTES_MAX = 3

function refuseViolation({ pointer, message }: Violation): Refusal {
  return { code: 'document_invalid', pointer, message }
}

/** A key that is none becomes a refusal; bugs go on. */
function refusalOf(error: unknown): Refusal {
  if (error instanceof MillraceError) return { code: error.code, pointer: '', message: error.message }
  throw error
}
