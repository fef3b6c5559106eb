/** One target table in PostgreSQL. Reads join a list of keys; writes are copied to a temporary table and merged from there. */
import { once } from 'node:events'
import type { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { Json } from '../../base/json.ts'
import type { KeyPart } from '../../model/key.ts'
import type { Row, TableSpec } from '../endpoint.ts'
import {
  columnsOf,
  listColumns,
  toCell,
  unsupportedValue,
  type Cell,
  type Column,
  type ColumnKind,
  type TableColumns,
} from '../table-columns.ts'
import { quoteName, shapesOf, type ColumnShape } from '../table-conflict.ts'

type PostgresTableOptions = {
  client: Client
  schema: string
  spec: TableSpec
  /** Of the temporary table. */ pendingName: string
}

export class PostgresTable {
  readonly #client: Client
  readonly #spec: TableSpec
  readonly #columns: TableColumns
  readonly #sql: TableSql
  readonly #pendingName: string
  #isPendingCreated = false

  /** The table exists with the columns of `spec`. */
  constructor({ client, schema, spec, pendingName }: PostgresTableOptions) {
    this.#client = client
    this.#spec = spec
    this.#columns = columnsOf(spec)
    this.#pendingName = pendingName
    this.#sql = writeSql(spec, { schema, pendingName })
  }

  async load(keys: readonly (readonly KeyPart[])[]): Promise<(string | undefined)[]> {
    if (keys.length === 0) return []
    const query = {
      name: `load_${this.#pendingName}`,
      text: this.#sql.load,
      values: this.#keyColumns(keys),
      rowMode: 'array' as const,
    }
    const { rows } = await this.#client.query<[string | null]>(query)
    return rows.map(([document]) => document ?? undefined)
  }

  async store(rows: readonly Row[]): Promise<void> {
    const deleted = rows.filter(({ document }) => document === undefined).map(({ key }) => key)
    if (deleted.length > 0) await this.#client.query(this.#sql.remove, this.#keyColumns(deleted))
    const kept = rows.length === deleted.length ? [] : rows.filter(({ document }) => document !== undefined)
    if (kept.length === 0) return
    const lines = kept.map((row) => this.#copyLine(row)).join('')
    if (this.#isPendingCreated) await this.#client.query(this.#sql.emptyPending)
    else await this.#client.query(this.#sql.createPending)
    this.#isPendingCreated = true
    await this.#copy(lines)
    await this.#client.query(this.#sql.merge)
  }

  async #copy(lines: string): Promise<void> {
    const copy = this.#client.query(copyFrom(this.#sql.copy))
    // `once` hears the first error only; a connection that breaks may be told of twice.
    copy.on('error', () => {})
    copy.end(lines)
    await once(copy, 'finish')
  }

  #keyColumns(keys: readonly (readonly KeyPart[])[]): Cell[][] {
    return this.#columns.keys.map((column, i) => keys.map((key) => this.#cell(column, key, key[i])))
  }

  #copyLine({ key, values, document }: Row): string {
    const keyCells = this.#columns.keys.map((column, i) => escapeCell(this.#cell(column, key, key[i])))
    const valueCells = this.#columns.values.map((column, i) => escapeCell(this.#cell(column, key, values[i])))
    return `${[...keyCells, ...valueCells, escapeCell(document ?? null)].join('\t')}\n`
  }

  #cell(column: Column, key: readonly KeyPart[], value: Json | undefined): Cell {
    const cell = toCell(column.kind, value)
    const isHeld = cell !== undefined && !(column.kind === 'string' && typeof cell === 'string' && cell.includes('\0'))
    if (!isHeld) throw unsupportedValue(this.#spec.table, key, column, value)
    return cell
  }
}

type TableSql = { load: string; remove: string; createPending: string; emptyPending: string; copy: string; merge: string }

function writeSql(spec: TableSpec, { schema, pendingName }: { schema: string; pendingName: string }): TableSql {
  const columns = columnsOf(spec)
  const table = `${quoteName(schema)}.${quoteName(spec.table)}`
  const pending = `pg_temp.${quoteName(pendingName)}`
  const document = quoteName(columns.document.name)
  const keys = columns.keys.map(({ name }) => quoteName(name))
  const others = [...columns.values, columns.document].map(({ name }) => quoteName(name))
  const all = [...keys, ...others].join(', ')
  const arrays = columns.keys.map(({ kind }, i) => `$${i + 1}::${TYPES[kind]}[]`).join(', ')
  const parts = columns.keys.map((_, i) => `part_${i}`)
  const isKey = keys.map((name, i) => `target.${name} = wanted.part_${i}`).join(' and ')
  return {
    load: `select target.${document}::text
      from unnest(${arrays}) with ordinality as wanted (${[...parts, 'place'].join(', ')})
      left join ${table} as target on ${isKey}
      order by wanted.place`,
    remove: `delete from ${table} as target using unnest(${arrays}) as wanted (${parts.join(', ')}) where ${isKey}`,
    createPending: `create temporary table ${quoteName(pendingName)} (like ${table}) on commit delete rows`,
    emptyPending: `truncate ${pending}`,
    copy: `copy ${pending} (${all}) from stdin`,
    merge: `insert into ${table} (${all}) select ${all} from ${pending}
      on conflict (${keys.join(', ')}) do update set ${others.map((name) => `${name} = excluded.${name}`).join(', ')}`,
  }
}

/** Of COPY's text format. */
function escapeCell(cell: Cell): string {
  if (cell === null) return '\\N'
  if (typeof cell !== 'string') return String(cell)
  return /[\\\t\n\r]/.test(cell) ? cell.replaceAll(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? character) : cell
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

/** `json`, not `jsonb`: it keeps the document's text to the byte, null characters and half surrogates included. */
const TYPES = {
  boolean: 'boolean',
  integer: 'bigint',
  number: 'double precision',
  string: 'text',
  json: 'json',
} as const satisfies Record<ColumnKind, string>

export function neededColumns(spec: TableSpec): ColumnShape[] {
  return shapesOf(spec, (kind) => TYPES[kind])
}

export function createTableSql(spec: TableSpec, schema: string): string {
  const columns = columnsOf(spec)
  const keys = columns.keys.map(({ name }) => quoteName(name))
  const definitions = listColumns(columns).map(({ name, kind }, i) => {
    // Keys are compared by their bytes: exact, the same on every server, and faster than by a language's rules.
    const rules = i < keys.length ? `${kind === 'string' ? ' collate "C"' : ''} not null` : ''
    return `${quoteName(name)} ${TYPES[kind]}${rules}`
  })
  return `create table ${quoteName(schema)}.${quoteName(spec.table)} (${definitions.join(', ')}, primary key (${keys.join(', ')}))`
}
