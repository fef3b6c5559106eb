/**
 * One derivation at work: each source document goes through the update lambda, the register's reduction and the publish lambda,
 * one by one in the order of the log, so that the outcome never depends on where transactions are cut. A published document
 * keeps the source's place in the log. Whatever a lambda does wrong becomes a `DerivationStop`.
 */
import { deepFreeze } from '../../base/deep-freeze.ts'
import { MillraceError, messageOf } from '../../base/errors.ts'
import type { Json } from '../../base/json.ts'
import { toPlainJson } from '../../base/plain-json.ts'
import type { Position } from '../../log/log.ts'
import type { Derivation, Transform } from '../../model/catalog.ts'
import type { CompiledCollection } from '../../model/compiled-collection.ts'
import type { CompiledSchema, Violation } from '../../model/compiled-schema.ts'
import type { DerivationLambdas, LocatedLambda } from '../../model/derivation.ts'
import type { Section } from '../../model/document-batch.ts'
import { compileKey, type KeyReader, type PackedKey } from '../../model/key.ts'
import { compileSelector, type PartitionPath } from '../../model/partition.ts'
import type { Chunk, SourceDocument } from './chunk.ts'
import type { Registers } from './registers.ts'

/** Why a derivation cannot go past an entry of the log. */
export class DerivationStop extends Error {
  readonly collection: string
  readonly position: Position
  override readonly cause: MillraceError

  constructor(collection: string, position: Position, cause: MillraceError) {
    super(cause.message, { cause })
    this.collection = collection
    this.position = position
    this.cause = cause
  }
}

type CompiledTransform = {
  source: string
  shuffle: KeyReader
  isSelected: (partition: PartitionPath) => boolean
  doesRollBack: boolean
  update: LocatedLambda | undefined
  publish: LocatedLambda | undefined
}

type Step = { document: SourceDocument; transform: CompiledTransform; key: PackedKey }

export type DerivationParts = {
  collection: CompiledCollection
  derivation: Derivation
  lambdas: DerivationLambdas
  register: CompiledSchema | undefined
  registers: Registers
  /** Whether another derivation reads what this one publishes. */
  hasReaders: boolean
}

export class DerivationRunner {
  readonly #collection: CompiledCollection
  readonly #transforms: CompiledTransform[]
  readonly #register: CompiledSchema | undefined
  readonly #registers: Registers
  readonly #initial: Json
  readonly #hasReaders: boolean

  constructor({ collection, derivation, lambdas, register, registers, hasReaders }: DerivationParts) {
    this.#hasReaders = hasReaders
    this.#collection = collection
    this.#register = register
    this.#registers = registers
    this.#initial = deepFreeze(derivation.register?.initial ?? null)
    this.#transforms = Object.entries(derivation.transforms).map(([name, transform]) =>
      compileTransform(transform, lambdas[name]),
    )
  }

  get name(): string {
    return this.#collection.name
  }

  /** Reads the chunk's source documents; returns what was published, and fills it into the chunk for those that read it. */
  async run(chunk: Chunk): Promise<Section> {
    const steps = this.#plan(chunk)
    if (this.#register) await this.#registers.prepare(new Set(steps.map((step) => step.key)))
    const published: Section = {
      collection: this.name,
      schemaHash: this.#collection.schemaHash,
      documents: [],
      keys: [],
      partitions: [],
      sources: [],
    }
    const documents: SourceDocument[] = []
    for (const step of steps) this.#attempt(step.document.position, () => this.#process(step, published, documents))
    chunk.fill(this.name, documents)
    return published
  }

  /** All steps of the chunk in the order of the log; at one input, captured documents before derived ones, transforms as declared. */
  #plan(chunk: Chunk): Step[] {
    const steps: Step[] = []
    const sources = new Set(this.#transforms.map(({ source }) => source))
    for (const source of sources) {
      const transforms = this.#transforms.filter((transform) => transform.source === source)
      for (const document of chunk.documents(source)) {
        for (const transform of transforms) {
          if (!transform.isSelected(document.partition)) continue
          const key = this.#register ? this.#attempt(document.position, () => transform.shuffle.pack(document.value)) : ''
          steps.push({ document, transform, key })
        }
      }
    }
    return sources.size === 1 ? steps : steps.toSorted(byInput)
  }

  #process({ document, transform, key }: Step, published: Section, documents: SourceDocument[]): void {
    const { value } = document
    const before = this.#register ? (this.#registers.get(key) ?? this.#initial) : undefined
    const after =
      transform.update && before !== undefined ? this.#update(transform, transform.update, before, value, key) : before
    if (transform.publish === undefined) return
    for (const item of callLambda(transform.publish, value, after, before)) {
      this.#publish(transform.publish, item, document, published)
      if (this.#hasReaders) documents.push({ ...document, value: deepFreeze(item), partition: published.partitions.at(-1) ?? '' })
    }
  }

  /** The register after this document: all of the lambda's deltas reduced, or none where a conflict is rolled back. */
  #update(transform: CompiledTransform, update: LocatedLambda, before: Json, source: Json, key: PackedKey): Json {
    const schema = this.#register as CompiledSchema
    let after = before
    for (const delta of callLambda(update, source)) {
      const wrong = schema.validate(delta)
      if (wrong) throw lambdaFailure(update, `returned a register delta that breaks the register’s schema: ${describe(wrong)}`)
      const reduced = schema.reduce(after, delta, 'full') ?? this.#initial
      const conflict = schema.validate(reduced)
      if (conflict === undefined) {
        after = reduced
        continue
      }
      if (transform.doesRollBack) return before
      throw lambdaFailure(update, `left the register ${key} in conflict with its schema: ${describe(conflict)}`)
    }
    if (after !== before) this.#registers.set(key, deepFreeze(after))
    return after
  }

  #publish(publish: LocatedLambda, item: Json, source: SourceDocument, published: Section): void {
    const { schema, key, partitionOf } = this.#collection
    const wrong = schema.validate(item)
    if (wrong) throw lambdaFailure(publish, `published a document that breaks the schema of "${this.name}": ${describe(wrong)}`)
    published.documents.push(JSON.stringify(item))
    published.keys.push(key.pack(item))
    published.partitions.push(partitionOf(item))
    published.sources?.push(source.position, source.index)
  }

  #attempt<T>(position: Position, action: () => T): T {
    try {
      return action()
    } catch (error) {
      if (error instanceof MillraceError) throw new DerivationStop(this.name, position, error)
      throw error
    }
  }
}

