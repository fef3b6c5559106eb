/**
 * Tables in a PostgreSQL schema, over one connection (a session of its own: not through a pooler that shares them).
 * Rows and positions are committed together, so a commit that a crash of the server undoes is simply made again.
 */
import { Socket } from 'node:net'
import pg from 'pg'
import { invariant, MillraceError } from '../../base/errors.ts'
import type { Position } from '../../log/log.ts'
import type { KeyPart } from '../../model/key.ts'
import type { Row, TableEndpoint, TableSpec } from '../endpoint.ts'
import { CHECKPOINTS_TABLE, quoteName, requireUsableNames } from '../table-conflict.ts'
import { toEndpointError } from './postgres-failure.ts'
import { createMetaTables, prepareTable } from './postgres-set-up.ts'
import { PostgresTable } from './postgres-table.ts'

type PostgresEndpointOptions = {
  url: string
  /** Created when it is missing. */
  schema?: string
  /** Name of the materialization: who the tables and the checkpoint belong to. */
  owner: string
}

export function openPostgresEndpoint(options: PostgresEndpointOptions): TableEndpoint {
  return new PostgresEndpoint(options)
}

const CONNECT_MS = 10_000
/** Of a statement over one step of rows; a server that takes longer is as good as gone. */
const STATEMENT_MS = 300_000
const CLOSE_MS = 2_000

/** A commit need not be flushed before the next (see above); and an owner that hangs gives its locks back. */
const SETTINGS = `
  set synchronous_commit = off;
  set idle_in_transaction_session_timeout = '60s';
  set lock_timeout = '30s';
`

/** PostgreSQL cuts longer ones: NAMEDATALEN - 1. */
const NAME_BYTES_MAX = 63

const NAME_RULES = {
  fold: (name: string) => name,
  bytesMax: NAME_BYTES_MAX,
  isReserved: (table: string) => table.startsWith('millrace_'),
}

class PostgresEndpoint implements TableEndpoint {
  readonly #options: PostgresEndpointOptions
  readonly #schema: string
  readonly #checkpointsTable: string
  /** Our own, so that a dead connection can be dropped without asking the other side. */
  readonly #socket = new Socket()
  #client: pg.Client | undefined
  #failure: unknown
  #isInTransaction = false
  #fence = '0'
  #tables: PostgresTable[] = []
  #names: string[] = []
  /** Of tables that the catalog leaves out at the moment: when one comes back it goes on from here. */
  #otherPositions: Record<string, Position> = {}

  constructor(options: PostgresEndpointOptions) {
    this.#options = options
    this.#schema = options.schema ?? 'public'
    this.#checkpointsTable = `${quoteName(this.#schema)}.${CHECKPOINTS_TABLE}`
  }

  async open(tables: readonly TableSpec[]): Promise<Position[]> {
    requireUsableNames(tables, NAME_RULES)
    return this.#attempt(async () => {
      await this.#connect()
      const client = await this.#begin()
      await createMetaTables(client, this.#schema)
      const checkpoint = await this.#takeOver(client)
      const positions: Position[] = []
      for (const table of tables) {
        const isNew = await prepareTable(client, table, { schema: this.#schema, task: this.#options.owner })
        positions.push(isNew ? 0 : (checkpoint[table.table] ?? 0))
      }
      this.#names = tables.map(({ table }) => table)
      this.#otherPositions = checkpoint
      await this.#commitPositions(client, positions)
      this.#tables = tables.map(
        (spec, i) => new PostgresTable({ client, schema: this.#schema, spec, pendingName: `pending_${i}` }),
      )
      return positions
    })
  }

  async load(tableIndex: number, keys: readonly KeyPart[][]): Promise<(string | undefined)[]> {
    return this.#attempt(async () => {
      await this.#begin()
      return this.#table(tableIndex).load(keys)
    })
  }

  async store(tableIndex: number, rows: readonly Row[]): Promise<void> {
    await this.#attempt(async () => {
      await this.#begin()
      await this.#table(tableIndex).store(rows)
    })
  }

  async commit(positions: readonly Position[]): Promise<void> {
    await this.#attempt(async () => this.#commitPositions(await this.#begin(), positions))
  }

  /** An open transaction ends with the connection. */
  async close(): Promise<void> {
    const client = this.#client
    this.#client = undefined
    if (client === undefined || this.#failure !== undefined) {
      this.#socket.destroy()
      return
    }
    const timer = setTimeout(() => this.#socket.destroy(), CLOSE_MS)
    await client.end().catch(() => {})
    clearTimeout(timer)
  }

  async #connect(): Promise<void> {
    invariant(this.#client === undefined, 'an endpoint is opened once')
    const client = new pg.Client({
      connectionString: this.#options.url,
      application_name: 'millrace',
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: STATEMENT_MS,
      keepAlive: true,
      stream: () => this.#socket,
    })
    this.#client = client
    // A connection that breaks between two calls says so here; the next call fails with it.
    client.on('error', (error) => (this.#failure ??= error))
    await client.connect()
    await client.query(SETTINGS)
  }

  async #begin(): Promise<pg.Client> {
    const client = this.#client
    invariant(client !== undefined, 'an endpoint is opened before it is used')
    if (this.#failure !== undefined) throw this.#failure
    if (!this.#isInTransaction) {
      await client.query('begin')
      this.#isInTransaction = true
    }
    return client
  }

  /** The positions by table as last committed. */
  async #takeOver(client: pg.Client): Promise<Record<string, Position>> {
    const { rows } = await client.query<{ fence: string; positions: string }>(
      `insert into ${this.#checkpointsTable} as old (task, fence, positions) values ($1, 1, '{}')
       on conflict (task) do update set fence = old.fence + 1 returning fence, positions`,
      [this.#options.owner],
    )
    const [row] = rows
    invariant(row !== undefined, 'the checkpoint was written')
    this.#fence = row.fence
    return JSON.parse(row.positions) as Record<string, Position>
  }

  async #commitPositions(client: pg.Client, positions: readonly Position[]): Promise<void> {
    const byTable = { ...this.#otherPositions, ...Object.fromEntries(this.#names.map((name, i) => [name, positions[i]])) }
    const { rowCount } = await client.query(
      `update ${this.#checkpointsTable} set positions = $1 where task = $2 and fence = $3`,
      [JSON.stringify(byTable), this.#options.owner, this.#fence],
    )
    if (rowCount === 0) throw this.#fenced()
    await client.query('commit')
    this.#isInTransaction = false
  }

  #table(index: number): PostgresTable {
    const table = this.#tables[index]
    invariant(table !== undefined, `table ${index} was opened`)
    return table
  }

  #fenced(): MillraceError {
    const { owner } = this.#options
    return new MillraceError(
      'endpoint_fenced',
      `Materialization "${owner}": another process has taken over its tables in ${this.#target()}.`,
      {
        hint: 'Two processes run one materialization. Stop one of them, or give them materializations of different names.',
      },
    )
  }

  #target(): string {
    const { host, pathname } = new URL(this.#options.url)
    return `${host}${pathname}`
  }

  /** After a failure the connection is dropped at once, and its transaction and locks with it. */
  async #attempt<Result>(action: () => Promise<Result>): Promise<Result> {
    try {
      return await action()
    } catch (error) {
      this.#failure ??= error
      this.#socket.destroy()
      throw toEndpointError(error, this.#target())
    }
  }
}
