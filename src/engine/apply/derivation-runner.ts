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
import { type Chunk, OutdatedDocument, type SourceDocument } from './chunk.ts'
import type { Documents, OpenDocument } from './documents.ts'
import type { Changes, Runner } from './runner.ts'

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

type Step = { document: SourceDocument; transform: CompiledTransform }

export type DerivationParts = {
  collection: CompiledCollection
  derivation: Derivation
  lambdas: DerivationLambdas
  register: CompiledSchema | undefined
  registers: Documents
  /** Whether another derivation reads what this one publishes. */
  hasReaders: boolean
}

export class DerivationRunner implements Runner {
  readonly #collection: CompiledCollection
  readonly #transforms: CompiledTransform[]
  readonly #register: CompiledSchema | undefined
  readonly #registers: Documents
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
  async run(chunk: Chunk): Promise<Section[]> {
    const steps = this.#planOrStop(chunk)
    const keys = this.#register ? steps.map((step) => this.#shuffleKey(step)) : []
    const registers = await this.#registers.open(keys)
    const published: Section = {
      collection: this.name,
      schemaHash: this.#collection.schemaHash,
      documents: [],
      keys: [],
      partitions: [],
      sources: [],
    }
    const documents: SourceDocument[] = []
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i] as Step
      try {
        this.#process(step, { published, documents, register: registers[i], key: keys[i] ?? '' })
      } catch (error) {
        throw this.#stopAt(step, error)
      }
    }
    this.#registers.seal()
    chunk.fill(this.name, documents)
    return [published]
  }

  get changedCharacters(): number {
    return this.#registers.changedCharacters
  }

  close(): Changes {
    return { documents: this.#registers.close() }
  }

  #planOrStop(chunk: Chunk): Step[] {
    try {
      return this.#plan(chunk)
    } catch (error) {
      throw error instanceof OutdatedDocument ? new DerivationStop(this.name, error.position, error) : error
    }
  }

  /** All steps of the chunk in the order of the log; of one input, sources and their transforms in the order of the catalog. */
  #plan(chunk: Chunk): Step[] {
    const steps: Step[] = []
    const sources = new Set(this.#transforms.map(({ source }) => source))
    for (const source of sources) {
      const transforms = this.#transforms.filter((transform) => transform.source === source)
      for (const document of chunk.documents(source)) {
        for (const transform of transforms) {
          if (transform.isSelected(document.partition)) steps.push({ document, transform })
        }
      }
    }
    return sources.size === 1 ? steps : steps.toSorted(byInput)
  }

  #shuffleKey(step: Step): PackedKey {
    try {
      return step.transform.shuffle.pack(step.document.value)
    } catch (error) {
      throw this.#stopAt(step, error)
    }
  }

  #process({ document, transform }: Step, { published, documents, register, key }: StepContext): void {
    const before = register && (register.value ?? this.#initial)
    if (register && transform.update) this.#update(register, { transform, update: transform.update, source: document.value, key })
    const { publish } = transform
    if (publish === undefined) return
    for (const item of callLambda(publish, document.value, register && (register.value ?? this.#initial), before)) {
      this.#publish(publish, item, document, published)
      if (this.#hasReaders) documents.push({ ...document, value: deepFreeze(item), partition: published.partitions.at(-1) ?? '' })
    }
  }

  /** Reduces all of the lambda's deltas into the register, or none where a conflict is rolled back. */
  #update(register: OpenDocument<Json>, { transform, update, source, key }: UpdateContext): void {
    const schema = this.#register as CompiledSchema
    let value: Json | undefined = register.value ?? this.#initial
    for (const delta of callLambda(update, source)) {
      const wrong = schema.validate(delta)
      if (wrong) throw lambdaFailure(update, `returned a register delta that breaks the register’s schema: ${describe(wrong)}`)
      const left: Json = value ?? this.#initial
      value = blame(update, `cannot change the register ${key}`, () => schema.reduce(left, delta, 'full'))
      const conflict = schema.validate(value ?? this.#initial)
      if (conflict === undefined) continue
      if (transform.doesRollBack) return
      throw lambdaFailure(update, `left the register ${key} in conflict with its schema: ${describe(conflict)}`)
    }
    if (value === (register.value ?? this.#initial)) return
    register.value = deepFreeze(value)
    register.isChanged = true
  }

  #publish(publish: LocatedLambda, item: Json, source: SourceDocument, published: Section): void {
    const { schema, key, partitionOf } = this.#collection
    const wrong = schema.validate(item)
    if (wrong) throw lambdaFailure(publish, `published a document that breaks the schema of "${this.name}": ${describe(wrong)}`)
    published.documents.push(JSON.stringify(item))
    published.keys.push(blame(publish, 'published a document without a usable key', () => key.pack(item)))
    published.partitions.push(partitionOf(item))
    published.sources?.push(source.position, source.index)
  }

  #stopAt({ document }: Step, error: unknown): unknown {
    return error instanceof MillraceError ? new DerivationStop(this.name, document.position, error) : error
  }
}

type StepContext = { published: Section; documents: SourceDocument[]; register: OpenDocument<Json> | undefined; key: PackedKey }
type UpdateContext = { transform: CompiledTransform; update: LocatedLambda; source: Json; key: PackedKey }

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

/** Runs `work` on what a lambda returned; names the lambda where that fails because of the documents. */
function blame<Result>(lambda: LocatedLambda, problem: string, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    throw lambdaFailure(lambda, `${problem}: ${error.message.replace(/\.$/, '')}`, error)
  }
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
  return (JSON.stringify(value) ?? typeof value).slice(0, NAMED_LENGTH_MAX)
}

/** Enough to recognise a value in a message. */
const NAMED_LENGTH_MAX = 100

function describe([violation]: Violation[]): string {
  return violation === undefined ? '' : `${violation.pointer || 'the document'} ${violation.message}`
}

function byInput(a: Step, b: Step): number {
  return a.document.position - b.document.position || a.document.index - b.document.index
}
