/** The tables of the column file, and what of them is kept in memory: numbers of names and the columns of facts. */
import type { DuckDBConnection } from '@duckdb/node-api'
import { invariant } from '../../base/errors.ts'
import { ENTITY_KINDS } from './entity-row.ts'
import type { EntityKind } from '../../model/profile/entity.ts'

/** Files of another version are made anew. */
export const FORMAT = 1

/**
 * `part`, `number`, `entity`, `account`: the last 16 digits of an id, which are those of a hash.
 *
 *   events          a line each; `of_account`: it belongs to no user, and `part` is one of an account
 *   users, accounts an entity each; facts beyond the columns in `rest`; `segments`: numbers of those it is in
 *   *_parts         the parts of entities that have several, but for their own
 *   facts           which columns hold a fact: `t<number>` JSON text, `n<number>` numbers, `i<number>` instants of texts that are dates
 */
export const SCHEMA = `
  create table meta (name varchar, value varchar);
  create table names (number integer, name varchar);
  create table segments (number integer, id varchar);
  create table facts (kind varchar, fact varchar, number integer, columns varchar);
  create table events (name integer, happened bigint, part ubigint, of_account boolean, position bigint, properties json, context json);
  ${ENTITY_KINDS.map(
    (kind) => `
  create table ${kind}s (number ubigint, id varchar, account ubigint, segments integer[], rest json);
  create table ${kind}_parts (part ubigint, id varchar, entity ubigint);`,
  ).join('')}
`

/** Of one fact. `columns`: which of `t`, `n` and `i` there are. */
export type FactColumn = { number: number; columns: string }

/** More facts of one kind of entity are kept together in one column, and take longer to ask for. */
export const FACT_COLUMNS_MAX = 500

type Numbers = Map<string, number>

export class ColumnState {
  readonly meta: ReadonlyMap<string, string>
  readonly names: Numbers
  readonly segments: Numbers
  readonly facts: Readonly<Record<EntityKind, Map<string, FactColumn>>>
  /** Whether any entity has several parts. */
  readonly hasParts: Readonly<Record<EntityKind, boolean>>

  private constructor(content: Pick<ColumnState, 'meta' | 'names' | 'segments' | 'facts' | 'hasParts'>) {
    this.meta = content.meta
    this.names = content.names
    this.segments = content.segments
    this.facts = content.facts
    this.hasParts = content.hasParts
  }

  /** As committed. */
  static async load(connection: DuckDBConnection): Promise<ColumnState> {
    const pairs = async (sql: string) => {
      const rows = (await connection.runAndReadAll(sql)).getRowsJS()
      return rows.map(([key, value]): [string, string] => [textOf(key), textOf(value)])
    }
    const numbers = async (sql: string): Promise<Numbers> =>
      new Map((await pairs(sql)).map(([key, value]) => [key, Number(value)]))
    const meta = new Map(await pairs('select name, value from meta'))
    const names = await numbers('select name, number from names')
    const segments = await numbers('select id, number from segments')
    const facts = { user: new Map<string, FactColumn>(), account: new Map<string, FactColumn>() }
    for (const [kind, fact, number, columns] of (await connection.runAndReadAll('select * from facts')).getRowsJS()) {
      invariant(kind === 'user' || kind === 'account', 'facts are of users or accounts')
      facts[kind].set(textOf(fact), { number: Number(number), columns: textOf(columns) })
    }
    const counts = await numbers(ENTITY_KINDS.map((kind) => `select '${kind}', count(*) from ${kind}_parts`).join(' union all '))
    const hasParts = { user: counts.get('user') !== 0, account: counts.get('account') !== 0 }
    return new ColumnState({ meta, names, segments, facts, hasParts })
  }
}

/** What a column of text or numbers holds, written. */
function textOf(value: unknown): string {
  invariant(typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint', 'meta is text and numbers')
  return value.toString()
}
