/** The thread of one materialization: follows the collections of its bindings and keeps its endpoint up to date. */
import { systemClock } from '../../base/clock.ts'
import { invariant } from '../../base/errors.ts'
import { systemRandom } from '../../base/random.ts'
import { openPostgresEndpoint } from '../../endpoint/postgres/postgres-endpoint.ts'
import type { TableEndpoint } from '../../endpoint/endpoint.ts'
import { openSqliteEndpoint } from '../../endpoint/sqlite/sqlite-endpoint.ts'
import { openWebhookEndpoint } from '../../endpoint/webhook/webhook-endpoint.ts'
import { type DocumentStream, streamFromLog, streamFromStore } from '../../engine/document-stream.ts'
import type { DocumentRules } from '../../engine/materialize/document-rules.ts'
import type { MaterializationStatus } from '../../engine/materialize/materialization-status.ts'
import { materializePush } from '../../engine/materialize/materialize-push.ts'
import { materializeTables } from '../../engine/materialize/materialize-tables.ts'
import type { CursorStore } from '../../engine/materialize/push-cursor.ts'
import type { Binding, Catalog, Collection, EndpointConfig, Materialization } from '../../model/catalog.ts'
import { selectFields } from '../../model/fields/select-fields.ts'
import { SchemaSet } from '../../model/schema/schema-set.ts'
import type { EngineConfig } from '../config.ts'
import { streamOfSameLog } from '../same-log.ts'
import { openLogReader, openStoreReader } from '../storage.ts'
import { serveTask, type TaskContext } from './thread-task.ts'

export type MaterializeInput = { config: EngineConfig; catalog: Catalog; materialization: Materialization }
export type MaterializeStatus = MaterializationStatus

await serveTask<MaterializeInput, MaterializeStatus>(async (context) => {
  const { config } = context.input
  const log = await openLogReader(config)
  const store = await openStoreReader(config)
  const streamOf = ({ source, table, partitions }: Binding): DocumentStream => {
    const options = { collection: source, partitions }
    const isDerived = requireCollection(context.input.catalog, source).derivation !== undefined
    const stream = isDerived ? streamFromStore(store, options) : streamFromLog(log, options)
    return streamOfSameLog(stream, log, `The table "${table}"`)
  }
  const target = openTarget(context, { streamOf, cursors: store })
  return {
    run: target.run,
    close: async () => {
      await target.close()
      await store.close()
      await log.close()
    },
  }
})

type Target = { run: (signal: AbortSignal) => Promise<void>; close: () => Promise<void> }
type Context = TaskContext<MaterializeInput, MaterializeStatus>
type Reading = { streamOf: (binding: Binding) => DocumentStream; cursors: CursorStore }

function openTarget(context: Context, reading: Reading): Target {
  const { endpoint } = context.input.materialization
  return endpoint.kind === 'webhook' ? openPush(context, endpoint, reading) : openTables(context, endpoint, reading)
}

function openTables(
  { input, bell, report }: Context,
  config: Exclude<EndpointConfig, { kind: 'webhook' }>,
  { streamOf }: Reading,
): Target {
  const { catalog, materialization } = input
  const schemas = new SchemaSet(catalog.schemas)
  const endpoint = openTableEndpoint(config, materialization.name)
  const bindings = materialization.bindings.map((binding) => {
    const collection = requireCollection(catalog, binding.source)
    const { fields } = selectFields(collection, schemas, binding.fields, config.kind)
    return {
      ...rulesOf(collection, schemas),
      spec: { table: binding.table, source: binding.source, fields },
      stream: streamOf(binding),
    }
  })
  const waitForMore = (signal: AbortSignal) => bell.wait(signal)
  return {
    run: (signal) => materializeTables({ bindings, endpoint, waitForMore, report }, signal),
    close: () => endpoint.close(),
  }
}

function openTableEndpoint(config: Exclude<EndpointConfig, { kind: 'webhook' }>, owner: string): TableEndpoint {
  if (config.kind === 'sqlite') return openSqliteEndpoint({ path: config.path, owner })
  const { url, schema } = config
  return openPostgresEndpoint({ url, owner, ...(schema === undefined ? {} : { schema }) })
}

function openPush(
  { input, bell, report }: Context,
  config: Extract<EndpointConfig, { kind: 'webhook' }>,
  { streamOf, cursors }: Reading,
): Target {
  const { catalog, materialization } = input
  const schemas = new SchemaSet(catalog.schemas)
  const endpoint = openWebhookEndpoint({ url: config.url, headers: config.headers, fetch })
  const bindings = materialization.bindings.map((binding) => ({
    ...rulesOf(requireCollection(catalog, binding.source), schemas),
    table: binding.table,
    stream: streamOf(binding),
  }))
  const { name } = materialization
  const waitForMore = (signal: AbortSignal) => bell.wait(signal)
  const options = { name, bindings, endpoint, store: cursors, clock: systemClock, random: systemRandom, waitForMore, report }
  return { run: (signal) => materializePush(options, signal), close: () => endpoint.close() }
}

function rulesOf(collection: Collection, schemas: SchemaSet): DocumentRules {
  return { collection: collection.name, schema: schemas.compile(collection.schema), schemaHash: schemas.hash(collection.schema) }
}

function requireCollection(catalog: Catalog, name: string): Collection {
  const collection = catalog.collections[name]
  invariant(collection, `the catalog has the collection "${name}"`)
  return collection
}
