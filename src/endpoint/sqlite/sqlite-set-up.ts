/** Brings a SQLite file into the form that a materialization needs, or says why it cannot be used. */
import type { DatabaseSync } from 'node:sqlite'
import type { TableSpec } from '../endpoint.ts'
import {
  CHECKPOINTS_TABLE,
  requireOwnTable,
  requireSameColumns,
  SPECS_TABLE,
  type ColumnShape,
  type RememberedSpec,
} from '../table-conflict.ts'
import { createTableSql, neededColumns } from './sqlite-table.ts'

export function createMetaTables(db: DatabaseSync): void {
  db.exec(`
    create table if not exists ${SPECS_TABLE} (table_name text not null primary key, spec text not null);
    create table if not exists ${CHECKPOINTS_TABLE} (
      task text not null primary key,
      fence integer not null,
      positions text not null
    )
  `)
}

/** Creates the table, or checks the one that is there. True when it is new. */
export function prepareTable(db: DatabaseSync, spec: TableSpec, task: string): boolean {
  const actual = readColumns(db, spec.table)
  const isNew = actual.length === 0
  if (isNew) db.exec(createTableSql(spec))
  else {
    requireOwnTable(spec, task, readSpec(db, spec.table))
    requireSameColumns(spec, neededColumns(spec), actual)
  }
  rememberSpec(db, spec, task)
  return isNew
}

function readColumns(db: DatabaseSync, table: string): ColumnShape[] {
  const rows = db.prepare('select name, type, pk from pragma_table_info(?)').all(table)
  return rows.map((row) => ({
    name: String(row['name']),
    type: String(row['type']).toUpperCase(),
    keyPosition: Number(row['pk']),
  }))
}

function readSpec(db: DatabaseSync, table: string): RememberedSpec | undefined {
  const row = db.prepare(`select spec from ${SPECS_TABLE} where table_name = ?`).get(table)
  return row === undefined ? undefined : (JSON.parse(String(row['spec'])) as RememberedSpec)
}

function rememberSpec(db: DatabaseSync, { table, source, fields }: TableSpec, task: string): void {
  const spec: RememberedSpec = { task, source, fields }
  db.prepare(
    `insert into ${SPECS_TABLE} (table_name, spec) values (?, ?) on conflict (table_name) do update set spec = excluded.spec`,
  ).run(table, JSON.stringify(spec))
}
