/**
 * SQL over the lake: DuckDB in this process, with a view per collection. A condition on a partition, `utc_date` or `utc_hour`
 * keeps it from opening the files of all others.
 */
import type { DuckDBConnection, DuckDBValueConverter } from '@duckdb/node-api'
import { join } from 'node:path'
import type { Json } from '../base/json.ts'
import { invariant, MillraceError, messageOf } from '../base/errors.ts'
import { EVENTS } from '../model/system-collections.ts'
import { eventColumns } from './event-columns.ts'
import { CODEC_EXTENSIONS } from './fragment-path.ts'
import { listFragments, type Fragment } from './read-lake.ts'

type LakeRows = { columns: { name: string; type: string }[]; rows: (Json | null)[][] }

export interface LakeQuery {
  /** Each is a view of this name. */
  readonly collections: string[]
  /** Rejects with `query_invalid` when the SQL is wrong or fails. */
  run(sql: string): Promise<LakeRows>
  close(): void
}

/** The views know the fragments that exist now. Loads DuckDB, which takes 50 ms, hence no part of a start. */
export async function openLakeQuery(directory: string): Promise<LakeQuery> {
  const duckdb = await import('@duckdb/node-api')
  const { JsonDuckDBValueConverter } = duckdb
  const toJson: DuckDBValueConverter<Json> = (value, type, convert) =>
    typeof value === 'bigint' ? numberOrText(value) : JsonDuckDBValueConverter(value, type, convert)
  const instance = await duckdb.DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const run = async (sql: string): Promise<LakeRows> => {
    try {
      const reader = await connection.runAndReadAll(sql)
      const types = reader.columnTypes()
      const columns = reader.deduplicatedColumnNames().map((name, i) => ({ name, type: String(types[i]) }))
      return { columns, rows: reader.convertRows(toJson) }
    } catch (error) {
      throw queryInvalid(error)
    }
  }
  const collections = await createViews(connection, directory)
  const close = () => {
    connection.closeSync()
    instance.closeSync()
  }
  return { collections, run, close }
}

/** One view per collection, over all its fragments together. */
async function createViews(connection: DuckDBConnection, directory: string): Promise<string[]> {
  const byCollection = Map.groupBy(await listFragments(directory), ({ collection }) => collection)
  for (const [collection, fragments] of byCollection) {
    const columns = collection === EVENTS ? eventColumns() : await inferColumns(connection, fragments)
    // Partitions of other fields, from before a change of the catalog, are a shape of their own.
    const globs = new Set(fragments.map((fragment) => join(directory, globOf(fragment))))
    // With `records` and `columns` given, DuckDB opens no file before the conditions have ruled files out.
    const parts = [...globs].map(
      (glob) => `select * from read_ndjson(${quote(glob)}, hive_partitioning = true, records = true, columns = {${columns}})`,
    )
    await connection.run(`create view ${quoteName(collection)} as ${parts.join(' union all by name ')}`)
  }
  return [...byCollection.keys()]
}

/** Of one collection: enough to meet every member that is not rare, for a tenth of a second. */
const SAMPLED_FRAGMENTS = 200
const SAMPLED_DOCUMENTS = 50_000

/**
 * The types of the documents' members as a sample shows them. They are given to each reader of a view, since DuckDB's own
 * detection looks at the first files only and then fails at a member that these lacked.
 */
async function inferColumns(connection: DuckDBConnection, fragments: readonly Fragment[]): Promise<string> {
  const step = Math.max(1, fragments.length / SAMPLED_FRAGMENTS)
  const count = Math.min(SAMPLED_FRAGMENTS, fragments.length)
  const sample = Array.from({ length: count }, (_, i) => fragments[Math.floor(i * step)]).flatMap(
    (fragment) => fragment?.file ?? [],
  )
  const reader = await connection.runAndReadAll(
    `describe select * from read_ndjson([${sample.map(quote).join()}],
       hive_partitioning = false, union_by_name = true, sample_size = ${Math.ceil(SAMPLED_DOCUMENTS / count)})`,
  )
  return reader
    .getRowObjectsJson()
    .map(({ column_name: name, column_type: type }) => {
      invariant(typeof name === 'string' && typeof type === 'string', 'DuckDB describes a column by name and type')
      return `${quote(name)}: ${quote(type)}`
    })
    .join()
}

/** Exactly this deep, so that collections whose names go on from here are not met. */
function globOf({ collection, partition, codec }: Fragment): string {
  const fields = partition === '' ? [] : partition.split('/').map((part) => `${part.slice(0, part.indexOf('='))}=*`)
  return [collection, ...fields, 'pivot=*', 'utc_date=*', 'utc_hour=*', `*.${CODEC_EXTENSIONS[codec]}`].join('/')
}

function numberOrText(value: bigint): number | string {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value.toString()
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function queryInvalid(error: unknown): MillraceError {
  return new MillraceError('query_invalid', `The query failed: ${messageOf(error).trimEnd()}`, {
    hint: 'The lake is queried with DuckDB’s SQL; a collection is a view of its name in double quotes. `millrace lake list` shows them.',
    cause: error,
  })
}
