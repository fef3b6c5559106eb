/**
 * The log in a SQLite file: one row per appended batch, flushed to the disk before the append resolves. Appends that run at
 * once share a flush; reads go over a connection of their own.
 */
import { extname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../base/clock.ts'
import { invariant, MillraceError } from '../../base/errors.ts'
import { Thread } from '../../base/thread.ts'
import type { AppendReceipt, AppendRequest, Log, LogEntry, Position, ReadLimits, Redaction } from '../log.ts'
import { packGroup, type AppendGroup, type AppendOutcome } from './append-group.ts'
import { AppendQueue } from './append-queue.ts'
import { onLogFile, openLogDatabaseForReading, type LogDatabaseOptions } from './log-database.ts'
import { LogReader } from './log-reader.ts'
import { LogWriter } from './log-writer.ts'
import type { WriterQuestion } from './log-writer-thread.ts'

export type SqliteLogOptions = LogDatabaseOptions & {
  clock: Clock
  /** Writes in a thread of its own, so that the caller's never waits for the disk. Not for `:memory:`. */
  threaded?: boolean
}

/** Makes the file when it is missing. One process at a time may have it open for appending. */
export async function openSqliteLog({ path, pagesMax, clock, threaded = false }: SqliteLogOptions): Promise<Log> {
  const database = { path, ...(pagesMax === undefined ? {} : { pagesMax }) }
  if (!threaded) {
    const writer = new LogWriter(database)
    const reading = path === IN_MEMORY ? writer.database : openLogDatabaseForReading(path)
    return new SqliteLog({
      path,
      clock,
      reading,
      writer: {
        append: async (group) => writer.append(group),
        redact: async (changes) => writer.redact(changes),
        close: async () => writer.close(),
      },
    })
  }
  invariant(path !== IN_MEMORY, 'a log in memory has no thread of its own')
  const thread = startWriterThread(database)
  await thread.ask('open')
  const writer = {
    append: (group: AppendGroup) => thread.ask(group, [group.payloads.buffer]),
    redact: async (redactions: readonly Redaction[]) => void (await thread.ask({ redactions })),
    close: () => thread.stop(),
  }
  return new SqliteLog({ path, clock, reading: openLogDatabaseForReading(path), writer })
}

const IN_MEMORY = ':memory:'

function startWriterThread(database: LogDatabaseOptions): Thread<WriterQuestion, AppendOutcome[]> {
  return new Thread({
    module: new URL(`./log-writer-thread${extname(import.meta.filename)}`, import.meta.url),
    name: 'log writer',
    input: database,
    diedError: (reason, cause) =>
      new MillraceError('log_unavailable', `The thread that writes the log "${database.path}" died: ${reason}.`, {
        hint: 'The next append starts it anew; append again with the same idempotency key.',
        retryable: true,
        cause,
      }),
  })
}

type RunningWriter = {
  append: (group: AppendGroup) => Promise<AppendOutcome[]>
  redact: (changes: readonly Redaction[]) => Promise<void>
  close: () => Promise<void>
}

type SqliteLogParts = { path: string; clock: Clock; reading: DatabaseSync; writer: RunningWriter }

class SqliteLog implements Log {
  readonly #parts: SqliteLogParts
  readonly #reader: LogReader
  readonly #queue: AppendQueue
  #isClosed = false

  constructor(parts: SqliteLogParts) {
    const { path, clock, reading, writer } = parts
    this.#parts = parts
    this.#reader = onLogFile(path, () => new LogReader(reading))
    this.#queue = new AppendQueue(async (requests) => writer.append(packGroup(requests, clock.now())))
  }

  async append(request: AppendRequest): Promise<AppendReceipt> {
    invariant(!this.#isClosed, 'nothing is appended to a closed log')
    if (request.idempotencyKey !== undefined) requireUsableKey(request.idempotencyKey)
    return this.#queue.append(request)
  }

  async redact(changes: readonly Redaction[]): Promise<void> {
    invariant(!this.#isClosed, 'nothing is redacted in a closed log')
    await this.#parts.writer.redact(changes)
  }

  async read(after: Position, limits: ReadLimits): Promise<LogEntry[]> {
    return onLogFile(this.#parts.path, () => this.#reader.read(after, limits))
  }

  async head(): Promise<Position> {
    return onLogFile(this.#parts.path, () => this.#reader.head())
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#queue.settle()
    if (this.#parts.path !== IN_MEMORY) this.#parts.reading.close()
    await this.#parts.writer.close()
  }
}

const KEY_LENGTH_MAX = 255

function requireUsableKey(key: string): void {
  const isUsable = key.length > 0 && key.length <= KEY_LENGTH_MAX && key.isWellFormed()
  invariant(isUsable, `an idempotency key has 1 to ${KEY_LENGTH_MAX} characters, not "${key}"`)
}
