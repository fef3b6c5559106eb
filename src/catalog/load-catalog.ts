/**
 * From files to a catalog, or to the whole list of what is wrong with them. Every check that can be made before the first
 * document arrives is made here: what passes does not fail later for a reason that stands in the files.
 */
import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Catalog } from '../model/catalog.ts'
import { isModulePath } from './files/module-file.ts'
import { readDefinitions } from './files/read-definitions.ts'
import { SchemaFiles } from './files/schema-files.ts'
import { type Problem, ProblemList } from './problem.ts'
import { checkLambdas } from './resolve/check-lambdas.ts'
import type { Resolution } from './resolve/resolution.ts'
import { resolveCollections } from './resolve/resolve-collections.ts'
import { resolveDerivations } from './resolve/resolve-derivations.ts'
import { resolveIdentity } from './resolve/resolve-identity.ts'
import { resolveMaterializations } from './resolve/resolve-materializations.ts'
import { resolveNotifications } from './resolve/resolve-notifications.ts'
import { compileSchemas, readSchemas } from './resolve/resolve-schemas.ts'
import { resolveSegments } from './resolve/resolve-segments.ts'
import { resolveSources } from './resolve/resolve-sources.ts'
import { resolveTests } from './resolve/resolve-tests.ts'
import { resolveTraits } from './resolve/resolve-traits.ts'

export type LoadOptions = {
  /** Where `${NAME}` in urls and headers is looked up. */
  env: Readonly<Record<string, string | undefined>>
  /** How a variable that `env` lacks counts; a warning leaves the placeholder in the catalog. Default `error`. */
  missingEnv?: 'error' | 'warning'
}

export type LoadedCatalog = {
  /** Undefined when a problem is an error. */
  catalog: Catalog | undefined
  /** What the files declare, whatever their modules of lambdas lack: enough for types. Undefined when a file has an error. */
  declared: Catalog | undefined
  problems: Problem[]
  /** Absolute paths of all files that were read: catalog files (the root first), schemas, public keys, modules of derivations. */
  files: string[]
  /** Absolute paths of the modules among them: those of derivations, and catalog files in TypeScript. */
  modules: string[]
  /** Absolute path of the file in which each collection is defined, by name. */
  definedIn: Record<string, string>
}

/** A directory stands for this file in it. */
const CATALOG_FILE = 'millrace.yaml'

/** Absolute path of the catalog file that `path` (a file, or a directory with a `millrace.yaml`) means. */
export function catalogPath(path: string): string {
  const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  return resolve(isDirectory ? join(path, CATALOG_FILE) : path)
}

/** Reads the catalog at `path` (see `catalogPath`) with everything that it imports. Modules of derivations are imported, so their top level runs. */
export async function loadCatalog(path: string, { env, missingEnv = 'error' }: LoadOptions): Promise<LoadedCatalog> {
  const problems = new ProblemList()
  const definitions = await readDefinitions(catalogPath(path), problems)
  const schemaFiles = new SchemaFiles(problems)
  const uses = readSchemas(definitions, schemaFiles)
  const { set, usable } = compileSchemas(uses, { schemaFiles, problems })
  const isUsable = (uri: string | undefined): uri is string => uri !== undefined && usable.has(uri)
  const resolution: Resolution = {
    definitions,
    schemaFiles,
    schemas: set,
    isUsable,
    collections: new Map(),
    env,
    missingEnv,
    problems,
  }
  resolveCollections(uses, resolution)
  resolveDerivations(uses, resolution)
  const { sources, files: keyFiles } = resolveSources(resolution)
  const traits = resolveTraits(resolution)
  const identity = resolveIdentity(resolution)
  const declared: Catalog = {
    schemas: schemaFiles.documents,
    collections: Object.fromEntries(resolution.collections),
    materializations: resolveMaterializations(resolution),
    tests: resolveTests(resolution),
    sources,
    traits,
    identity,
    notifications: resolveNotifications(resolution),
    ...resolveSegments(resolution, { traits, identity }),
  }
  const isDeclared = !problems.hasErrors
  const modules = [...(await checkLambdas(resolution)), ...definitions.files.filter(isModulePath)]
  const files = [...new Set([...definitions.files, ...schemaFiles.files, ...keyFiles, ...modules])]
  const definedIn = Object.fromEntries([...definitions.collections].map(([name, { spot }]) => [name, spot.file.file]))
  return {
    catalog: problems.hasErrors ? undefined : declared,
    declared: isDeclared ? declared : undefined,
    problems: problems.toArray(files),
    files,
    modules,
    definedIn,
  }
}
