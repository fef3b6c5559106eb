/** Columns of CSV and TSV: a header row names fields of a collection, and each cell becomes the value that the schema allows there. */
import { MillraceError } from '../../base/errors.ts'
import type { JsonObject, JsonType } from '../../base/json.ts'
import { type JsonPointer, parsePointer } from '../../base/json-pointer.ts'
import { suggest } from '../../base/suggest.ts'
import type { Collection } from '../../model/catalog.ts'
import { inferLocation, inferLocations } from '../../model/schema/location.ts'
import type { SchemaSet } from '../../model/schema/schema-set.ts'
import { compileCell, type CellReader } from './cells.ts'
import type { Refusal } from './document-gate.ts'

export interface Columns {
  /** The document of a row, or every reason why it is none. A short row lacks the values of its last columns. */
  read(cells: readonly string[]): { document: JsonObject } | { refusals: Refusal[] }
}

type ColumnsParts = { collection: Collection; schemas: SchemaSet; header: readonly string[] }
type Column = { name: string; location: JsonPointer; path: readonly string[]; readCell: CellReader }

/** Throws `body_invalid` when the header names no field, one twice, or leaves out what every document must have. */
export function compileColumns(parts: ColumnsParts): Columns {
  const locations = fieldLocations(parts)
  const columns = parts.header.map((name) => compileColumn(parts, locations, name.trim()))
  refuseRepeats(columns)
  refuseGaps(parts, columns)
  return { read: (cells) => readRow(columns, cells) }
}

/** Locations by field: the projections of the catalog, then those that the schema implies (`/segment/name` is `segment/name`). */
function fieldLocations({ collection, schemas }: ColumnsParts): Map<string, JsonPointer> {
  const locations = new Map<string, JsonPointer>()
  const inferred = inferLocations(schemas, collection.schema).map(({ pointer }) => pointer)
  for (const pointer of [...collection.key, ...inferred]) if (pointer !== '') locations.set(pointer.slice(1), pointer)
  for (const [field, { location }] of Object.entries(collection.projections)) locations.set(field, location)
  return locations
}

function compileColumn({ collection, schemas }: ColumnsParts, locations: ReadonlyMap<string, JsonPointer>, name: string): Column {
  const location = locations.get(name)
  if (location === undefined) {
    const near = suggest(name, locations.keys())
    throw new MillraceError('body_invalid', `The header names "${name}", which is not a field of "${collection.name}".`, {
      hint: near === undefined ? `Fields: ${[...locations.keys()].join(', ')}.` : `Did you mean "${near}"?`,
    })
  }
  const path = parsePointer(location) ?? []
  const { types, exists, mayBeNull } = inferLocation(schemas, collection.schema, location)
  const isReachable = path.every((part, i) => part !== '__proto__' && (i === 0 || mayHoldObject(path.slice(0, i))))
  function mayHoldObject(parts: readonly string[]): boolean {
    const parent = inferLocation(schemas, collection.schema, `/${parts.map(escape).join('/')}`)
    return parent.types.includes('object')
  }
  if (exists === 'cannot' || !isReachable || !types.some(isScalar)) {
    throw new MillraceError('body_invalid', `The field "${name}" of "${collection.name}" cannot come from a cell.`, {
      hint: 'Cells hold single values outside of lists. Send JSON for the others.',
    })
  }
  return { name, location, path, readCell: compileCell(mayBeNull ? [...types, 'null'] : types, exists === 'must') }
}

function escape(part: string): string {
  return part.replaceAll('~', '~0').replaceAll('/', '~1')
}

function isScalar(type: JsonType): boolean {
  return type !== 'object' && type !== 'array'
}

function refuseRepeats(columns: readonly Column[]): void {
  columns.forEach((column, i) => {
    for (const other of columns.slice(0, i)) {
      if (!overlap(column.location, other.location)) continue
      throw new MillraceError('body_invalid', `The header names one location twice, with "${other.name}" and "${column.name}".`)
    }
  })
}

/** Equal, or one inside the other. */
function overlap(a: JsonPointer, b: JsonPointer): boolean {
  return a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`)
}

function refuseGaps({ collection, schemas }: ColumnsParts, columns: readonly Column[]): void {
  const isCovered = (pointer: JsonPointer) =>
    columns.some(({ location }) => location === pointer || location.startsWith(`${pointer}/`))
  const needed = inferLocations(schemas, collection.schema).filter(({ exists }) => exists === 'must')
  const missing = [...needed.map(({ pointer }) => pointer), ...collection.key].filter(
    (pointer) => pointer !== '' && !isCovered(pointer),
  )
  if (missing.length === 0) return
  throw new MillraceError(
    'body_invalid',
    `The header lacks a column for ${[...new Set(missing)].join(', ')} of "${collection.name}".`,
    {
      hint: 'Every document must have a value there.',
    },
  )
}

function readRow(columns: readonly Column[], cells: readonly string[]): { document: JsonObject } | { refusals: Refusal[] } {
  if (cells.length > columns.length) {
    const message = `row has ${cells.length} columns, but header had only ${columns.length}`
    return { refusals: [{ code: 'body_invalid', pointer: '', message }] }
  }
  const document: JsonObject = {}
  const refusals: Refusal[] = []
  cells.forEach((cell, i) => {
    const column = columns[i] as Column
    const result = column.readCell(cell)
    if (result.kind === 'refused') refusals.push({ code: 'document_invalid', pointer: column.location, message: result.message })
    else if (result.kind === 'value') setValue(document, column.path, result.value)
  })
  return refusals.length > 0 ? { refusals } : { document }
}

function setValue(document: JsonObject, path: readonly string[], value: boolean | null | number | string): void {
  let target = document
  for (let i = 0; i < path.length - 1; i++) {
    const part = path[i] as string
    if (!Object.hasOwn(target, part)) target[part] = {}
    // Every part but the last holds an object: no location of a scalar lies above another one in one header.
    target = target[part] as JsonObject
  }
  target[path[path.length - 1] as string] = value
}
