/**
 * The schema documents that a catalog refers to, those that they refer to, and so on. Schemas written inside a catalog file
 * get a URI of their own in the folder of that file, so that a relative `$ref` means the same in both.
 */
import { basename } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { formatPointer, parsePointer } from '../../base/json-pointer.ts'
import { isObject } from '../../base/json.ts'
import { messageOf } from '../../base/errors.ts'
import type { JsonSchema, SchemaUri } from '../../model/catalog.ts'
import type { SchemaDefinition } from '../catalog-schema.ts'
import type { Place, ProblemList } from '../problem.ts'
import { isFile, nearbyFile } from './read-definitions.ts'
import { type Path, pathOfPointer, type SourceFile, type Spot } from './source-file.ts'
import { readYamlFile } from './yaml-file.ts'

export class SchemaFiles {
  /** Whole documents by URI. */
  readonly documents: Record<SchemaUri, JsonSchema> = {}
  readonly #sources = new Map<SchemaUri, { file: SourceFile; path: Path }>()
  readonly #ids = new Set<SchemaUri>()
  readonly #unreadable = new Set<SchemaUri>()
  readonly #problems: ProblemList

  constructor(problems: ProblemList) {
    this.#problems = problems
  }

  /** Absolute paths of the schema files that were read. */
  get files(): string[] {
    return [...new Set([...this.#sources.values()].map(({ file }) => file.file))]
  }

  /** The URI of the schema that stands at `spot` of a catalog file, read with all it refers to; undefined when a file is missing (reported). */
  add(definition: SchemaDefinition, spot: Spot): SchemaUri | undefined {
    const { file, path } = spot
    if (typeof definition === 'string') return this.#follow(definition, pathToFileURL(file.file).href, spot.place)
    const uri = `${pathToFileURL(file.file).href}?at=${encodeURIComponent(formatPointer(path))}`
    this.#addDocument(uri, definition as JsonSchema, { file, path })
    return uri
  }

  /** Where a location inside a schema stands. `uri` may have a fragment that is a pointer; it is ignored. */
  placeOf(uri: SchemaUri, pointer: string): Place {
    const source = this.#sources.get(withoutFragment(uri))
    if (source === undefined) return { file: uri, line: 1, column: 1 }
    const path = [...source.path, ...pathOfPointer(this.documents[withoutFragment(uri)], parsePointer(pointer) ?? [])]
    return source.file.placeOf(path)
  }

  /** A short name for messages, for example `event.schema.yaml#Segment`. */
  nameOf(uri: SchemaUri): string {
    const source = this.#sources.get(withoutFragment(uri))
    if (source === undefined) return `"${uri}"`
    if (source.path.length > 0) return 'the inline schema'
    return `"${basename(source.file.file)}${uri.slice(withoutFragment(uri).length)}"`
  }

  #follow(reference: string, base: string, from: Place): SchemaUri | undefined {
    const url = URL.parse(reference, base)
    if (url === null) this.#problems.error(from, `"${reference}" is not a reference to a schema.`)
    else if (this.#isThere(url, reference, from)) return url.href
    return undefined
  }

  #isThere(url: URL, reference: string, from: Place): boolean {
    const document = withoutFragment(url.href)
    if (this.#unreadable.has(document)) return false
    // What is no file may be the `$id` of a document that is read later.
    if (document in this.documents || this.#ids.has(document) || url.protocol !== 'file:') return true
    const file = this.#parse(fileURLToPath(document), reference, from)
    const schema = file?.value
    if (file && (isObject(schema) || typeof schema === 'boolean')) {
      this.#addDocument(document, schema, { file, path: [] })
      return true
    }
    if (file) this.#problems.error(file.placeOf([]), 'A schema must be a map of keywords, or true or false.')
    this.#unreadable.add(document)
    return false
  }

  #parse(path: string, reference: string, from: Place): SourceFile | undefined {
    try {
      if (isFile(path)) return readYamlFile(path, this.#problems)
      this.#problems.error(from, `The schema file "${reference}" does not exist.`, nearbyFile(path))
    } catch (error) {
      this.#problems.error(from, `The schema file "${reference}" cannot be read: ${messageOf(error)}`)
    }
    return undefined
  }

  #addDocument(uri: SchemaUri, schema: JsonSchema, source: { file: SourceFile; path: Path }): void {
    this.documents[uri] = schema
    this.#sources.set(uri, source)
    const { file, path } = source
    const base = isObject(schema) && typeof schema['$id'] === 'string' ? (URL.parse(schema['$id'], uri)?.href ?? uri) : uri
    this.#ids.add(withoutFragment(base))
    for (const { reference, at } of referencesIn(schema))
      if (!reference.startsWith('#')) this.#follow(reference, base, file.placeOf([...path, ...at]))
  }
}

/** Keywords whose values are documents, not schemas. */
const DATA_KEYWORDS = new Set(['const', 'enum', 'default', 'examples'])

function* referencesIn(schema: unknown, at: Path = []): Generator<{ reference: string; at: Path }> {
  if (Array.isArray(schema)) for (const [i, item] of schema.entries()) yield* referencesIn(item, [...at, i])
  if (!isObject(schema)) return
  for (const [keyword, value] of Object.entries(schema)) {
    const here = [...at, keyword]
    if (keyword === '$ref' && typeof value === 'string') yield { reference: value, at: here }
    else if (!DATA_KEYWORDS.has(keyword)) yield* referencesIn(value, here)
  }
}

export function withoutFragment(uri: SchemaUri): SchemaUri {
  return uri.replace(/#.*$/, '')
}
