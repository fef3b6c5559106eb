/**
 * Finds schemas: every document of the catalog by URI, `$id` and `$anchor`, and every place inside by JSON pointer.
 * The one place where `$ref`s are resolved; validation, reduction and inference all go through here.
 */
import { MillraceError } from '../../base/errors.ts'
import { isObject } from '../../base/json.ts'
import { formatPointer, parsePointer, type JsonPointer } from '../../base/json-pointer.ts'
import { suggest } from '../../base/suggest.ts'
import type { JsonSchema, SchemaUri } from '../catalog.ts'
import { SCHEMA_KEYWORDS, SCHEMA_LIST_KEYWORDS, SCHEMA_MAP_KEYWORDS } from './schema-keywords.ts'

/** A schema and where it stands. Two nodes of one `uri` are the same schema. */
export type SchemaNode = {
  schema: JsonSchema
  /** Of the whole document, as the catalog knows it. */
  documentUri: SchemaUri
  /** Place in the document. */
  pointer: JsonPointer
  /** What `$ref`s below are relative to: the document's URI, or the nearest `$id`. */
  base: SchemaUri
  /** `documentUri` + `#` + `pointer`. */
  uri: SchemaUri
}

export class SchemaIndex {
  /** Whole documents, embedded `$id`s and anchors, by absolute URI. */
  readonly #nodes = new Map<string, SchemaNode>()

  constructor(documents: Record<SchemaUri, JsonSchema>) {
    for (const [uri, schema] of Object.entries(documents)) {
      const documentUri = withoutFragment(absolute(uri))
      const root = nodeOf(schema, { documentUri, pointer: '', base: documentUri })
      this.#nodes.set(documentUri, root)
      this.#register(root)
    }
  }

  /** The schema at an absolute URI, or at one relative to `base`; undefined when there is none. */
  find(uri: string, base?: SchemaUri): SchemaNode | undefined {
    const target = absolute(uri, base)
    const start = this.#nodes.get(withoutFragment(target))
    const fragment = decodeFragment(target)
    if (start === undefined || fragment === '') return start
    if (!fragment.startsWith('/')) return this.#nodes.get(`${start.base}#${fragment}`)
    const parts = parsePointer(fragment)
    return parts && childOf(start, parts)
  }

  /** The same; throws `catalog_invalid` when there is none. */
  require(uri: string, base?: SchemaUri): SchemaNode {
    const node = this.find(uri, base)
    if (node !== undefined) return node
    const target = absolute(uri, base)
    const near = suggest(target, this.#nodes.keys())
    throw new MillraceError(
      'catalog_invalid',
      `There is no schema "${target}"${base === undefined ? '' : `, which "${base}" refers to`}.`,
      {
        hint: near === undefined ? 'Check the file name, the $anchor or the pointer after "#".' : `Did you mean "${near}"?`,
      },
    )
  }

  /** What `$ref` (or `$dynamicRef`, taken as `$ref`) of a schema leads to. */
  reference(node: SchemaNode): SchemaNode | undefined {
    const ref = referenceOf(node)
    return ref === undefined ? undefined : this.require(ref, node.base)
  }

  #register(node: SchemaNode): void {
    if (!isObject(node.schema)) return
    if (typeof node.schema['$id'] === 'string') this.#nodes.set(node.base, node)
    for (const keyword of ['$anchor', '$dynamicAnchor']) {
      const anchor = node.schema[keyword]
      if (typeof anchor === 'string') this.#nodes.set(`${node.base}#${anchor}`, node)
    }
    for (const child of subschemas(node)) this.#register(child)
  }
}

export function referenceOf(node: SchemaNode): string | undefined {
  if (!isObject(node.schema)) return undefined
  const ref = node.schema['$ref'] ?? node.schema['$dynamicRef']
  return typeof ref === 'string' ? ref : undefined
}

/** The schema below `node`, for example at `['properties', 'user']`; undefined when there is none. */
export function childOf(node: SchemaNode, parts: readonly (string | number)[]): SchemaNode | undefined {
  let schema: unknown = node.schema
  let base = node.base
  for (const part of parts) {
    // An `$id` passed on the way is the base of what is below; that of the child itself is `nodeOf`'s.
    if (schema !== node.schema) base = baseOf(schema, base)
    if (typeof schema !== 'object' || schema === null || !Object.hasOwn(schema, part)) return undefined
    schema = (schema as Record<string, unknown>)[part]
  }
  if (typeof schema !== 'boolean' && !isObject(schema)) return undefined
  return nodeOf(schema, { documentUri: node.documentUri, pointer: node.pointer + formatPointer(parts), base })
}

/** Every schema directly below, whatever its keyword. */
export function subschemas(node: SchemaNode): SchemaNode[] {
  return isObject(node.schema) ? Object.keys(node.schema).flatMap((keyword) => childrenOf(node, keyword)) : []
}

/** The same without definitions, which say something only where a `$ref` leads to them. */
export function appliedSubschemas(node: SchemaNode): SchemaNode[] {
  const keywords = isObject(node.schema) ? Object.keys(node.schema) : []
  return keywords
    .filter((keyword) => keyword !== '$defs' && keyword !== 'definitions')
    .flatMap((keyword) => childrenOf(node, keyword))
}

/** The schemas below one keyword, in their order. */
export function childrenOf(node: SchemaNode, keyword: string): SchemaNode[] {
  const value = isObject(node.schema) && Object.hasOwn(node.schema, keyword) ? node.schema[keyword] : undefined
  let paths: (string | number)[][] = []
  if (Array.isArray(value)) {
    if (SCHEMA_LIST_KEYWORDS.has(keyword)) paths = value.map((_, i) => [keyword, i])
  } else if (SCHEMA_MAP_KEYWORDS.has(keyword)) {
    paths = isObject(value) ? Object.keys(value).map((name) => [keyword, name]) : []
  } else if (SCHEMA_KEYWORDS.has(keyword)) {
    paths = [[keyword]]
  }
  return paths.flatMap((path) => childOf(node, path) ?? [])
}

function nodeOf(schema: JsonSchema, place: Pick<SchemaNode, 'documentUri' | 'pointer' | 'base'>): SchemaNode {
  const { documentUri, pointer } = place
  return { schema, documentUri, pointer, base: baseOf(schema, place.base), uri: `${documentUri}#${pointer}` }
}

function baseOf(schema: unknown, base: SchemaUri): SchemaUri {
  const id = isObject(schema) ? schema['$id'] : undefined
  return typeof id === 'string' ? withoutFragment(absolute(id, base)) : base
}

function absolute(uri: string, base?: SchemaUri): string {
  if (base !== undefined && uri.startsWith('#')) return base + uri
  try {
    return new URL(uri, base).href
  } catch (cause) {
    throw new MillraceError('catalog_invalid', `"${uri}" is not a URI that a schema can have.`, {
      hint: 'Use an absolute URI, a relative path, or "#" and an anchor or pointer.',
      cause,
    })
  }
}

function withoutFragment(uri: string): string {
  const at = uri.indexOf('#')
  return at < 0 ? uri : uri.slice(0, at)
}

function decodeFragment(uri: string): string {
  const at = uri.indexOf('#')
  const fragment = at < 0 ? '' : uri.slice(at + 1)
  try {
    return decodeURIComponent(fragment)
  } catch {
    return fragment
  }
}
