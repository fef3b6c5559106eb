/** Tests: collections, documents to ingest, order of documents to verify. */
import type { JsonObject } from '../../base/json.ts'
import { messageOf, MillraceError } from '../../base/errors.ts'
import type { CatalogTest, Collection, TestStep } from '../../model/catalog.ts'
import { compareKeys, compileKey, type KeyPart } from '../../model/key.ts'
import type { TestDefinition } from '../catalog-schema.ts'
import type { Spot } from '../files/source-file.ts'
import { displayPath, type Place } from '../problem.ts'
import { findCollection, type Resolution } from './resolution.ts'
import { resolvePartitions } from './collection-source.ts'

type StepDefinition = TestDefinition[number]
type Ingest = NonNullable<StepDefinition['ingest']>
type Verify = NonNullable<StepDefinition['verify']>
type At = { title: string; spot: Spot; resolution: Resolution }

export function resolveTests(resolution: Resolution): Record<string, CatalogTest> {
  const tests: Record<string, CatalogTest> = {}
  for (const { name, value, spot } of resolution.definitions.tests.values()) {
    const steps = value.map((step, i) => {
      const kind = step.ingest ? 'ingest' : 'verify'
      const title = `Test "${name}", step ${i + 1} (${kind})`
      const at: At = { title, spot: spot.at(i, kind), resolution }
      return step.ingest ? resolveIngest(step.ingest, at) : resolveVerify(step.verify as Verify, at)
    })
    tests[name] = { name, steps }
  }
  return tests
}

function resolveIngest(ingest: Ingest, at: At): TestStep {
  const documents = ingest.documents as JsonObject[]
  const collection = requireCollection(ingest.collection, at)
  if (collection?.derivation) {
    const message = `${at.title}: collection "${collection.name}" is derived, so nothing can be ingested into it.`
    const sources = [...new Set(Object.values(collection.derivation.transforms).map((transform) => `"${transform.source}"`))]
    at.resolution.problems.error(
      at.spot.at('collection').place,
      message,
      `Ingest into what it is derived from: ${sources.join(', ')}.`,
    )
  } else if (collection) reportInvalid(documents, collection, at)
  return { kind: 'ingest', collection: ingest.collection, documents, isExact: false, at: shortPlace(at.spot.placeOfName) }
}

function resolveVerify(verify: Verify, at: At): TestStep {
  const documents = verify.documents as JsonObject[]
  const collection = requireCollection(verify.collection, at)
  const step: TestStep = {
    kind: 'verify',
    collection: verify.collection,
    documents,
    isExact: verify.exact ?? false,
    at: shortPlace(at.spot.placeOfName),
  }
  if (collection === undefined) return step
  reportOrder(documents, collection, at)
  if (verify.partitions)
    step.partitions = resolvePartitions(verify.partitions, collection, { ...at, spot: at.spot.at('partitions') })
  return step
}

function requireCollection(name: string, { title, spot, resolution }: At): Collection | undefined {
  return findCollection(name, resolution, { title, place: spot.at('collection').place })
}

function reportInvalid(documents: readonly JsonObject[], collection: Collection, { title, spot, resolution }: At): void {
  const schema = resolution.schemas.compile(collection.schema)
  for (const [i, document] of documents.entries())
    for (const { pointer, message } of schema.validate(document) ?? []) {
      const at = pointer === '' ? '' : ` at "${pointer}"`
      resolution.problems.error(
        spot.at('documents', i).place,
        `${title}: the document breaks the schema of "${collection.name}"${at}: ${message}.`,
      )
    }
}

/** Expected documents stand in key order, each key once, as that is how a collection is read. */
function reportOrder(documents: readonly JsonObject[], collection: Collection, { title, spot, resolution }: At): void {
  const key = compileKey(collection.key)
  let previous: KeyPart[] | undefined
  for (const [i, document] of documents.entries()) {
    const { place } = spot.at('documents', i)
    try {
      const parts = key.read(document)
      const order = previous ? compareKeys(previous, parts) : -1
      if (order === 0)
        resolution.problems.error(
          place,
          `${title}: two documents have the key ${JSON.stringify(parts)}.`,
          'Verify sees each key once.',
        )
      if (order > 0) {
        const message = `${title}: the documents are not in key order; ${JSON.stringify(parts)} comes before ${JSON.stringify(previous)}.`
        resolution.problems.error(place, message, 'Verify reads a collection in the order of its key.')
      }
      previous = parts
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      resolution.problems.error(place, `${title}: ${messageOf(error)}`, error.hint)
    }
  }
}

function shortPlace({ file, line }: Place): string {
  return `${displayPath(file)}:${line}`
}
