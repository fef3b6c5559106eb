/** The real engine on databases in memory, without threads: what catalog tests run on. */
import { systemClock } from '../base/clock.ts'
import { Doorbell } from '../base/doorbell.ts'
import { MillraceError } from '../base/errors.ts'
import type { Json, JsonObject } from '../base/json.ts'
import { Apply, type ApplyStatus } from '../engine/apply/apply.ts'
import { planDerivations } from '../engine/apply/plan.ts'
import type { TestEngine, WrittenDocument } from '../engine/catalog-test/test-engine.ts'
import { createIngest, type Ingest } from '../engine/ingest/ingest.ts'
import type { Log } from '../log/log.ts'
import { openSqliteLog } from '../log/sqlite/open-sqlite-log.ts'
import type { Catalog } from '../model/catalog.ts'
import { decodeBatch, type DecodedSection } from '../model/document-batch.ts'
import { SchemaSet } from '../model/schema/schema-set.ts'
import type { Store } from '../store/store.ts'
import { openSqliteStore } from '../store/sqlite/open-sqlite-store.ts'
import { loadAllLambdas } from './load-all-lambdas.ts'

/** Tests are small: one read gets everything. */
const READ_BYTES = Number.MAX_SAFE_INTEGER

export async function openTestEngine(catalog: Catalog): Promise<TestEngine> {
  const schemas = new SchemaSet(catalog.schemas)
  const log = await openSqliteLog({ path: ':memory:', clock: systemClock, threaded: false })
  const store = await openSqliteStore({ path: ':memory:', threaded: false })
  const plan = planDerivations({ catalog, schemas, lambdas: await loadAllLambdas(catalog) })
  const ingest = createIngest({ catalog, schemas, log })
  let status: ApplyStatus | undefined
  const apply = new Apply({
    plan,
    log,
    store,
    clock: systemClock,
    partition: '0',
    bell: new Doorbell(),
    report: (next) => (status = next),
  })
  return {
    ingest: (collection, documents) => ingestAll(ingest, collection, documents),
    settle: async () => {
      await apply.run(new AbortController().signal, { untilIdle: true })
      const [stop] = status?.stopped ?? []
      if (stop) throw new MillraceError('lambda_failed', stop.message)
    },
    read: (collection) =>
      readWritten(
        catalog.collections[collection]?.derivation ? publishedSections(store, collection) : ingestedSections(log, collection),
      ),
    close: async () => {
      await store.close()
      await log.close()
    },
  }
}

async function ingestAll(ingest: Ingest, collection: string, documents: readonly JsonObject[]): Promise<void> {
  const batch = ingest.prepare(collection)
  documents.forEach((document, index) => {
    const [refusal] = batch.add(document) ?? []
    if (refusal)
      throw new MillraceError(
        refusal.code,
        `Document ${index} of "${collection}": ${refusal.pointer || 'it'} ${refusal.message}.`,
      )
  })
  if (documents.length > 0) await ingest.append([batch])
}

async function ingestedSections(log: Log, collection: string): Promise<DecodedSection[]> {
  const entries = await log.read(0, { maxBytes: READ_BYTES })
  return entries.flatMap(({ payload }) => decodeBatch(payload)).filter((section) => section.collection === collection)
}

async function publishedSections(store: Store, collection: string): Promise<DecodedSection[]> {
  const batches = await store.readOutputs(collection, 0, READ_BYTES)
  return batches.flatMap(({ payload }) => decodeBatch(payload))
}

async function* readWritten(sections: Promise<DecodedSection[]>): AsyncIterable<WrittenDocument> {
  for (const section of await sections) {
    const [keys, numbers] = [section.keys(), section.partitionNumbers()]
    for (const [i, text] of section.documents().entries()) {
      yield { document: JSON.parse(text) as Json, key: keys[i] ?? '', partition: section.partitions[numbers[i] ?? 0] ?? '' }
    }
  }
}
