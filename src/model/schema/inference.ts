/** Follows documents down through a schema, with all combinations of branches that a location can be in. */
import { isObject, type Json } from '../../base/json.ts'
import { alternativesOf, type Layers } from './alternatives.ts'
import type { SchemaIndex, SchemaNode } from './schema-index.ts'
import { SchemasBelow } from './schemas-below.ts'
import { ANY, ARRAY, FRACTION, maskOfTypes, maskOfValue, OBJECT } from './type-mask.ts'

/** What is known of a location in one combination of branches. */
export type Variant = { layers: Layers; mask: number; isMust: boolean }

export type Place = {
  variants: Variant[]
  /** In some combination of branches the location cannot exist. */
  isAbsentSomewhere: boolean
  isDeclared: boolean
}

export const NOWHERE: Place = { variants: [], isAbsentSomewhere: true, isDeclared: false }

export class Inference {
  readonly #index: SchemaIndex
  readonly #below = new SchemasBelow()

  constructor(index: SchemaIndex) {
    this.#index = index
  }

  /** The place that all of `nodes` apply to. */
  root(nodes: readonly SchemaNode[]): Place {
    return { variants: this.#variants(nodes, true), isAbsentSomewhere: false, isDeclared: true }
  }

  /** The place of a property or, for a number, of a property or item. */
  step(place: Place, part: string): Place {
    const next: Place = { variants: [], isAbsentSomewhere: place.isAbsentSomewhere, isDeclared: false }
    for (const { layers, mask, isMust } of place.variants) {
      const candidates = [
        ...(mask & OBJECT ? [this.#member(layers, part, isMust && mask === OBJECT)] : []),
        ...(mask & ARRAY && /^(0|[1-9]\d*)$/.test(part) ? this.#items(layers, Number(part), isMust && mask === ARRAY) : []),
      ]
      const variants = candidates.flatMap(({ nodes, isMust }) => this.#variants(nodes, isMust))
      if (variants.length === 0) next.isAbsentSomewhere = true
      next.isDeclared ||= candidates.some(({ nodes }) => nodes.length > 0)
      next.variants.push(...variants)
    }
    return { ...next, variants: distinct(next.variants) }
  }

  /** Names of properties that some schema lists. */
  names(place: Place): string[] {
    const layers = place.variants.filter(({ mask }) => mask & OBJECT).flatMap(({ layers }) => layers)
    return this.#below.memberNames(layers)
  }

  #member(layers: Layers, name: string, isParentMust: boolean) {
    const isRequired = layers.some((layer) => listOf(layer, 'required').includes(name))
    return { nodes: this.#below.ofMember(layers, name), isMust: isParentMust && isRequired }
  }

  #items(layers: Layers, index: number, isParentMust: boolean) {
    if (layers.some((layer) => numberOf(layer, 'maxItems', Number.POSITIVE_INFINITY) <= index)) return []
    const isRequired = layers.some((layer) => numberOf(layer, 'minItems', 0) > index)
    return [{ nodes: this.#below.ofItem(layers, index), isMust: isParentMust && isRequired }]
  }

  #variants(nodes: readonly SchemaNode[], isMust: boolean): Variant[] {
    return alternativesOf(this.#index, nodes)
      .map((layers) => ({ layers, mask: typeMaskOf(layers), isMust }))
      .filter(({ mask }) => mask !== 0)
  }
}

/** More variants than this of one place only differ in what no one asks for. */
const VARIANTS_MAX = 256

function distinct(variants: Variant[]): Variant[] {
  const byId = new Map(
    variants.map((variant) => [`${variant.isMust} ${variant.layers.map((layer) => layer.uri).join(' ')}`, variant]),
  )
  return byId.size <= VARIANTS_MAX
    ? [...byId.values()]
    : [{ layers: [], mask: ANY, isMust: variants.every(({ isMust }) => isMust) }]
}

/** Types that a value can have when all of `layers` apply. */
export function typeMaskOf(layers: Layers): number {
  return layers.reduce((mask, layer) => mask & maskOf(layer), ANY)
}

function maskOf({ schema }: SchemaNode): number {
  if (!isObject(schema)) return schema ? ANY : 0
  let mask = maskOfTypes(schema['type'])
  if (Number.isInteger(schema['multipleOf'])) mask &= ~FRACTION
  const values = valuesOf(schema)
  return values === undefined ? mask : mask & values.reduce<number>((all, value) => all | maskOfValue(value), 0)
}

/** From `const` or `enum`. */
export function valuesOf(schema: Record<string, Json>): Json[] | undefined {
  if (schema['const'] !== undefined) return [schema['const']]
  return Array.isArray(schema['enum']) ? schema['enum'] : undefined
}

function listOf({ schema }: SchemaNode, keyword: string): Json[] {
  const value = isObject(schema) ? schema[keyword] : undefined
  return Array.isArray(value) ? value : []
}

function numberOf({ schema }: SchemaNode, keyword: string, otherwise: number): number {
  const value = isObject(schema) ? schema[keyword] : undefined
  return typeof value === 'number' ? value : otherwise
}
