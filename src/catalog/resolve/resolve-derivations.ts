/** Derivations: sources, shuffles, registers, cycles. The lambdas themselves are looked at in `check-lambdas.ts`. */
import { dirname, resolve } from 'node:path'
import type { Json } from '../../base/json.ts'
import type { Collection, Derivation, Transform } from '../../model/catalog.ts'
import type { CollectionDefinition, DerivationDefinition, TransformDefinition } from '../catalog-schema.ts'
import type { Defined } from '../files/read-definitions.ts'
import type { Spot } from '../files/source-file.ts'
import { ProblemList } from '../problem.ts'
import { reportCycles } from './derivation-cycles.ts'
import { type KeyType, requireKeyType } from './key-locations.ts'
import type { Resolution } from './resolution.ts'
import { questionAbout } from './resolve-collections.ts'
import type { SchemaUses } from './resolve-schemas.ts'
import { resolveCollectionSource } from './collection-source.ts'

/** Gives every derived collection of `resolution.collections` its derivation. */
export function resolveDerivations(uses: SchemaUses, resolution: Resolution): void {
  for (const definition of resolution.definitions.collections.values()) {
    if (definition.value.derivation === undefined) continue
    const derivation = resolveDerivation(definition, definition.value.derivation, { uses, resolution })
    const collection = resolution.collections.get(definition.name)
    if (collection) collection.derivation = derivation
  }
  reportCycles(resolution)
}

function resolveDerivation(
  defined: Defined<CollectionDefinition>,
  definition: DerivationDefinition,
  { uses, resolution }: { uses: SchemaUses; resolution: Resolution },
): Derivation {
  const transforms: Record<string, Transform> = {}
  const shuffles: Shuffle[] = []
  for (const [name, transform] of Object.entries(definition.transform)) {
    const transforming = { name, definition: transform, hasRegister: definition.register !== undefined }
    const resolved = resolveTransform(defined, transforming, resolution)
    transforms[name] = resolved.transform
    if (resolved.shuffle) shuffles.push(resolved.shuffle)
  }
  reportDisagreement(defined, shuffles, resolution)
  const derivation: Derivation = { module: resolve(dirname(defined.spot.file.file), definition.typescript), transforms }
  const register = resolveRegister(defined, definition, { uses, resolution })
  if (register) derivation.register = register
  if (Object.keys(definition.transform).length === 0)
    resolution.problems.error(
      defined.spot.at('derivation', 'transform').place,
      `Derivation "${defined.name}": it has no transform.`,
    )
  return derivation
}

function resolveRegister(
  { name, spot }: Defined<CollectionDefinition>,
  { register }: DerivationDefinition,
  { uses, resolution }: { uses: SchemaUses; resolution: Resolution },
): Derivation['register'] {
  const uri = uses.registers.get(name)?.uri
  if (register === undefined || !resolution.isUsable(uri)) return undefined
  // What YAML and modules yield here is JSON; a module that yields more fails the check of its schema or is cut by JSON.stringify.
  const initial = (register.initial ?? null) as Json
  const [violation] = resolution.schemas.compile(uri).validate(initial) ?? []
  if (violation) {
    const at = violation.pointer === '' ? '' : ` at "${violation.pointer}"`
    const value = register.initial === undefined ? 'null (the default)' : JSON.stringify(initial)
    const message = `Derivation "${name}", register: the initial value ${value} breaks its schema${at}: ${violation.message}.`
    const hint = register.initial === undefined ? 'Add `initial: {}` or another valid value.' : undefined
    resolution.problems.error(spot.at('derivation', 'register', 'initial').place, message, hint)
  }
  return { schema: uri, initial }
}

type Transforming = { name: string; definition: TransformDefinition; hasRegister: boolean }

function resolveTransform(
  { name: collection, spot }: Defined<CollectionDefinition>,
  { name, definition, hasRegister }: Transforming,
  resolution: Resolution,
): { transform: Transform; shuffle: Shuffle | undefined } {
  const at: At = {
    title: `Derivation "${collection}", transform "${name}"`,
    spot: spot.at('derivation', 'transform', name),
  }
  reportLambdas(definition, hasRegister, { at, problems: resolution.problems })
  const source = resolveCollectionSource(definition.source, { title: at.title, spot: at.spot.at('source') }, resolution)
  const transform: Transform = {
    source: source.name,
    shuffle: definition.shuffle ?? source.collection?.key ?? [],
    hasPublish: definition.publish !== undefined,
  }
  if (source.partitions) transform.partitions = source.partitions
  if (definition.update) transform.update = { rollbackOnConflict: definition.update.rollbackOnConflict ?? false }
  const types =
    source.collection && shuffleTypes(transform.shuffle, source.collection, { at, resolution, isWritten: !!definition.shuffle })
  return { transform, shuffle: types && { name, types } }
}

type At = { title: string; spot: Spot }

function reportLambdas(
  definition: TransformDefinition,
  hasRegister: boolean,
  { at, problems }: { at: At; problems: ProblemList },
): void {
  if (!definition.update && !definition.publish)
    problems.error(
      at.spot.placeOfName,
      `${at.title}: it has neither update nor publish.`,
      'Add `publish: { lambda: typescript }`.',
    )
  if (definition.update && !hasRegister) {
    const hint = 'Add `register: { schema: …, initial: … }` to the derivation.'
    problems.error(at.spot.at('update').placeOfName, `${at.title}: it updates a register, but the derivation has none.`, hint)
  }
}

type Shuffle = { name: string; types: (KeyType | undefined)[] }

/** `isWritten` is false for the source's key, whose problems are reported where it stands. */
function shuffleTypes(
  shuffle: readonly string[],
  source: Collection,
  { at, resolution, isWritten }: { at: At; resolution: Resolution; isWritten: boolean },
): (KeyType | undefined)[] {
  const problems = isWritten ? resolution.problems : new ProblemList()
  return shuffle.map((pointer, i) =>
    requireKeyType(questionAbout(source, pointer, resolution), {
      title: `${at.title}, shuffle`,
      place: at.spot.at('shuffle', i).place,
      problems,
    }),
  )
}

/** All transforms of a derivation share its registers, so their shuffles must agree in number and types. */
function reportDisagreement(
  { name, spot }: Defined<CollectionDefinition>,
  shuffles: readonly Shuffle[],
  { problems }: Resolution,
): void {
  const [first, ...others] = shuffles
  for (const other of first ? others : []) {
    const differs = other.types.length !== first?.types.length || other.types.some((type, i) => isOther(type, first.types[i]))
    if (!differs) continue
    const message = `Derivation "${name}": transform "${other.name}" shuffles by ${shuffleText(other)}, but "${first?.name}" by ${shuffleText(first)}.`
    const { place } = spot.at('derivation', 'transform', other.name, 'shuffle')
    problems.error(place, message, 'Shuffles of one derivation must agree in number and types.')
  }
}

/** Unknown types have been reported already. */
function isOther(a: KeyType | undefined, b: KeyType | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b
}

function shuffleText(shuffle: Shuffle | undefined): string {
  return `(${shuffle?.types.map((type) => type ?? 'unknown').join(', ')})`
}
