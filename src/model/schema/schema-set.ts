/** The schemas of a catalog, compiled on demand: what is asked of every document that enters or is reduced. */
import { MillraceError } from '../../base/errors.ts'
import type { JsonPointer } from '../../base/json-pointer.ts'
import type { JsonSchema, SchemaUri } from '../catalog.ts'
import type { CompiledSchema } from '../compiled-schema.ts'
import { compileReducer } from '../reduce/compile-reducer.ts'
import { bundleSchema, hashBundle, type SchemaBundle } from './schema-bundle.ts'
import { SchemaIndex, type SchemaNode } from './schema-index.ts'
import { findMetaViolations, ValidatorCompiler, type Validator } from './validator.ts'

/** A mistake in a schema document, for a message with file and line. */
export type SchemaProblem = {
  /** URI of the document, without fragment. */
  schemaUri: SchemaUri
  pointerInSchema: JsonPointer
  message: string
}

export class SchemaSet {
  readonly index: SchemaIndex
  readonly #compiler = new ValidatorCompiler()
  readonly #compiled = new Map<SchemaUri, CompiledSchema>()
  readonly #bundles = new Map<SchemaUri, SchemaBundle>()
  readonly #hashes = new Map<SchemaUri, string>()

  /** `schemas`: whole documents by absolute URI. */
  constructor(schemas: Record<SchemaUri, JsonSchema>) {
    this.index = new SchemaIndex(schemas)
  }

  /** The schema at a URI, and the URI of the place where it stands (document and JSON pointer). Throws `catalog_invalid`. */
  resolve(uri: SchemaUri, base?: SchemaUri): { schema: JsonSchema; uri: SchemaUri } {
    const { schema, uri: place } = this.index.require(uri, base)
    return { schema, uri: place }
  }

  /** Compiles at the first call for a URI. Throws `catalog_invalid` for a schema that is none, or that refers to nothing. */
  compile(uri: SchemaUri): CompiledSchema {
    const known = this.#compiled.get(uri)
    if (known !== undefined) return known
    const root = this.index.require(uri)
    const [problem] = this.findProblems(uri)
    if (problem !== undefined) {
      const place = `${problem.schemaUri}#${problem.pointerInSchema}`
      throw new MillraceError('catalog_invalid', `Schema "${uri}": ${problem.message} (at ${place}).`, {
        hint: 'Correct the schema as JSON Schema 2020-12.',
      })
    }
    const { validate } = this.#validator(root)
    const reduce = compileReducer({
      index: this.index,
      root,
      branchTest: (node) => this.#validator(node).isValid,
    })
    const compiled = { validate, reduce }
    this.#compiled.set(uri, compiled)
    return compiled
  }

  /** The same for two schemas that accept the same documents by the same rules; titles, places and `reduce` do not count. */
  hash(uri: SchemaUri): string {
    const hash = this.#hashes.get(uri) ?? hashBundle(this.#bundle(this.index.require(uri)))
    this.#hashes.set(uri, hash)
    return hash
  }

  /** Whatever is not JSON Schema 2020-12 in the schema and all that it refers to. Throws `catalog_invalid` for a `$ref` to nothing. */
  findProblems(uri: SchemaUri): SchemaProblem[] {
    const { schema, origin } = this.#bundle(this.index.require(uri))
    return findMetaViolations(schema).map(({ pointer, message }) => ({ ...origin(pointer), message }))
  }

  #bundle(node: SchemaNode): SchemaBundle {
    const bundle = this.#bundles.get(node.uri) ?? bundleSchema(this.index, node)
    this.#bundles.set(node.uri, bundle)
    return bundle
  }

  #validator(node: SchemaNode): Validator {
    return this.#compiler.compile(this.#bundle(node).schema)
  }
}
