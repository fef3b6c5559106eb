/** One `verify` of a catalog test: the documents of a collection, fully reduced by key, against the expected ones. */
import { invariant } from '../../base/errors.ts'
import type { Json, JsonObject } from '../../base/json.ts'
import type { Catalog, Collection, TestStep } from '../../model/catalog.ts'
import type { CompiledSchema } from '../../model/compiled-schema.ts'
import { compareKeys, compileKey, unpackKey, type KeyPart } from '../../model/key.ts'
import { compileSelector } from '../../model/partition.ts'
import { compareDocuments, type ValueDifference } from './compare-documents.ts'
import type { TestEngine } from './test-engine.ts'

export type DocumentDifference =
  | { kind: 'missing'; key: KeyPart[]; expected: JsonObject }
  | { kind: 'surplus'; key: KeyPart[]; actual: Json }
  | { kind: 'different'; key: KeyPart[]; values: ValueDifference[] }

type VerifyContext = {
  catalog: Catalog
  schemas: { compile(schema: string): CompiledSchema }
  isExact?: boolean
}

/** All differences, in key order. */
export async function verifyStep(engine: TestEngine, step: TestStep, context: VerifyContext): Promise<DocumentDifference[]> {
  const collection = context.catalog.collections[step.collection]
  invariant(collection, `test step of the unknown collection "${step.collection}"`)
  const expected = keyedDocuments(collection, step.documents)
  await engine.settle()
  const actual = await reducedDocuments(engine, step, { collection, schema: context.schemas.compile(collection.schema) })
  return compareInKeyOrder(expected, actual, context.isExact === true || step.isExact)
}

type Keyed<Document> = { key: KeyPart[]; document: Document }

/** In key order, as the catalog makes sure. */
function keyedDocuments(collection: Collection, documents: readonly JsonObject[]): Keyed<JsonObject>[] {
  const { read } = compileKey(collection.key)
  return documents.map((document) => ({ key: read(document), document }))
}

type ReducedOptions = { collection: Collection; schema: CompiledSchema }

async function reducedDocuments(
  engine: TestEngine,
  step: TestStep,
  { collection, schema }: ReducedOptions,
): Promise<Keyed<Json>[]> {
  const isSelected = compileSelector(step.partitions)
  const reduced = new Map<string, Json | undefined>()
  for await (const { document, key, partition } of engine.read(collection.name)) {
    if (isSelected(partition)) reduced.set(key, schema.reduce(reduced.get(key), document, 'full'))
  }
  return [...reduced]
    .flatMap(([key, document]) => (document === undefined ? [] : [{ key: unpackKey(key), document }]))
    .toSorted((a, b) => compareKeys(a.key, b.key))
}

/** Walks both lists at once: a key that only one of them has is missing or surplus. */
function compareInKeyOrder(expected: Keyed<JsonObject>[], actual: Keyed<Json>[], isExact: boolean): DocumentDifference[] {
  const differences: DocumentDifference[] = []
  let [e, a] = [0, 0]
  while (e < expected.length || a < actual.length) {
    const [wanted, found] = [expected[e], actual[a]]
    const order = wanted === undefined ? 1 : found === undefined ? -1 : compareKeys(wanted.key, found.key)
    if (wanted && order <= 0) e++
    if (found && order >= 0) a++
    if (wanted && order < 0) differences.push({ kind: 'missing', key: wanted.key, expected: wanted.document })
    else if (found && order > 0) differences.push({ kind: 'surplus', key: found.key, actual: found.document })
    else if (wanted && found) {
      const values = compareDocuments(wanted.document, found.document, { isExact })
      if (values.length > 0) differences.push({ kind: 'different', key: wanted.key, values })
    }
  }
  return differences
}