function compileTransform(transform: Transform, lambdas: DerivationLambdas[string] | undefined): CompiledTransform {
  return {
    source: transform.source,
    shuffle: compileKey(transform.shuffle),
    isSelected: compileSelector(transform.partitions),
    doesRollBack: transform.update?.rollbackOnConflict ?? false,
    update: lambdas?.update,
    publish: lambdas?.publish,
  }
}

function callLambda(lambda: LocatedLambda, ...args: Parameters<LocatedLambda>): Json[] {
  let result: unknown
  try {
    result = lambda(...args)
  } catch (error) {
    throw lambdaFailure(lambda, `threw: ${messageOf(error)}${thrownAt(error, lambda.location.file)}`, error)
  }
  if (!Array.isArray(result)) throw lambdaFailure(lambda, `returned ${nameOf(result)} instead of a list of documents`)
  return result.map((item) => plainItem(lambda, item))
}

function plainItem(lambda: LocatedLambda, item: unknown): Json {
  let plain: Json | undefined
  try {
    plain = toPlainJson(item)
  } catch (error) {
    throw lambdaFailure(lambda, `returned something that JSON cannot write: ${messageOf(error)}`, error)
  }
  if (plain === undefined) throw lambdaFailure(lambda, `returned a list with ${nameOf(item)} in it; each item must be a document`)
  return plain
}

function lambdaFailure(lambda: LocatedLambda, problem: string, cause?: unknown): MillraceError {
  const { file, line, name } = lambda.location
  return new MillraceError('lambda_failed', `${file}:${line}: lambda ${name} ${problem}.`, {
    hint: 'Mend the lambda and start again: the derivation goes on where it stopped, nothing is lost.',
    cause,
  })
}

/** The line of the lambda's own module in the stack, for example ` (at toggles.ts:14)`. */
function thrownAt(error: unknown, file: string): string {
  const line = error instanceof Error ? error.stack?.split('\n').find((text) => text.includes(file)) : undefined
  const place = line?.match(/:(\d+):\d+\)?$/)?.[1]
  return place === undefined ? '' : ` (at line ${place})`
}

function nameOf(value: unknown): string {
  if (value instanceof Promise) return 'a promise (lambdas are synchronous)'
  if (typeof value === 'function') return 'a function'
  return (JSON.stringify(value) ?? String(typeof value)).slice(0, NAMED_LENGTH_MAX)
}

/** Enough to recognise a value in a message. */
const NAMED_LENGTH_MAX = 100

function describe([violation]: Violation[]): string {
  return violation === undefined ? '' : `${violation.pointer || 'the document'} ${violation.message}`
}

function byInput(a: Step, b: Step): number {
  return a.document.position - b.document.position || a.document.index - b.document.index
}
