/** What the steps of resolving a catalog share. */
import { suggest } from '../../base/suggest.ts'
import type { Collection, SchemaUri } from '../../model/catalog.ts'
import type { SchemaSet } from '../../model/schema/schema-set.ts'
import type { Definitions } from '../files/read-definitions.ts'
import type { SchemaFiles } from '../files/schema-files.ts'
import { didYouMean, type Place, type ProblemList } from '../problem.ts'

export type Resolution = {
  definitions: Definitions
  schemaFiles: SchemaFiles
  /** Holds every schema that compiles. */
  schemas: SchemaSet
  /** False for a schema with problems (reported): nothing can be inferred from it. */
  isUsable: (uri: SchemaUri | undefined) => uri is SchemaUri
  /** The collections that could be resolved so far, by name. */
  collections: Map<string, Collection>
  env: Readonly<Record<string, string | undefined>>
  /** How a variable that `env` lacks counts. */
  missingEnv: 'error' | 'warning'
  problems: ProblemList
}

/** The collection of this name; undefined when it does not exist (reported) or has problems of its own (reported there). */
export function findCollection(
  name: string,
  resolution: Resolution,
  from: { place: Place; title: string },
): Collection | undefined {
  const { definitions, collections, problems } = resolution
  const found = collections.get(name)
  if (found || definitions.collections.has(name) || definitions.brokenCollections.has(name) || definitions.isIncomplete)
    return found
  const nearest = suggest(name, [...definitions.collections.keys(), ...definitions.brokenCollections])
  problems.error(from.place, `${from.title}: collection "${name}" does not exist.`, didYouMean(nearest))
  return undefined
}
