/** Collections without their derivations: names, keys, projections. */
import type { Collection, Projection } from '../../model/catalog.ts'
import { SYSTEM_PREFIX } from '../../model/system-collections.ts'
import type { CollectionDefinition } from '../catalog-schema.ts'
import type { Defined } from '../files/read-definitions.ts'
import { reportImpossible, requireKeyType } from './key-locations.ts'
import type { Resolution } from './resolution.ts'
import type { SchemaUses } from './resolve-schemas.ts'

/** Names become folders of the lake, parts of URLs and names of types. */
const COLLECTION_NAME = /^[\p{L}\p{N}_-][\p{L}\p{N}_.-]*(\/[\p{L}\p{N}_-][\p{L}\p{N}_.-]*)*$/u

/** `millrace ingest events` sends tracked events. */
const EVENTS_NAME = 'events'

/** Fills `resolution.collections` with every collection whose schema is usable. */
export function resolveCollections(uses: SchemaUses, resolution: Resolution): void {
  for (const definition of resolution.definitions.collections.values()) {
    reportName(definition, resolution)
    const uri = uses.collections.get(definition.name)?.uri
    const { name, value } = definition
    if (!resolution.isUsable(uri)) continue
    const collection: Collection = { name, schema: uri, key: value.key, projections: {} }
    reportKey(definition, collection, resolution)
    collection.projections = resolveProjections(definition, collection, resolution)
    resolution.collections.set(name, collection)
  }
}

function reportName({ name, spot }: Defined<unknown>, { problems }: Resolution): void {
  if (name === EVENTS_NAME || name.startsWith(SYSTEM_PREFIX)) {
    const message = `Collection "${name}": this name belongs to Millrace itself.`
    problems.error(spot.placeOfName, message, `Give it another name, for example "shop/${name.split('/').at(-1)}".`)
  }
  if (COLLECTION_NAME.test(name)) return
  const hint = 'Use letters, digits, "-", "_" and "." in parts that are separated by "/", for example "shop/orders".'
  problems.error(spot.placeOfName, `Collection "${name}": this is not a name for a collection.`, hint)
}

function reportKey({ name, value, spot }: Defined<CollectionDefinition>, collection: Collection, resolution: Resolution): void {
  const title = `Collection "${name}", key`
  for (const [i, pointer] of value.key.entries()) {
    const place = spot.at('key', i).place
    if (value.key.indexOf(pointer) < i) resolution.problems.error(place, `${title}: the location "${pointer}" stands twice.`)
    else requireKeyType(questionAbout(collection, pointer, resolution), { title, place, problems: resolution.problems })
  }
}

function resolveProjections(
  { name, value, spot }: Defined<CollectionDefinition>,
  collection: Collection,
  resolution: Resolution,
): Record<string, Projection> {
  const projections: Record<string, Projection> = {}
  for (const [field, definition] of Object.entries(value.projections ?? {})) {
    const location = typeof definition === 'string' ? definition : definition.location
    const isPartition = typeof definition === 'object' && definition.partition === true
    projections[field] = { location, isPartition }
    const title = `Collection "${name}", ${isPartition ? 'partition' : 'projection'} "${field}"`
    const { place } = spot.at('projections', field, ...(typeof definition === 'string' ? [] : ['location']))
    const check = isPartition ? requireKeyType : reportImpossible
    check(questionAbout(collection, location, resolution), { title, place, problems: resolution.problems })
  }
  return projections
}

export function questionAbout(collection: Collection, pointer: string, { schemas, schemaFiles }: Resolution) {
  return { schemas, uri: collection.schema, schemaName: schemaFiles.nameOf(collection.schema), pointer }
}
