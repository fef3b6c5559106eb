/**
 * Ingest: documents from outside become one entry of the log, all or nothing. First station of an event's life: it is parsed,
 * validated, keyed and filed under its partition here, so that nothing behind the log meets a document that breaks its schema.
 */
import { MillraceError } from '../../base/errors.ts'
import { suggest } from '../../base/suggest.ts'
import type { Log, Position } from '../../log/log.ts'
import type { Catalog } from '../../model/catalog.ts'
import { type CompiledCollection, compileCollection } from '../../model/compiled-collection.ts'
import { BATCH_DOCUMENTS_MAX, encodeBatch, type Section } from '../../model/document-batch.ts'
import type { SchemaSet } from '../../model/schema/schema-set.ts'
import { compileColumns, type Columns } from './columns.ts'
import { DocumentGate } from './document-gate.ts'

export type IngestReceipt = {
  /** Place in the log: who has applied the log through here has seen these documents. */
  position: Position
  /** How many documents the request held. */
  documents: number
  /** True when this idempotency key was appended before: nothing was written, `position` is that of the first time. */
  isRepeat: boolean
}

export interface Ingest {
  /** Names of the captured collections, sorted. */
  readonly collections: readonly string[]
  /** An empty batch for documents of `collection`. Throws `collection_unknown`. */
  prepare(collection: string): DocumentGate
  /** The columns that rows of `collection` may have, for a header row. Throws `collection_unknown`, `body_invalid`. */
  columns(collection: string, header: readonly string[]): Columns
  /**
   * Makes the documents of all batches durable together, in this order, as one entry of the log.
   * Throws `body_invalid` when there is none, `body_too_large` above BATCH_DOCUMENTS_MAX, and what `Log.append` throws.
   */
  append(batches: readonly DocumentGate[], idempotencyKey?: string): Promise<IngestReceipt>
}

type IngestParts = { catalog: Catalog; schemas: SchemaSet; log: Log }

/** Compiles every captured collection, so that mistakes in schemas surface at the start. */
export function createIngest({ catalog, schemas, log }: IngestParts): Ingest {
  const captured = new Map<string, CompiledCollection>()
  for (const collection of Object.values(catalog.collections)) {
    if (collection.derivation === undefined) captured.set(collection.name, compileCollection(collection, schemas))
  }
  const requireCollection = (name: string) => captured.get(name) ?? refuseCollection(name, catalog)
  return {
    collections: [...captured.keys()].toSorted(),
    prepare: (name) => new DocumentGate(requireCollection(name)),
    columns: (name, header) => {
      requireCollection(name)
      return compileColumns({ collection: requireConfigured(catalog, name), schemas, header })
    },
    append: async (batches, idempotencyKey) => {
      const sections = batches.map((batch) => batch.section()).filter(({ documents }) => documents.length > 0)
      const documents = countDocuments(sections)
      const payload = encodeBatch(sections)
      const receipt = await log.append(idempotencyKey === undefined ? { payload } : { payload, idempotencyKey })
      return { ...receipt, documents }
    },
  }
}

function countDocuments(sections: readonly Section[]): number {
  const count = sections.reduce((sum, { documents }) => sum + documents.length, 0)
  if (count === 0)
    throw new MillraceError('body_invalid', 'The request holds no document.', { hint: 'Send at least one document.' })
  if (count <= BATCH_DOCUMENTS_MAX) return count
  throw new MillraceError('body_too_large', `The request holds ${count} documents; the limit is ${BATCH_DOCUMENTS_MAX}.`, {
    hint: 'Send the documents in several requests.',
  })
}

function requireConfigured(catalog: Catalog, name: string) {
  return catalog.collections[name] ?? refuseCollection(name, catalog)
}

function refuseCollection(name: string, catalog: Catalog): never {
  const collection = Object.hasOwn(catalog.collections, name) ? catalog.collections[name] : undefined
  if (collection?.derivation) {
    throw new MillraceError(
      'collection_unknown',
      `"${name}" is a derived collection: its documents come from other collections.`,
      {
        hint: 'Only captured collections (without a derivation) take documents from outside.',
      },
    )
  }
  const captured = Object.values(catalog.collections).filter(({ derivation }) => derivation === undefined)
  const names = captured.map((candidate) => candidate.name)
  const near = suggest(name, names)
  const listed = names.length === 0 ? 'The catalog has no captured collection.' : `Captured collections: ${listNames(names)}.`
  throw new MillraceError('collection_unknown', `"${name}" is not an ingestable collection.`, {
    hint: near === undefined ? listed : `Did you mean "${near}"?`,
  })
}

/** Few enough to read. */
const LISTED_NAMES_MAX = 10

function listNames(names: readonly string[]): string {
  const listed = names.slice(0, LISTED_NAMES_MAX).map((name) => `"${name}"`)
  return [...listed, ...(names.length > LISTED_NAMES_MAX ? ['…'] : [])].join(', ')
}
