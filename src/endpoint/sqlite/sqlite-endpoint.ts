/**
 * Tables in a SQLite file. Rows and positions lie in the same file and are committed together, so a commit that a crash of the
 * machine undoes is simply made again: the file need not be flushed at each.
 */
import { durabilityPoint } from '../../base/durability-point.ts'
import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { invariant, MillraceError } from '../../base/errors.ts'
import type { Position } from '../../log/log.ts'
import type { KeyPart } from '../../model/key.ts'
import type { Row, TableEndpoint, TableSpec } from '../endpoint.ts'
import { CHECKPOINTS_TABLE, requireUsableNames } from '../table-conflict.ts'
import { toEndpointError } from './sqlite-failure.ts'
import { createMetaTables, prepareTable } from './sqlite-set-up.ts'
import { SqliteTable } from './sqlite-table.ts'

type SqliteEndpointOptions = {
  /** The file and its folder are made when they are missing. */
  path: string
  /** Name of the materialization: who the tables and the checkpoint belong to. */
  owner: string
  /** Size limit of the file in pages, as a full disk would set it. */
  pagesMax?: number
}

export function openSqliteEndpoint(options: SqliteEndpointOptions): TableEndpoint {
  return new SqliteEndpoint(options)
}

/** Fewer pages to log and to find than with the default of 4096: profiles of 1 KB take 6 to 7 µs a row, with 8 KB pages 7 to 9, with 4 KB up to 18. */
const PAGE_BYTES = 16_384
/** Of memory; measured: a larger one gains nothing when keys come sorted. */
const CACHE_KB = 24_000
/** 64 MB: pages that several small transactions change are moved into the file once. */
const CHECKPOINT_PAGES = 4_000
const WAL_BYTES_KEPT = 64_000_000
/** Longer than the longest transaction of another materialization into the same file. */
const BUSY_MS = 30_000

const SETTINGS = `
  pragma page_size = ${PAGE_BYTES};
  pragma journal_mode = wal;
  pragma synchronous = normal;
  pragma cache_size = -${CACHE_KB};
  pragma wal_autocheckpoint = ${CHECKPOINT_PAGES};
  pragma journal_size_limit = ${WAL_BYTES_KEPT};
  pragma temp_store = memory;
`

/** SQLite has no limit of its own; this is that of Postgres, so that a catalog works with both. */
const NAME_BYTES_MAX = 63

const NAME_RULES = {
  fold: (name: string) => name.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()),
  bytesMax: NAME_BYTES_MAX,
  isReserved: (table: string) => /^(sqlite|millrace)_/i.test(table),
}

class SqliteEndpoint implements TableEndpoint {
  readonly #options: SqliteEndpointOptions
  #db: DatabaseSync | undefined
  #fileId: number | undefined
  #fence = 0
  #tables: SqliteTable[] = []
  #names: string[] = []
  /** Of tables that the catalog leaves out at the moment: when one comes back it goes on from here. */
  #otherPositions: Record<string, Position> = {}

  constructor(options: SqliteEndpointOptions) {
    this.#options = options
  }

