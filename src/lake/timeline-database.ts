/** DuckDB for timelines: loaded at the first question, kept, and opened anew after a failure. One query runs at a time. */
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { MillraceError } from '../base/errors.ts'
import type { BoundSql } from './timeline-sql.ts'

/** The rest of the machine is for events that come in. */
const SETTINGS = { threads: '2', memory_limit: '1GB', preserve_insertion_order: 'false', temp_directory: '' }
/** More that wait would be answered so late that nobody waits for it. */
const WAITING_MAX = 32

export class TimelineDatabase {
  #opened: Promise<{ instance: DuckDBInstance; connection: DuckDBConnection }> | undefined
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0

  /** Runs `work` when all that was asked before is done. Rejects with `server_busy` when too many wait. */
  async inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#waiting >= WAITING_MAX) {
      throw new MillraceError('server_busy', `${WAITING_MAX} timelines are being searched or wait for it.`, {
        hint: 'Ask again a little later.',
        retryable: true,
      })
    }
    this.#waiting++
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => undefined)
    try {
      return await turn
    } finally {
      this.#waiting--
    }
  }

  /** Rows of a query, in the columns' order. After a failure the next one gets a new DuckDB. */
  async rows({ sql, values }: BoundSql): Promise<unknown[][]> {
    try {
      this.#opened ??= openDatabase()
      const { connection } = await this.#opened
      return (await connection.runAndReadAll(sql, values)).getRowsJS()
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** Safe to call twice; not while a query runs. */
  async close(): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined)
    this.#opened = undefined
    opened?.connection.closeSync()
    opened?.instance.closeSync()
  }
}

async function openDatabase(): Promise<{ instance: DuckDBInstance; connection: DuckDBConnection }> {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:', SETTINGS)
  return { instance, connection: await instance.connect() }
}
