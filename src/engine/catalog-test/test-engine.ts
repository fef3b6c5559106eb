/** What a catalog test needs of the engine that it tries the catalog on. */
import type { Json, JsonObject } from '../../base/json.ts'
import type { Catalog } from '../../model/catalog.ts'
import type { PackedKey } from '../../model/key.ts'
import type { PartitionPath } from '../../model/partition.ts'

/** A document as it was ingested, or published by a derivation. */
export type WrittenDocument = { document: Json; key: PackedKey; partition: PartitionPath }

/**
 * An engine of the test's own: nothing that it holds was there before, and nothing is left after `close`. No materialization
 * runs. One call at a time.
 */
export interface TestEngine {
  /** Validates and appends the documents as one transaction, in their order. Rejects as ingestion does, with nothing written. */
  ingest(collection: string, documents: readonly JsonObject[]): Promise<void>
  /** Resolves when every derivation has applied all that was ingested; rejects when one has failed. */
  settle(): Promise<void>
  /** What was written to a captured or derived collection, in the order of writing, not reduced any further. */
  read(collection: string): AsyncIterable<WrittenDocument>
  close(): Promise<void>
}

export type OpenTestEngine = (catalog: Catalog) => Promise<TestEngine>