  async open(tables: readonly TableSpec[]): Promise<Position[]> {
    requireUsableNames(tables, NAME_RULES)
    return this.#attempt(() => {
      const db = this.#connect()
      db.exec('begin immediate')
      createMetaTables(db)
      const checkpoint = this.#takeOver(db)
      const positions = tables.map((table) => (prepareTable(db, table, this.#options.owner) ? 0 : (checkpoint[table.table] ?? 0)))
      this.#names = tables.map(({ table }) => table)
      this.#otherPositions = checkpoint
      this.#savePositions(db, positions)
      db.exec('commit')
      this.#tables = tables.map((table) => new SqliteTable(db, table))
      return positions
    })
  }

  async load(tableIndex: number, keys: readonly KeyPart[][]): Promise<(string | undefined)[]> {
    return this.#attempt(() => {
      this.#begin()
      const table = this.#table(tableIndex)
      return keys.map((key) => table.load(key))
    })
  }

  async store(tableIndex: number, rows: readonly Row[]): Promise<void> {
    this.#attempt(() => {
      this.#begin()
      const table = this.#table(tableIndex)
      for (const row of rows) table.store(row)
    })
  }

  async commit(positions: readonly Position[]): Promise<void> {
    this.#attempt(() => {
      const db = this.#begin()
      this.#savePositions(db, positions)
      durabilityPoint('rows-stored')
      db.exec('commit')
      durabilityPoint('rows-committed')
    })
  }

  async close(): Promise<void> {
    this.#db?.close()
    this.#db = undefined
  }

  #connect(): DatabaseSync {
    invariant(this.#db === undefined, 'an endpoint is opened once')
    const { path, pagesMax } = this.#options
    makeDirectory(path)
    const db = new DatabaseSync(path, { timeout: BUSY_MS })
    this.#db = db
    db.exec(SETTINGS)
    if (pagesMax !== undefined) db.exec(`pragma max_page_count = ${pagesMax}`)
    this.#fileId = statSync(path).ino
    return db
  }

  /** The positions by table as last committed. */
  #takeOver(db: DatabaseSync): Record<string, Position> {
    const row = db
      .prepare(
        `insert into ${CHECKPOINTS_TABLE} (task, fence, positions) values (?, 1, '{}')
         on conflict (task) do update set fence = fence + 1 returning fence, positions`,
      )
      .get(this.#options.owner)
    this.#fence = Number(row?.['fence'])
    return JSON.parse(String(row?.['positions'])) as Record<string, Position>
  }

  #savePositions(db: DatabaseSync, positions: readonly Position[]): void {
    const byTable = { ...this.#otherPositions, ...Object.fromEntries(this.#names.map((name, i) => [name, positions[i]])) }
    const { changes } = db
      .prepare(`update ${CHECKPOINTS_TABLE} set positions = ? where task = ? and fence = ?`)
      .run(JSON.stringify(byTable), this.#options.owner, this.#fence)
    if (changes === 0) throw this.#fenced()
  }

  /** Takes the write lock at once, as a lock that is taken after reading can fail half-way. */
  #begin(): DatabaseSync {
    const db = this.#db
    invariant(db !== undefined, 'an endpoint is opened before it is used')
    if (db.isTransaction) return db
    this.#requireSameFile()
    db.exec('begin immediate')
    return db
  }

  /** A file that was deleted or replaced takes writes for as long as it is open, and then they are gone. */
  #requireSameFile(): void {
    const { path } = this.#options
    if (statSync(path, { throwIfNoEntry: false })?.ino === this.#fileId) return
    throw new MillraceError('endpoint_unavailable', `The file "${path}" was deleted or replaced while it was in use.`, {
      hint: 'The materialization opens it anew; in a new file its tables are filled from the start.',
      retryable: true,
    })
  }

  #table(index: number): SqliteTable {
    const table = this.#tables[index]
    invariant(table !== undefined, `table ${index} was opened`)
    return table
  }

  #fenced(): MillraceError {
    const { owner, path } = this.#options
    return new MillraceError(
      'endpoint_fenced',
      `Materialization "${owner}": another process has taken over its tables in "${path}".`,
      {
        hint: 'Two processes run one materialization. Stop one of them, or give them materializations of different names.',
      },
    )
  }

  /** A failure ends the transaction, so that its lock does not outlive it. */
  #attempt<Result>(action: () => Result): Result {
    try {
      return action()
    } catch (error) {
      if (this.#db?.isTransaction) this.#db.exec('rollback')
      throw toEndpointError(error, this.#options.path)
    }
  }
}

function makeDirectory(path: string): void {
  const directory = dirname(path)
  try {
    mkdirSync(directory, { recursive: true })
  } catch (cause) {
    throw new MillraceError('endpoint_unavailable', `The folder "${directory}" cannot be made: ${String(cause)}.`, {
      cause,
      retryable: true,
      hint: 'Check that the disk is there and that the path may be written.',
    })
  }
}
