/**
 * The DuckDB file of the columns: opened, made anew where it is damaged or of another version, and asked with a limit of time. One connection
 * writes; each question has a connection of its own and sees what was committed when it began.
 */
import type { DuckDBConnection, DuckDBInstance, DuckDBResult } from '@duckdb/node-api'
import { mkdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { MillraceError, messageOf } from '../../base/errors.ts'
import { ColumnState, FORMAT, SCHEMA } from './column-state.ts'
import { LiveFunctions } from './live-functions.ts'
import { inTransaction, saveMeta } from './transaction.ts'

export type ColumnDatabaseOptions = {
  path: string
  temporaryFolder: string
  clock: Clock
  /** The rest of the machine is for events that come in. */
  memoryLimit?: string | undefined
  threads?: number | undefined
}

export type Limits = { signal?: AbortSignal | undefined; timeoutMs?: number | undefined }
export type Statement = { sql: string; values: readonly string[] }

/** What people wait for. */
const TIMEOUT_MS = 60_000
const INTERRUPT_EVERY_MS = 20

export class ColumnDatabase {
  readonly live: LiveFunctions
  readonly writer: DuckDBConnection
  readonly #instance: DuckDBInstance
  readonly #clock: Clock
  readonly #asking = new Set<DuckDBConnection>()

  private constructor(parts: { instance: DuckDBInstance; writer: DuckDBConnection; live: LiveFunctions; clock: Clock }) {
    this.#instance = parts.instance
    this.writer = parts.writer
    this.live = parts.live
    this.#clock = parts.clock
  }

  /** Rejects with `columns_unavailable` when there can be no such file, or another process has it. */
  static async open(options: ColumnDatabaseOptions): Promise<ColumnDatabase> {
    await rm(options.temporaryFolder, { recursive: true, force: true })
    await mkdir(options.temporaryFolder, { recursive: true })
    await mkdir(dirname(options.path), { recursive: true })
    try {
      return await ColumnDatabase.#open(options)
    } catch (error) {
      if (isHeldElsewhere(error)) throw unavailable(options.path, error)
      return await ColumnDatabase.#openAnew(options).catch((again: unknown) => {
        throw unavailable(options.path, again)
      })
    }
  }

  static async #openAnew(options: ColumnDatabaseOptions): Promise<ColumnDatabase> {
    await removeColumns(options)
    await mkdir(options.temporaryFolder, { recursive: true })
    return await ColumnDatabase.#open(options)
  }

  static async #open({
    path,
    temporaryFolder,
    clock,
    memoryLimit = '1GB',
    threads = 2,
  }: ColumnDatabaseOptions): Promise<ColumnDatabase> {
    const { DuckDBInstance } = await import('@duckdb/node-api')
    const instance = await DuckDBInstance.create(path, {
      threads: String(threads),
      memory_limit: memoryLimit,
      temp_directory: temporaryFolder,
      preserve_insertion_order: 'false',
      storage_compatibility_version: 'latest',
    })
    try {
      const writer = await instance.connect()
      const live = new LiveFunctions()
      await live.register(writer)
      await requireSchema(writer)
      return new ColumnDatabase({ instance, writer, live, clock })
    } catch (error) {
      instance.closeSync()
      throw error
    }
  }

  loadState(): Promise<ColumnState> {
    return ColumnState.load(this.writer)
  }

  /** The rows of a question. Rejects with `question_too_slow`, or with the signal's reason. */
  async rows({ sql, values }: Statement, limits: Limits = {}): Promise<unknown[][]> {
    return await this.#ask(limits, async (connection) => (await connection.runAndReadAll(sql, [...values])).getRowsJS())
  }

  /** The same, a chunk of some 2,000 rows at a time; no more is worked out than is asked for. The limit of time is that of each chunk. */
  async *chunks({ sql, values }: Statement, limits: Limits = {}): AsyncGenerator<unknown[][]> {
    const connection = await this.#connect()
    try {
      const result: DuckDBResult = await this.#within(connection, limits, () => connection.stream(sql, [...values]))
      for (;;) {
        const chunk = await this.#within(connection, limits, () => result.fetchChunk())
        if (chunk === null || chunk.rowCount === 0) return
        yield chunk.getRows()
      }
    } finally {
      this.#disconnect(connection)
    }
  }

  /** Questions under way fail. */
  close(): void {
    for (const connection of this.#asking) connection.interrupt()
    this.writer.closeSync()
    this.#instance.closeSync()
  }

  async #ask<Result>(limits: Limits, ask: (connection: DuckDBConnection) => Promise<Result>): Promise<Result> {
    const connection = await this.#connect()
    try {
      return await this.#within(connection, limits, () => ask(connection))
    } finally {
      this.#disconnect(connection)
    }
  }

  async #connect(): Promise<DuckDBConnection> {
    const connection = await this.#instance.connect()
    this.#asking.add(connection)
    return connection
  }

  #disconnect(connection: DuckDBConnection): void {
    this.#asking.delete(connection)
    connection.closeSync()
  }

  async #within<Result>(connection: DuckDBConnection, limits: Limits, work: () => Promise<Result>): Promise<Result> {
    const { signal, timeoutMs = TIMEOUT_MS } = limits
    signal?.throwIfAborted()
    const ended = new AbortController()
    let isLate = false
    // Again and again: what has not begun yet does not hear it.
    const interrupt = async () => {
      for (; !ended.signal.aborted; await this.#clock.sleep(INTERRUPT_EVERY_MS, ended.signal)) connection.interrupt()
    }
    const onAbort = () => void interrupt()
    signal?.addEventListener('abort', onAbort, { once: true })
    void this.#clock.sleep(timeoutMs, ended.signal).then(() => {
      isLate = !ended.signal.aborted
      return interrupt()
    })
    try {
      return await work()
    } catch (error) {
      signal?.throwIfAborted()
      if (isLate) throw tooSlow(`took longer than ${timeoutMs / 1000} s`, error)
      if (messageOf(error).startsWith('Out of Memory Error')) throw tooSlow('needed more memory than it may have', error)
      throw error
    } finally {
      ended.abort()
      signal?.removeEventListener('abort', onAbort)
    }
  }
}

