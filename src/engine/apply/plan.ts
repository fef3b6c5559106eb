/** The catalog's derivations, compiled and in an order in which a source stands before its readers. */
import type { Catalog, Collection, Derivation } from '../../model/catalog.ts'
import { type CompiledCollection, compileCollection } from '../../model/compiled-collection.ts'
import type { CompiledSchema } from '../../model/compiled-schema.ts'
import type { DerivationLambdas } from '../../model/derivation.ts'
import type { SchemaSet } from '../../model/schema/schema-set.ts'
import type { Store } from '../../store/store.ts'
import { DerivationRunner } from './derivation-runner.ts'
import type { LaneMember } from './lanes.ts'
import { Registers } from './registers.ts'

type PlannedDerivation = LaneMember & { derivation: Derivation; register: CompiledSchema | undefined; lambdas: DerivationLambdas }

export type ApplyPlan = {
  /** In topological order. */
  derivations: readonly PlannedDerivation[]
  collections: ReadonlyMap<string, CompiledCollection>
  /** Derived collections that these derivations read and do not publish themselves. */
  publishedSources: (members: readonly string[]) => string[]
}

export type Runners = Map<string, { runner: DerivationRunner; registers: Registers }>

type PlanParts = { catalog: Catalog; schemas: SchemaSet; lambdas: ReadonlyMap<string, DerivationLambdas> }

/** The catalog must be free of cycles, which `check` has made sure of. */
export function planDerivations({ catalog, schemas, lambdas }: PlanParts): ApplyPlan {
  const derivations = sortTopologically(Object.values(catalog.collections)).map(({ name, derivation }) => ({
    name,
    derivation,
    derivedSources: derivedSources(derivation, catalog),
    register: derivation.register && schemas.compile(derivation.register.schema),
    lambdas: lambdas.get(name) ?? {},
  }))
  const sources = new Map(derivations.map((member) => [member.name, member.derivedSources]))
  return {
    derivations,
    collections: new Map(
      Object.values(catalog.collections).map((collection) => [collection.name, compileCollection(collection, schemas)]),
    ),
    publishedSources: (members) =>
      [...new Set(members.flatMap((name) => sources.get(name) ?? []))].filter((source) => !members.includes(source)),
  }
}

/** Runners with empty registers: a new session starts from what is committed. */
export function openRunners(plan: ApplyPlan, store: Store): Runners {
  const read = new Set(plan.derivations.flatMap(({ derivedSources }) => derivedSources))
  const runners: Runners = new Map()
  for (const { name, derivation, register, lambdas } of plan.derivations) {
    const collection = plan.collections.get(name)
    if (collection === undefined) continue
    const registers = new Registers(store, name)
    const hasReaders = read.has(name)
    runners.set(name, {
      registers,
      runner: new DerivationRunner({ collection, derivation, lambdas, register, registers, hasReaders }),
    })
  }
  return runners
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
