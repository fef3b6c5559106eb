/** Brings the schema `millrace` of a database up to date: numbered steps, each applied once, never edited. */
import type { ClientBase } from 'pg'
import { CREATE_TABLES } from './migrations/0001-tables.ts'

/** In order; the first is number 1. */
const MIGRATIONS = [CREATE_TABLES]

const PREPARE = `
  create schema if not exists millrace;
  create table if not exists millrace.migrations (
    number integer primary key,
    applied_at timestamptz not null default now()
  );
`

/** Any number that nobody else uses: processes that start together migrate one after the other. */
const LOCK_ID = 7_205_759_403

/** Runs inside one transaction, so a failed step leaves the database as it was. */
export async function migrate(client: ClientBase): Promise<void> {
  await client.query('begin')
  await client.query('select pg_advisory_xact_lock($1)', [LOCK_ID])
  await client.query(PREPARE)
  const { rows } = await client.query<{ number: number }>('select number from millrace.migrations')
  const applied = new Set(rows.map(({ number }) => number))
  for (const [i, sql] of MIGRATIONS.entries()) {
    if (applied.has(i + 1)) continue
    await client.query(sql)
    await client.query('insert into millrace.migrations (number) values ($1)', [i + 1])
  }
  await client.query('commit')
}
