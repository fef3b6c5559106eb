/**
 * What a schema says of the locations of its documents: whether they exist, and of which types. Keys, projections, the columns
 * of tables and the cells of CSV files rest on it. Statements hold for every valid document; where the schema is too involved
 * they become weaker ("may exist, any type"), never wrong.
 */
import { isObject, type Json, type JsonType } from '../../base/json.ts'
import { formatPointer, parsePointer, type JsonPointer } from '../../base/json-pointer.ts'
import type { SchemaUri } from '../catalog.ts'
import type { Layers } from './alternatives.ts'
import { Inference, NOWHERE, valuesOf, type Place, type Variant } from './inference.ts'
import type { SchemaSet } from './schema-set.ts'
import { maskOfValue, NULL, typesOfMask } from './type-mask.ts'

export type InferredLocation = {
  pointer: JsonPointer
  /** `must`: in every valid document; `cannot`: in none. */
  exists: 'must' | 'may' | 'cannot'
  /** Types that the value may have when it exists, without null. All of them where the schema does not restrict the type. */
  types: JsonType[]
  mayBeNull: boolean
  /** Whether the schema mentions the location; one that it merely does not forbid may be a mistyped name. */
  isDeclared: boolean
  /** Present when it is the same whatever branch applies. */
  format?: string
  /** All values that are possible, from `enum` and `const`. */
  values?: Json[]
  title?: string
  description?: string
}

/** Throws `catalog_invalid` when there is no such schema; `exists` is `cannot` for what is no JSON pointer. */
export function inferLocation(set: SchemaSet, uri: SchemaUri, pointer: JsonPointer): InferredLocation {
  const inference = new Inference(set.index)
  const parts = parsePointer(pointer)
  const place = parts?.reduce<Place>((at, part) => inference.step(at, part), inference.root([set.index.require(uri)]))
  return summarize(place ?? NOWHERE, pointer)
}

/** Deeper locations, or more, are nobody's columns. */
const DEPTH_MAX = 8
const LOCATIONS_MAX = 1000

/**
 * The document itself and every declared property below, in the order of the schema, down to where a recursive schema repeats
 * itself. Items of arrays are not listed.
 */
export function inferLocations(set: SchemaSet, uri: SchemaUri): InferredLocation[] {
  const inference = new Inference(set.index)
  const found: InferredLocation[] = []
  const visit = (place: Place, path: string[], above: ReadonlySet<string>) => {
    const location = summarize(place, formatPointer(path))
    if (location.exists === 'cannot' || found.length >= LOCATIONS_MAX) return
    found.push(location)
    const id = place.variants.map(({ layers }) => layers.map((layer) => layer.uri).join(' ')).join('\n')
    if (path.length >= DEPTH_MAX || above.has(id)) return
    for (const name of inference.names(place)) visit(inference.step(place, name), [...path, name], new Set(above).add(id))
  }
  visit(inference.root([set.index.require(uri)]), [], new Set())
  return found
}

function summarize(place: Place, pointer: JsonPointer): InferredLocation {
  const { variants, isDeclared } = place
  const mask = variants.reduce((mask, variant) => mask | variant.mask, 0)
  const isMust = !place.isAbsentSomewhere && variants.every((variant) => variant.isMust)
  const exists = variants.length === 0 ? 'cannot' : isMust ? 'must' : 'may'
  const location: InferredLocation = { pointer, exists, types: typesOfMask(mask), mayBeNull: (mask & NULL) !== 0, isDeclared }
  const format = same(variants.map(({ layers }) => textOf(layers, 'format')))
  const values = allValues(variants)
  const [title, description] = ['title', 'description'].map((keyword) =>
    same(variants.map(({ layers }) => textOf(layers, keyword))),
  )
  return {
    ...location,
    ...(format !== undefined && { format }),
    ...(values !== undefined && { values }),
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
  }
}

/** The values possible in any variant; undefined when one of them leaves the values open. */
function allValues(variants: readonly Variant[]): Json[] | undefined {
  const all = new Map<string, Json>()
  for (const { layers, mask } of variants) {
    const lists = layers
      .flatMap(({ schema }) => (isObject(schema) ? [valuesOf(schema)] : []))
      .filter((list) => list !== undefined)
    const [first, ...others] = lists.map((list) => new Map(list.map((value) => [JSON.stringify(value), value])))
    if (first === undefined) return undefined
    for (const [text, value] of first) {
      if ((maskOfValue(value) & mask) !== 0 && others.every((other) => other.has(text))) all.set(text, value)
    }
  }
  return variants.length === 0 ? undefined : [...all.values()]
}

/** The outermost schema's word. */
function textOf(layers: Layers, keyword: string): string | undefined {
  for (const { schema } of layers) {
    const value = isObject(schema) ? schema[keyword] : undefined
    if (typeof value === 'string') return value
  }
  return undefined
}

function same(texts: (string | undefined)[]): string | undefined {
  return texts.every((text) => text === texts[0]) ? texts[0] : undefined
}
