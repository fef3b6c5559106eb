/** The fields that a collection has: the projections that its catalog names, and one for each location that its schema knows. */
import type { JsonType } from '../../base/json.ts'
import type { JsonPointer } from '../../base/json-pointer.ts'
import type { Collection } from '../catalog.ts'
import { inferLocation, inferLocations } from '../schema/location.ts'
import type { SchemaSet } from '../schema/schema-set.ts'

export type FieldCandidate = {
  name: string
  location: JsonPointer
  /** Without null; a location of integers and other numbers is `number` alone. */
  types: JsonType[]
  /** The value may be null or missing. */
  mayBeNull: boolean
}

/** The field of the whole document. */
const DOCUMENT_FIELD = 'flow_document'

/** In the order of selection: `first` by name, then the projections of the catalog, then the inferred ones by name. */
export function listCandidates(collection: Collection, schemas: SchemaSet, first: readonly string[]): FieldCandidate[] {
  const byName = new Map<string, FieldCandidate>()
  const add = (name: string, location: JsonPointer) => {
    // A name that the catalog gives is not given again by inference.
    if (!byName.has(name)) byName.set(name, { name, location, ...typesAt(collection, schemas, location) })
  }
  for (const [name, { location }] of Object.entries(collection.projections)) add(name, location)
  for (const location of [...collection.key, '']) add(inferredName(location), location)
  const inferred = inferLocations(schemas, collection.schema).map((location) => location.pointer)
  for (const location of inferred.toSorted()) add(inferredName(location), location)
  const candidates = [...byName.values()]
  const isFirst = (field: FieldCandidate) => first.includes(field.name)
  return [...candidates.filter(isFirst), ...candidates.filter((field) => !isFirst(field))]
}

/** For example `segment/name`. */
function inferredName(location: JsonPointer): string {
  return location === '' ? DOCUMENT_FIELD : location.slice(1)
}

function typesAt(collection: Collection, schemas: SchemaSet, location: JsonPointer): Pick<FieldCandidate, 'types' | 'mayBeNull'> {
  const { exists, types, mayBeNull } = inferLocation(schemas, collection.schema, location)
  const isNumber = types.includes('number')
  return {
    types: types.filter((type) => !(type === 'integer' && isNumber)),
    mayBeNull: exists !== 'must' || mayBeNull,
  }
}
