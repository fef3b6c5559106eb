/**
 * A schema with everything that it refers to in one document without URIs: what is compiled, and what is hashed to tell
 * whether two schemas accept the same documents.
 */
import { createHash } from 'node:crypto'
import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import { formatPointer, parsePointer, type JsonPointer } from '../../base/json-pointer.ts'
import type { JsonSchema } from '../catalog.ts'
import { childOf, referenceOf, type SchemaIndex, type SchemaNode } from './schema-index.ts'
import { DESCRIPTIVE_KEYWORDS, SCHEMA_KEYWORDS, SCHEMA_LIST_KEYWORDS, SCHEMA_MAP_KEYWORDS } from './schema-keywords.ts'

export type SchemaBundle = {
  schema: JsonSchema
  /** Where a place in the bundled schema comes from. */
  origin: (pointer: JsonPointer) => { schemaUri: string; pointerInSchema: JsonPointer }
}

export function bundleSchema(index: SchemaIndex, root: SchemaNode): SchemaBundle {
  const bundler = new Bundler(index, root)
  return { schema: bundler.bundle(), origin: (pointer) => bundler.origin(pointer) }
}

/** Equal for schemas that accept the same documents by the same rules; titles, annotations and file names do not count. */
export function hashBundle(bundle: SchemaBundle): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(bundle.schema)))
    .digest('hex')
    .slice(0, HASH_LENGTH)
}

/** 128 bits: no two schemas meet by accident. */
const HASH_LENGTH = 32

const ROOT_REFERENCE = '#/$defs/0'

class Bundler {
  readonly #index: SchemaIndex
  /** The root first, then what is referred to in the order of discovery. */
  readonly #nodes: SchemaNode[]
  readonly #numbers = new Map<string, number>()
  #isRootReferenced = false

  constructor(index: SchemaIndex, root: SchemaNode) {
    this.#index = index
    this.#nodes = [root]
    this.#numbers.set(root.uri, 0)
  }

  bundle(): JsonSchema {
    const definitions: JsonObject = {}
    // The list grows while it is walked.
    for (let i = 0; i < this.#nodes.length; i++) definitions[i] = this.#copy(this.#nodes[i] as SchemaNode)
    const { 0: root = true, ...others } = definitions
    // A root that something refers to is a definition as well, since `#` is not resolved in a schema without a URI.
    if (this.#isRootReferenced) return { $ref: ROOT_REFERENCE, $defs: definitions }
    return isObject(root) && this.#nodes.length > 1 ? { ...root, $defs: others } : (root as JsonSchema)
  }

  origin(pointer: JsonPointer): { schemaUri: string; pointerInSchema: JsonPointer } {
    const parts = parsePointer(pointer) ?? []
    const isDefinition = parts[0] === '$defs' && parts.length > 1
    const node = this.#nodes[isDefinition ? Number(parts[1]) : 0] as SchemaNode
    const rest = formatPointer(isDefinition ? parts.slice(2) : parts)
    return { schemaUri: node.documentUri, pointerInSchema: node.pointer + rest }
  }

  #copy(node: SchemaNode): JsonSchema {
    if (!isObject(node.schema)) return node.schema
    const copy: JsonObject = {}
    for (const [keyword, value] of Object.entries(node.schema)) {
      if (keyword === '$ref' || keyword === '$dynamicRef') copy['$ref'] = this.#reference(node) ?? value
      else if (!DESCRIPTIVE_KEYWORDS.has(keyword))
        copy[newName(keyword, value, node.schema)] = this.#copyValue(node, keyword, value)
    }
    return copy
  }

  #copyValue(node: SchemaNode, keyword: string, value: Json): Json {
    if (Array.isArray(value)) {
      return SCHEMA_LIST_KEYWORDS.has(keyword) ? value.map((item, i) => this.#copyChild(node, [keyword, i], item)) : value
    }
    if (SCHEMA_KEYWORDS.has(keyword)) return this.#copyChild(node, [keyword], value)
    if (!SCHEMA_MAP_KEYWORDS.has(keyword) || !isObject(value)) return value
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, this.#copyChild(node, [keyword, name], item)]))
  }

  #copyChild(node: SchemaNode, path: (string | number)[], value: Json): Json {
    const child = childOf(node, path)
    return child === undefined ? value : this.#copy(child)
  }

  #reference(node: SchemaNode): string | undefined {
    if (referenceOf(node) === undefined) return undefined
    const target = this.#index.reference(node) as SchemaNode
    const known = this.#numbers.get(target.uri)
    const number = known ?? this.#nodes.push(target) - 1
    this.#numbers.set(target.uri, number)
    this.#isRootReferenced ||= number === 0
    return `#/$defs/${number}`
  }
}

/** Tuples were written `items: […]` with `additionalItems` before 2020-12. */
function newName(keyword: string, value: Json, schema: JsonObject): string {
  if (keyword === 'items' && Array.isArray(value)) return 'prefixItems'
  return keyword === 'additionalItems' && Array.isArray(schema['items']) ? 'items' : keyword
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value
  const names = Object.keys(value).toSorted()
  return Object.fromEntries(names.map((name) => [name, sorted(value[name] as Json)]))
}
