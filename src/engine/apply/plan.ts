/** What advances with the log: the catalog's derivations, compiled and in an order in which a source stands before its readers, and the profiles. */
import { invariant } from '../../base/errors.ts'
import type { Catalog, Collection, Derivation } from '../../model/catalog.ts'
import { type CompiledCollection, compileCollection } from '../../model/compiled-collection.ts'
import type { DerivationLambdas } from '../../model/derivation.ts'
import type { SchemaSet } from '../../model/schema/schema-set.ts'
import type { Store } from '../../store/store.ts'
import { DerivationRunner } from './derivation-runner.ts'
import { Documents } from './documents.ts'
import type { LaneMember } from './lanes.ts'
import type { Runner } from './runner.ts'

/** Opens with nothing in memory: a new session starts from what is committed. */
export type PlannedMember = LaneMember & { open: (store: Store) => Runner }

export type ApplyPlan = {
  /** In topological order. */
  members: readonly PlannedMember[]
  collections: ReadonlyMap<string, CompiledCollection>
}

type PlanParts = { catalog: Catalog; schemas: SchemaSet; lambdas: ReadonlyMap<string, DerivationLambdas> }

/** The catalog must be free of cycles, which `check` has made sure of. */
export function planDerivations({ catalog, schemas, lambdas }: PlanParts): ApplyPlan {
  const collections = new Map(
    Object.values(catalog.collections).map((collection) => [collection.name, compileCollection(collection, schemas)]),
  )
  const derived = sortTopologically(Object.values(catalog.collections))
  const read = new Set(derived.flatMap(({ derivation }) => derivedSources(derivation, catalog)))
  const members = derived.map(({ name, derivation }) => ({
    name,
    derivedSources: derivedSources(derivation, catalog),
    open: (store: Store) =>
      new DerivationRunner({
        collection: requireCompiled(collections, name),
        derivation,
        lambdas: lambdas.get(name) ?? {},
        register: derivation.register && schemas.compile(derivation.register.schema),
        registers: new Documents(store, { space: `register/${name}` }),
        hasReaders: read.has(name),
      }),
  }))
  return { members, collections }
}

/** Derived collections that these members read and do not publish themselves. */
export function publishedSources({ members }: ApplyPlan, names: readonly string[]): string[] {
  const read = members.filter(({ name }) => names.includes(name)).flatMap((member) => member.derivedSources)
  return [...new Set(read)].filter((source) => !names.includes(source))
}

function requireCompiled(collections: ReadonlyMap<string, CompiledCollection>, name: string): CompiledCollection {
  const collection = collections.get(name)
  invariant(collection, `the collection "${name}" is compiled`)
  return collection
}

function derivedSources(derivation: Derivation, catalog: Catalog): string[] {
  const sources = new Set(Object.values(derivation.transforms).map(({ source }) => source))
  return [...sources].filter((source) => catalog.collections[source]?.derivation !== undefined)
}

type DerivedCollection = Collection & { derivation: Derivation }

function sortTopologically(collections: readonly Collection[]): DerivedCollection[] {
  const derived = new Map(collections.filter(isDerived).map((collection) => [collection.name, collection]))
  const sorted = new Set<DerivedCollection>()
  const visit = (collection: DerivedCollection) => {
    if (sorted.has(collection)) return
    for (const { source } of Object.values(collection.derivation.transforms)) {
      const upstream = derived.get(source)
      if (upstream) visit(upstream)
    }
    sorted.add(collection)
  }
  for (const collection of derived.values()) visit(collection)
  return [...sorted]
}

function isDerived(collection: Collection): collection is DerivedCollection {
  return collection.derivation !== undefined
}
