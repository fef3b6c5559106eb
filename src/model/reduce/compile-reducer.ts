/**
 * Compiles the `reduce` annotations of a schema to closures, once per location. What applies without condition is resolved
 * here; where branches carry annotations the ones that the later document chooses are looked up, and compiled at first sight.
 */
import { MillraceError } from '../../base/errors.ts'
import { isObject, type Json } from '../../base/json.ts'
import { formatPointer, parsePointer, type JsonPointer } from '../../base/json-pointer.ts'
import type { CompiledSchema } from '../compiled-schema.ts'
import { reachableSchemas } from '../schema/alternatives.ts'
import type { SchemaIndex, SchemaNode } from '../schema/schema-index.ts'
import { parseAnnotation, type Annotation, type Strategy } from './annotation.ts'
import { ApplicableSchemas, type BranchTest, type Choices, type Conditional } from './applicable.ts'
import { SchemasBelow } from '../schema/schemas-below.ts'
import { mergeReducer, tieReducer, type Container } from './containers.ts'
import { extremeReducer, keyedExtremeReducer } from './extreme.ts'
import { mergeSchemas } from './json-schema-merge.ts'
import { compileComparison } from './key-comparison.ts'
import { KeyedArrays } from './keyed-array.ts'
import { describe, ReductionFault, type Location, type Reducer } from './reducer.ts'
import { setReducer } from './set.ts'
import { sum } from './sum.ts'
import { compareTimes, compareValues } from './value-order.ts'

export type ReducerSource = {
  index: SchemaIndex
  root: SchemaNode
  /** Tells whether a value is valid by the schema of a branch. */
  branchTest: BranchTest
}

/** Throws `catalog_invalid` for an annotation that cannot be read, wherever it stands. */
export function compileReducer(source: ReducerSource): CompiledSchema['reduce'] {
  for (const node of reachableSchemas(source.index, source.root)) firstAnnotation([node])
  const root = new ReducerCompiler(source).location([source.root])
  if (root === undefined) return (_left, right) => right
  return (left, right, mode) => {
    try {
      return root.reduce(left, right, mode === 'full')
    } catch (error) {
      throw reductionError(error)
    }
  }
}

class ReducerCompiler {
  readonly #applicable: ApplicableSchemas
  readonly #below: SchemasBelow
  readonly #locations = new Map<string, Location>()

  constructor({ index, branchTest }: ReducerSource) {
    this.#applicable = new ApplicableSchemas(index, branchTest)
    this.#below = new SchemasBelow()
  }

