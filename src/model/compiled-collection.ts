/** A collection of the catalog, compiled: all that is asked of each of its documents. */
import type { Collection } from './catalog.ts'
import type { CompiledSchema } from './compiled-schema.ts'
import { compileKey, type KeyReader } from './key.ts'
import { compilePartition, type PartitionPath } from './partition.ts'
import type { SchemaSet } from './schema/schema-set.ts'

export type CompiledCollection = {
  name: string
  schema: CompiledSchema
  schemaHash: string
  key: KeyReader
  partitionOf: (document: unknown) => PartitionPath
}

export function compileCollection(collection: Collection, schemas: SchemaSet): CompiledCollection {
  return {
    name: collection.name,
    schema: schemas.compile(collection.schema),
    schemaHash: schemas.hash(collection.schema),
    key: compileKey(collection.key),
    partitionOf: compilePartition(collection),
  }
}
