/**
 * The documents of a stretch of the log, by collection: what a lane works on at one go. Captured collections are decoded from
 * log entries; derived ones are filled in by the derivations of the lane, or from stored outputs when the lane lags behind.
 */
import { deepFreeze } from '../../base/deep-freeze.ts'
import { MillraceError } from '../../base/errors.ts'
import type { Json } from '../../base/json.ts'
import type { LogEntry, Position } from '../../log/log.ts'
import type { CompiledCollection } from '../../model/compiled-collection.ts'
import { type DecodedSection, decodeBatch } from '../../model/document-batch.ts'
import type { PartitionPath } from '../../model/partition.ts'

/** A document on its way through derivations; `value` is frozen. */
export type SourceDocument = {
  value: Json
  partition: PartitionPath
  /** The input that it is, or that it was derived from. */
  position: Position
  index: number
}

/** A document that was valid when it came, and no longer is: those that read it cannot go past its position. */
export class OutdatedDocument extends MillraceError {
  readonly position: Position

  constructor(position: Position, message: string) {
    super('document_invalid', message, {
      hint: 'The schema was changed after the document was accepted. Change it so that earlier documents remain valid.',
    })
    this.position = position
  }
}

/** `position` and `appendedAt`: of its log entry. */
export type PlacedSection = { section: DecodedSection; position: Position; appendedAt: number }

export class Chunk {
  readonly after: Position
  readonly through: Position
  readonly appendedAt: number
  readonly #entries: readonly LogEntry[]
  readonly #collections: ReadonlyMap<string, CompiledCollection>
  readonly #documents = new Map<string, SourceDocument[]>()
  #sections: PlacedSection[] | undefined
  #sizeRaw = 0

  constructor(after: Position, entries: readonly LogEntry[], collections: ReadonlyMap<string, CompiledCollection>) {
    const last = entries.at(-1)
    this.after = after
    this.through = last?.position ?? after
    this.appendedAt = last?.appendedAt ?? 0
    this.#entries = entries
    this.#collections = collections
  }

  /** Documents of a collection in the order of their inputs. */
  documents(collection: string): SourceDocument[] {
    const known = this.#documents.get(collection)
    if (known !== undefined) return known
    const documents = this.#decode(collection)
    this.#documents.set(collection, documents)
    return documents
  }

  /** Fills in a derived collection. */
  fill(collection: string, documents: SourceDocument[]): void {
    this.#documents.set(collection, documents)
  }

  /** Sections of these collections as they stand on the log, for readers that take documents as text, in the order of the log. */
  sections(collections: readonly string[]): PlacedSection[] {
    const wanted = this.#decoded().filter(({ section }) => collections.includes(section.collection))
    this.#sizeRaw += wanted.reduce((sum, { section }) => sum + section.count, 0)
    return wanted
  }

  /** How many documents the chunk has been asked for so far. */
  get sizeDocuments(): number {
    let size = this.#sizeRaw
    for (const documents of this.#documents.values()) size += documents.length
    return size
  }

  #decode(collection: string): SourceDocument[] {
    const documents: SourceDocument[] = []
    for (const { section, position } of this.#decoded()) {
      if (section.collection === collection) this.#decodeSection(section, position, documents)
    }
    return documents
  }

  #decoded(): PlacedSection[] {
    this.#sections ??= this.#entries.flatMap(({ position, appendedAt, payload }) =>
      decodeBatch(payload).map((section) => ({ section, position, appendedAt })),
    )
    return this.#sections
  }

  #decodeSection(section: DecodedSection, position: Position, into: SourceDocument[]): void {
    const { partitions, firstIndex } = section
    const numbers = section.partitionNumbers()
    const isOfThisSchema = this.#collections.get(section.collection)?.schemaHash === section.schemaHash
    section.documents().forEach((text, i) => {
      const value = deepFreeze(JSON.parse(text) as Json)
      if (!isOfThisSchema) this.#requireValid(section.collection, value, position)
      into.push({ value, partition: partitions[numbers[i] ?? 0] ?? '', position, index: firstIndex + i })
    })
  }

  /** The log keeps documents that were valid when they came; the schema may have changed since. */
  #requireValid(collection: string, value: Json, position: Position): void {
    const [violation] = this.#collections.get(collection)?.schema.validate(value) ?? []
    if (violation === undefined) return
    throw new OutdatedDocument(
      position,
      `A document of "${collection}" at log position ${position} breaks today’s schema: ${violation.pointer || '/'} ${violation.message}.`,
    )
  }
}