  /** The location that all of `nodes` apply to; undefined where nothing but "the last one wins" can come out. */
  location(nodes: readonly SchemaNode[], choices: Choices = NO_CHOICES): Location | undefined {
    if (!nodes.some((node) => this.#applicable.hasAnnotations(node))) return undefined
    const id = [
      ...nodes.map((node) => node.uri),
      ...[...choices].flatMap(([id, nodes]) => [id, ...nodes.map(({ uri }) => uri)]),
    ].join('\n')
    const known = this.#locations.get(id)
    if (known !== undefined) return known
    const location: Location = { reduce: takeRight, changesAlone: true }
    this.#locations.set(id, location)
    const { layers, open } = this.#applicable.find(nodes, choices)
    const [conditional] = open
    if (conditional !== undefined) location.reduce = this.#branching(conditional, nodes, choices)
    else Object.assign(location, this.#compile(layers))
    return location
  }

  #branching(conditional: Conditional, nodes: readonly SchemaNode[], choices: Choices): Reducer {
    const variants = new Map<number, Location>()
    return (left, right, isFull) => {
      const choice = conditional.choose(right)
      let variant = variants.get(choice)
      if (variant === undefined) {
        const chosen = new Map(choices).set(conditional.id, conditional.branches(choice))
        variant = this.location(nodes, chosen) ?? LAST_WRITE_WINS
        variants.set(choice, variant)
      }
      return variant.reduce(left, right, isFull)
    }
  }

  #compile(layers: readonly SchemaNode[]): Location {
    const annotation = firstAnnotation(layers)
    if (annotation === undefined) return LAST_WRITE_WINS
    const location = this.#strategy(annotation, layers)
    return annotation.isDelete ? deleting(location) : location
  }

  #strategy({ strategy, key }: Annotation, layers: readonly SchemaNode[]): Location {
    const compile: Record<Strategy, () => Location> = {
      lastWriteWins: () => LAST_WRITE_WINS,
      firstWriteWins: () => ({ reduce: takeLeft, changesAlone: false }),
      append: () => ({ reduce: append, changesAlone: false }),
      sum: () => ({ reduce: sum, changesAlone: false }),
      jsonSchemaMerge: () => ({ reduce: mergeSchemas, changesAlone: true }),
      minimize: () => this.#extreme(key, layers, 1),
      maximize: () => this.#extreme(key, layers, -1),
      merge: () => this.#merge(key, layers),
      set: () => ({ reduce: this.#set(key ?? [''], layers), changesAlone: true }),
    }
    return compile[strategy]()
  }

  #merge(key: JsonPointer[] | undefined, layers: readonly SchemaNode[]): Location {
    const container = this.#container(layers)
    const keyed = key && this.#keyedArrays(key, layers)
    return { reduce: mergeReducer(container, keyed), changesAlone: keyed !== undefined || container.changesAlone }
  }

  #extreme(key: JsonPointer[] | undefined, layers: readonly SchemaNode[], sign: 1 | -1): Location {
    if (key === undefined)
      return { reduce: extremeReducer(this.#isTime(layers) ? compareTimes : compareValues, sign), changesAlone: false }
    const compare = compileComparison(key.map((pointer) => ({ pointer, isTime: this.#isTime(this.#layersAt(layers, pointer)) })))
    const container = this.#container(layers)
    const reduce = keyedExtremeReducer(compare, sign, tieReducer(container))
    return { reduce, changesAlone: container.changesAlone }
  }

  /** The members of the terms are reduced by what the schema says below `add`; strategies of the terms themselves do not count. */
  #set(key: JsonPointer[], layers: readonly SchemaNode[]): Reducer {
    const termLayers = this.#applicable.find(this.#below.ofMember(layers, 'add'), NO_CHOICES).layers
    const arrays = this.#keyedArrays(key, termLayers)
    return setReducer({ union: mergeReducer(this.#container(termLayers), arrays), arrays })
  }

  #keyedArrays(key: JsonPointer[], layers: readonly SchemaNode[]): KeyedArrays {
    return new KeyedArrays(
      compileComparison(key.map((pointer) => ({ pointer, isTime: false }))),
      this.location(this.#below.ofItems(layers)),
    )
  }

  #container(layers: readonly SchemaNode[]): Container {
    const names = this.#below
      .memberNames(layers)
      .map((name) => [name, this.location(this.#below.ofMember(layers, name))] as const)
    const items = this.#below.itemIndexes(layers).map((index) => this.location(this.#below.ofItem(layers, index)))
    const rest = this.location(this.#below.ofItems(layers))
    const members = new Map(names)
    const others = this.#otherMembers(layers)
    return {
      member: (name) => (members.has(name) ? members.get(name) : others?.(name)),
      item: (index) => (index < items.length ? items[index] : rest),
      changesAlone:
        others !== undefined || [...members.values(), ...items, rest].some((location) => location?.changesAlone === true),
    }
  }

  /** Members that no `properties` names. */
  #otherMembers(layers: readonly SchemaNode[]): ((name: string) => Location | undefined) | undefined {
    const rest = this.#below.ofOtherMembers(layers)
    const patterned = this.#below.ofPatterns(layers)
    if (![...rest, ...patterned].some((node) => this.#applicable.hasAnnotations(node))) return undefined
    const other = this.location(rest)
    if (patterned.length === 0) return () => other
    const known = new Map<string, Location | undefined>()
    return (name) => {
      if (known.has(name)) return known.get(name)
      const location = this.location(this.#below.ofMember(layers, name))
      if (known.size < CACHED_NAMES_MAX) known.set(name, location)
      return location
    }
  }

  #isTime(layers: readonly SchemaNode[]): boolean {
    return layers.some(({ schema }) => isObject(schema) && schema['format'] === 'date-time')
  }

  #layersAt(layers: readonly SchemaNode[], pointer: JsonPointer): SchemaNode[] {
    let at = [...layers]
    for (const part of parsePointer(pointer) ?? []) {
      const items = /^\d+$/.test(part) ? this.#below.ofItem(at, Number(part)) : []
      at = this.#applicable.find([...this.#below.ofMember(at, part), ...items], NO_CHOICES).layers
    }
    return at
  }
}

/** Names are the documents' choice, so what is remembered of them must end somewhere. */
const CACHED_NAMES_MAX = 10_000

const NO_CHOICES: Choices = new Map()

const takeLeft: Reducer = (left, right) => (left === undefined ? right : left)

const takeRight: Reducer = (_left, right) => right

const LAST_WRITE_WINS: Location = { reduce: takeRight, changesAlone: false }

/** Removed by a full reduction; a partial one keeps the document that says so. */
function deleting({ reduce }: Location): Location {
  return { reduce: (left, right, isFull) => (isFull ? undefined : reduce(left, right, false)), changesAlone: true }
}

/** Null is neutral. */
function append(left: Json | undefined, right: Json): Json {
  if (left === undefined || left === null) return right
  if (right === null) return left
  if (Array.isArray(left) && Array.isArray(right)) return left.concat(right)
  throw new ReductionFault(`append needs two arrays, but has ${describe(left)} and ${describe(right)}`)
}

function firstAnnotation(layers: readonly SchemaNode[]): Annotation | undefined {
  for (const { schema, uri } of layers) {
    if (!isObject(schema) || schema['reduce'] === undefined) continue
    const parsed = parseAnnotation(schema['reduce'])
    if ('annotation' in parsed) return parsed.annotation
    const [fault] = parsed.faults
    throw new MillraceError(
      'catalog_invalid',
      `The reduce annotation at "${uri}/reduce${fault?.pointer}" is invalid: ${fault?.message}.`,
      {
        hint: fault?.suggestion ?? 'Correct the annotation, or leave it out for lastWriteWins.',
      },
    )
  }
  return undefined
}

function reductionError(error: unknown): unknown {
  if (error instanceof ReductionFault) {
    const pointer = formatPointer(error.path)
    return new MillraceError('reduction_failed', `Reduction at "${pointer}" failed: ${error.message}.`, {
      hint: 'Correct the documents, or the reduce annotation of the schema.',
      cause: error,
    })
  }
  // The stack ran out: a recursive schema follows the document down.
  if (!(error instanceof RangeError)) return error
  return new MillraceError('reduction_failed', 'Reduction failed: the document is nested too deeply.', {
    hint: 'Send flatter documents.',
    cause: error,
  })
}
