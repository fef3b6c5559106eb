/** Writes entities as rows, in the place of those that were there, adding columns for facts that come up. Within a transaction. */
import type { DuckDBConnection, DuckDBType, DuckDBValue } from '@duckdb/node-api'
import type { Json } from '../../base/json.ts'
import type { EntityId, EntityKind } from '../../model/profile/entity.ts'
import { type ColumnState, FACT_COLUMNS_MAX, type FactColumn } from './column-state.ts'
import { type EntityRow, instantOfText, numberOfId } from './entity-row.ts'

type Column = { name: string; type: DuckDBType; values: DuckDBValue[] }

/** Rows of one chunk of DuckDB. */
const CHUNK_ROWS = 2048

/**
 * `state` gets the new numbers and columns; when the transaction fails it must be loaded anew. `replaced`: ids of entities and parts whose
 * rows go, whether they come again or not; none where nothing can be there yet.
 */
export class RowWriter {
  readonly #connection: DuckDBConnection
  readonly #state: ColumnState

  constructor(connection: DuckDBConnection, state: ColumnState) {
    this.#connection = connection
    this.#state = state
  }

  async write(kind: EntityKind, rows: readonly EntityRow[], replaced: readonly EntityId[]): Promise<void> {
    const segments = await this.#segmentNumbers(rows)
    const facts = await this.#factColumns(kind, rows)
    if (replaced.length > 0) await this.#remove(kind, replaced)
    for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
      const chunk = rows.slice(start, start + CHUNK_ROWS)
      await this.#append(`${kind}s`, await columnsOf(chunk, facts, segments))
      await this.#addParts(kind, chunk)
    }
  }

  async #remove(kind: EntityKind, ids: readonly EntityId[]): Promise<void> {
    const { UBIGINT } = await import('@duckdb/node-api')
    await this.#connection.run('create or replace temp table replaced (number ubigint)')
    for (let start = 0; start < ids.length; start += CHUNK_ROWS) {
      const values = ids.slice(start, start + CHUNK_ROWS).map(numberOfId)
      await this.#append('replaced', [{ name: 'number', type: UBIGINT, values }])
    }
    await this.#connection.run(`delete from ${kind}s where number in (select number from replaced)`)
    await this.#connection.run(
      `delete from ${kind}_parts where entity in (select number from replaced) or part in (select number from replaced)`,
    )
  }

  async #addParts(kind: EntityKind, rows: readonly EntityRow[]): Promise<void> {
    const parts = rows.flatMap(({ id, parts }) => parts.filter((part) => part !== id).map((part) => ({ part, entity: id })))
    if (parts.length === 0) return
    const { UBIGINT, VARCHAR } = await import('@duckdb/node-api')
    await this.#append(`${kind}_parts`, [
      { name: 'part', type: UBIGINT, values: parts.map(({ part }) => numberOfId(part)) },
      { name: 'id', type: VARCHAR, values: parts.map(({ part }) => part) },
      { name: 'entity', type: UBIGINT, values: parts.map(({ entity }) => numberOfId(entity)) },
    ])
    if (kind !== 'account') return
    // Users that belong to an account which is a part of another now; their own rows may be written later, or not again.
    const merged = parts.map(({ part }) => numberOfId(part)).join(', ')
    await this.#connection.run(
      `update users set account = p.entity from account_parts p where p.part = users.account and p.part in (${merged})`,
    )
  }

  async #segmentNumbers(rows: readonly EntityRow[]): Promise<ReadonlyMap<string, number>> {
    const { segments } = this.#state
    for (const id of new Set(rows.flatMap((row) => row.segments))) {
      if (segments.has(id)) continue
      segments.set(id, segments.size + 1)
      await this.#connection.run('insert into segments values ($1::integer, $2)', [segments.size, id])
    }
    return segments
  }

  async #factColumns(kind: EntityKind, rows: readonly EntityRow[]): Promise<ReadonlyMap<string, FactColumn>> {
    const facts = this.#state.facts[kind]
    for (const [fact, letters] of neededLetters(rows)) {
      const { number = facts.size + 1, columns = '' } = facts.get(fact) ?? {}
      const added = [...letters].filter((letter) => !columns.includes(letter))
      if (added.length === 0 || number > FACT_COLUMNS_MAX) continue
      for (const letter of added)
        await this.#connection.run(`alter table ${kind}s add column ${letter}${number} ${TYPES[letter]}`)
      const column = { number, columns: columns + added.join('') }
      facts.set(fact, column)
      await this.#connection.run('delete from facts where kind = $1 and fact = $2', [kind, fact])
      await this.#connection.run('insert into facts values ($1, $2, $3::integer, $4)', [kind, fact, number, column.columns])
    }
    return facts
  }

  /** By way of a table of its own, as an appender must fill all columns of its table. */
  async #append(table: string, columns: readonly Column[]): Promise<void> {
    const { DuckDBDataChunk } = await import('@duckdb/node-api')
    const definition = columns.map(({ name, type }) => `${name} ${String(type)}`)
    await this.#connection.run(`create or replace temp table staged_rows (${definition.join(', ')})`)
    const appender = await this.#connection.createAppender('staged_rows', null, 'temp')
    const rows = columns[0]?.values.length ?? 0
    const chunk = DuckDBDataChunk.create(
      columns.map(({ type }) => type),
      rows,
    )
    columns.forEach(({ values }, i) => chunk.setColumnValues(i, values))
    appender.appendDataChunk(chunk)
    appender.closeSync()
    await this.#connection.run(`insert into ${table} by name select * from staged_rows`)
  }
}