/** The file, its log, and what did not fit into memory; the database must be closed. */
export async function removeColumns({
  path,
  temporaryFolder,
}: Pick<ColumnDatabaseOptions, 'path' | 'temporaryFolder'>): Promise<void> {
  await rm(path, { force: true })
  await rm(`${path}.wal`, { force: true })
  await rm(temporaryFolder, { recursive: true, force: true })
}

/** Whether the file is to be made anew: what DuckDB says of files that are damaged, and of databases that have given up. */
export function isDamage(error: unknown): boolean {
  return /(?:Serialization|INTERNAL|FATAL) Error:|Corrupt database file|stored checksum|database has been invalidated/.test(
    messageOf(error),
  )
}

export function unavailable(path: string, cause: unknown): MillraceError {
  return new MillraceError('columns_unavailable', `The columns in "${path}" cannot be used: ${messageOf(cause).trimEnd()}`, {
    hint: 'The file is a cache: it may be deleted while Millrace is stopped, and is then made anew.',
    cause,
    retryable: true,
  })
}

function tooSlow(how: string, cause: unknown): MillraceError {
  return new MillraceError('question_too_slow', `A question about everybody ${how}.`, {
    hint: 'Ask for less: a shorter time, or fewer conditions on properties of events.',
    cause,
    retryable: true,
  })
}

function isHeldElsewhere(error: unknown): boolean {
  return /conflicting lock|Could not set lock|already attached|Permission denied|No space left/i.test(messageOf(error))
}

/** Throws on a file of another version. */
async function requireSchema(connection: DuckDBConnection): Promise<void> {
  const tables = await connection.runAndReadAll(`select count(*) from information_schema.tables`)
  if (Number(tables.getRowsJS()[0]?.[0]) === 0) {
    await inTransaction(connection, async () => {
      await connection.run(SCHEMA)
      await saveMeta(connection, 'format', String(FORMAT))
    })
    return
  }
  const format = await connection.runAndReadAll(`select value from meta where name = 'format'`)
  if (format.getRowsJS()[0]?.[0] !== String(FORMAT)) throw new Error('The columns are of another version.')
}
