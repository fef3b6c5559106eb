/** Which schemas apply to the members and items of a value, given the schemas that apply to the value itself. */
import { isObject, type Json } from '../../base/json.ts'
import { childOf, childrenOf, type SchemaNode } from './schema-index.ts'

export class SchemasBelow {
  readonly #patterns = new Map<string, RegExp>()

  /** Names that some `properties` lists. */
  memberNames(layers: readonly SchemaNode[]): string[] {
    return [...new Set(layers.flatMap((layer) => Object.keys(mapOf(layer, 'properties'))))]
  }

  /** In the order of the layers; with `unevaluatedProperties` when nothing else in them speaks of the name. */
  ofMember(layers: readonly SchemaNode[], name: string): SchemaNode[] {
    const found = layers.flatMap((layer) => this.#memberOf(layer, name))
    return found.length > 0 ? found : layers.flatMap((layer) => childrenOf(layer, 'unevaluatedProperties'))
  }

  /** The schemas of members that neither `properties` nor `patternProperties` name. */
  ofOtherMembers(layers: readonly SchemaNode[]): SchemaNode[] {
    const additional = layers.flatMap((layer) => childrenOf(layer, 'additionalProperties'))
    return additional.length > 0 ? additional : layers.flatMap((layer) => childrenOf(layer, 'unevaluatedProperties'))
  }

  /** Of every `patternProperties`, whatever the name. */
  ofPatterns(layers: readonly SchemaNode[]): SchemaNode[] {
    return layers.flatMap((layer) => childrenOf(layer, 'patternProperties'))
  }

  /** Indexes that some `prefixItems` has a schema for. */
  itemIndexes(layers: readonly SchemaNode[]): number[] {
    const length = Math.max(0, ...layers.map((layer) => prefixOf(layer).length))
    return Array.from({ length }, (_, index) => index)
  }

  ofItem(layers: readonly SchemaNode[], index: number): SchemaNode[] {
    const found = layers.flatMap((layer) => {
      const prefix = prefixOf(layer)
      const item = prefix[index]
      return item === undefined ? restOf(layer) : [item]
    })
    return found.length > 0 ? found : layers.flatMap((layer) => childrenOf(layer, 'unevaluatedItems'))
  }

  /** The schemas of items at any index. */
  ofItems(layers: readonly SchemaNode[]): SchemaNode[] {
    return this.ofItem(layers, Number.POSITIVE_INFINITY)
  }

  #memberOf(layer: SchemaNode, name: string): SchemaNode[] {
    const named = childOf(layer, ['properties', name])
    const matching = Object.keys(mapOf(layer, 'patternProperties'))
      .filter((pattern) => this.#pattern(pattern).test(name))
      .flatMap((pattern) => childOf(layer, ['patternProperties', pattern]) ?? [])
    const found = named === undefined ? matching : [named, ...matching]
    return found.length > 0 ? found : childrenOf(layer, 'additionalProperties')
  }

  #pattern(source: string): RegExp {
    const pattern = this.#patterns.get(source) ?? new RegExp(source, 'u')
    this.#patterns.set(source, pattern)
    return pattern
  }
}

function mapOf(layer: SchemaNode, keyword: string): Record<string, Json> {
  const value = isObject(layer.schema) && Object.hasOwn(layer.schema, keyword) ? layer.schema[keyword] : undefined
  return isObject(value) ? value : {}
}

/** Before 2020-12 a tuple was a list under `items`. */
function prefixOf(layer: SchemaNode): SchemaNode[] {
  const tuple = isObject(layer.schema) && Array.isArray(layer.schema['items']) ? 'items' : 'prefixItems'
  return childrenOf(layer, tuple)
}

function restOf(layer: SchemaNode): SchemaNode[] {
  const isOldTuple = isObject(layer.schema) && Array.isArray(layer.schema['items'])
  return childrenOf(layer, isOldTuple ? 'additionalItems' : 'items')
}
