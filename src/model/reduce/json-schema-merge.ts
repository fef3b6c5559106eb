/** The `jsonSchemaMerge` strategy: a schema that accepts whatever one of the two accepts. */
import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import { describe, ReductionFault } from './reducer.ts'
import { readShape, uniteShapes, writeShape } from './schema-shape.ts'

/**
 * Absent and null are neutral. The result is in a normal form and may accept more: keywords other than types, `enum`, the
 * common limits, properties and items are left out, references too.
 */
export function mergeSchemas(left: Json | undefined, right: Json): Json {
  if (right === null) return left ?? null
  const later = readShape(requireSchema(right))
  if (left === undefined || left === null) return write(later)
  return write(uniteShapes(readShape(requireSchema(left)), later))
}

function requireSchema(value: Json): JsonObject | boolean {
  if (isObject(value) || typeof value === 'boolean') return value
  throw new ReductionFault(`jsonSchemaMerge needs JSON schemas, but has ${describe(value)}`)
}

/** As an object, since that is what the schema of the location asks for. */
function write(shape: Parameters<typeof writeShape>[0]): JsonObject {
  const schema = writeShape(shape)
  if (typeof schema === 'object') return schema
  return schema ? {} : { not: {} }
}
