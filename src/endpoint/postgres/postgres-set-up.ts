/** Brings a PostgreSQL schema into the form that a materialization needs, or says why it cannot be used. */
import type { Client } from 'pg'
import type { TableSpec } from '../endpoint.ts'
import {
  CHECKPOINTS_TABLE,
  quoteName,
  requireOwnTable,
  requireSameColumns,
  SPECS_TABLE,
  type ColumnShape,
  type RememberedSpec,
} from '../table-conflict.ts'
import { createTableSql, neededColumns } from './postgres-table.ts'

/** One at a time sets up, as `if not exists` alone does not keep two from creating a table at once. Any number that others hardly use. */
const SET_UP_LOCK = 7_155_223_914

export async function createMetaTables(client: Client, schema: string): Promise<void> {
  await client.query(`select pg_advisory_xact_lock(${SET_UP_LOCK})`)
  const { rowCount } = await client.query('select 1 from pg_namespace where nspname = $1', [schema])
  if (rowCount === 0) await client.query(`create schema ${quoteName(schema)}`)
  // Asked for first, since `if not exists` needs the right to create even where there is nothing to do.
  if (await tableExists(client, schema, CHECKPOINTS_TABLE)) return
  await client.query(`
    create table ${quoteName(schema)}.${SPECS_TABLE} (table_name text primary key, spec text not null);
    create table ${quoteName(schema)}.${CHECKPOINTS_TABLE} (task text primary key, fence bigint not null, positions text not null)
  `)
}

/** Creates the table, or checks the one that is there. True when it is new. */
export async function prepareTable(
  client: Client,
  spec: TableSpec,
  { schema, task }: { schema: string; task: string },
): Promise<boolean> {
  const isNew = !(await tableExists(client, schema, spec.table))
  if (isNew) await client.query(createTableSql(spec, schema))
  else {
    requireOwnTable(spec, task, await readSpec(client, schema, spec.table))
    requireSameColumns(spec, neededColumns(spec), await readColumns(client, schema, spec.table))
  }
  await rememberSpec(client, schema, spec, task)
  return isNew
}

async function tableExists(client: Client, schema: string, table: string): Promise<boolean> {
  const { rowCount } = await client.query(
    'select 1 from pg_class join pg_namespace n on n.oid = relnamespace where nspname = $1 and relname = $2',
    [schema, table],
  )
  return rowCount !== 0
}

async function readColumns(client: Client, schema: string, table: string): Promise<ColumnShape[]> {
  const { rows } = await client.query<ColumnShape>(
    `select a.attname as name,
            format_type(a.atttypid, a.atttypmod) as type,
            coalesce(array_position(i.indkey::int2[], a.attnum) + 1, 0) as "keyPosition"
     from pg_class c
     join pg_namespace n on n.oid = c.relnamespace
     join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     left join pg_index i on i.indrelid = c.oid and i.indisprimary
     where n.nspname = $1 and c.relname = $2
     order by a.attnum`,
    [schema, table],
  )
  return rows
}

async function readSpec(client: Client, schema: string, table: string): Promise<RememberedSpec | undefined> {
  const { rows } = await client.query<{ spec: string }>(
    `select spec from ${quoteName(schema)}.${SPECS_TABLE} where table_name = $1`,
    [table],
  )
  const [row] = rows
  return row && (JSON.parse(row.spec) as RememberedSpec)
}

async function rememberSpec(client: Client, schema: string, { table, source, fields }: TableSpec, task: string): Promise<void> {
  const spec: RememberedSpec = { task, source, fields }
  await client.query(
    `insert into ${quoteName(schema)}.${SPECS_TABLE} (table_name, spec) values ($1, $2)
     on conflict (table_name) do update set spec = excluded.spec`,
    [table, JSON.stringify(spec)],
  )
}