const TYPES: Readonly<Record<string, string>> = { t: 'varchar', n: 'double', i: 'bigint' }

/** Letters of the columns that the facts of these rows need. */
function neededLetters(rows: readonly EntityRow[]): Map<string, Set<string>> {
  const needed = new Map<string, Set<string>>()
  for (const { facts } of rows) {
    for (const [fact, value] of facts) {
      let letters = needed.get(fact)
      if (letters === undefined) needed.set(fact, (letters = new Set()))
      letters.add(typeof value === 'number' ? 'n' : 't')
      if (!letters.has('i') && instantOfText(value) !== undefined) letters.add('i')
    }
  }
  return needed
}

async function columnsOf(
  rows: readonly EntityRow[],
  facts: ReadonlyMap<string, FactColumn>,
  segments: ReadonlyMap<string, number>,
): Promise<Column[]> {
  const { BIGINT, DOUBLE, INTEGER, LIST, UBIGINT, VARCHAR, listValue } = await import('@duckdb/node-api')
  const columns: Column[] = [
    { name: 'number', type: UBIGINT, values: rows.map(({ id }) => numberOfId(id)) },
    { name: 'id', type: VARCHAR, values: rows.map(({ id }) => id) },
    { name: 'account', type: UBIGINT, values: rows.map(({ account }) => (account === undefined ? null : numberOfId(account))) },
    {
      name: 'segments',
      type: LIST(INTEGER),
      values: rows.map((row) =>
        row.segments.length === 0 ? null : listValue(row.segments.flatMap((id) => segments.get(id) ?? [])),
      ),
    },
    { name: 'rest', type: VARCHAR, values: rows.map((row) => restOf(row, facts)) },
  ]
  const present = new Set(rows.flatMap((row) => [...row.facts.keys()]))
  for (const [fact, { number, columns: letters }] of facts) {
    if (!present.has(fact)) continue
    const values = rows.map((row) => row.facts.get(fact) ?? null)
    if (letters.includes('t')) columns.push({ name: `t${number}`, type: VARCHAR, values: values.map(textOf) })
    if (letters.includes('n'))
      columns.push({
        name: `n${number}`,
        type: DOUBLE,
        values: values.map((value) => (typeof value === 'number' ? value : null)),
      })
    if (letters.includes('i')) columns.push({ name: `i${number}`, type: BIGINT, values: values.map(instantValue) })
  }
  return columns
}

function textOf(value: Json): string | null {
  return value === null || typeof value === 'number' ? null : JSON.stringify(value)
}

function instantValue(value: Json): bigint | null {
  const instant = instantOfText(value)
  return instant === undefined ? null : BigInt(instant)
}

/** The facts that have no column. */
function restOf({ facts }: EntityRow, columns: ReadonlyMap<string, FactColumn>): string | null {
  if (columns.size < FACT_COLUMNS_MAX) return null
  const rest = [...facts].filter(([fact]) => !columns.has(fact))
  return rest.length === 0 ? null : JSON.stringify(Object.fromEntries(rest))
}
