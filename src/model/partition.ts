/**
 * Logical partitions: the folder of a document, for example `vendor=1`, from its partitioned projections in the order of
 * their names; the empty string for a collection without any. Form of the values: that of Estuary Flow’s journals.
 */
import { compilePointer } from '../base/json-pointer.ts'
import type { Collection, PartitionSelector, PartitionValue } from './catalog.ts'

/** For example `region=eu/vendor=1`. */
export type PartitionPath = string

/** The path of a document. Locations of partitions exist by schema, so the document must be valid. */
export function compilePartition(collection: Pick<Collection, 'projections'>): (document: unknown) => PartitionPath {
  const fields = Object.entries(collection.projections)
    .filter(([, projection]) => projection.isPartition)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([field, projection]) => ({ field, read: compilePointer(projection.location) }))
  const [first] = fields
  if (first === undefined) return () => ''
  if (fields.length > 1) return (document) => fields.map(({ field, read }) => pathPart(field, read(document))).join('/')

  const paths = new Map<unknown, PartitionPath>()
  return (document) => {
    const value = first.read(document)
    const known = paths.get(value)
    if (known !== undefined) return known
    const path = pathPart(first.field, value)
    if (paths.size < CACHED_PATHS_MAX) paths.set(value, path)
    return path
  }
}

/** Enough for any sensible partitioning; a mistaken one (by user id) must not grow memory without end. */
const CACHED_PATHS_MAX = 10_000

/** Whether documents of a partition pass the selector. Values compare by their form in the path: `1` and `"1"` are one. */
export function compileSelector(selector: PartitionSelector | undefined): (path: PartitionPath) => boolean {
  if (selector === undefined) return () => true
  const include = partsByField(selector.include)
  const exclude = partsByField(selector.exclude)
  return (path) => {
    const parts = new Set(path.split('/'))
    const has = (allowed: string[]) => allowed.some((part) => parts.has(part))
    return include.every(has) && !exclude.some(has)
  }
}

function partsByField(values: Record<string, PartitionValue[]> | undefined): string[][] {
  return Object.entries(values ?? {}).map(([field, allowed]) => allowed.map((value) => pathPart(field, value)))
}

function pathPart(field: string, value: unknown): string {
  return `${escapePart(field)}=${escapePart(String(value))}`
}

/** Percent-encoded so that no value can leave its folder: `.` and `..`, slashes and lone surrogates included. */
function escapePart(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/^\.+$/, (dots) => '%2E'.repeat(dots.length))
}
