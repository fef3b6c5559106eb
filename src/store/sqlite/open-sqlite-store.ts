/**
 * The store in a SQLite file. Commits may run in a thread of their own, so that the next transaction is reduced meanwhile;
 * reads go over a connection of the caller's thread; cursors lie in a small file beside it.
 */
import { extname } from 'node:path'
import { invariant, MillraceError } from '../../base/errors.ts'
import { Thread } from '../../base/thread.ts'
import type { Position } from '../../log/log.ts'
import type { OutputBatch, Ownership, Store, Transaction } from '../store.ts'
import { CursorFile, cursorPath } from './cursor-file.ts'
import { buffersOf, packTransaction, type PackedTransaction } from './packed-transaction.ts'
import {
  IN_MEMORY,
  onStoreFile,
  openStoreDatabase,
  openStoreDatabaseForReading,
  type StoreDatabaseOptions,
} from './store-database.ts'
import { StoreReader } from './store-reader.ts'
import type { WriterAnswer, WriterQuestion } from './store-writer-thread.ts'
import { StoreWriter } from './store-writer.ts'

export type SqliteStoreOptions = StoreDatabaseOptions & {
  /** Commits in a thread of its own. Not for `:memory:`. */
  threaded?: boolean
}

/** Makes the file, and that of the cursors, when they are missing. */
export async function openSqliteStore({ threaded = false, ...database }: SqliteStoreOptions): Promise<Store> {
  const { path } = database
  if (path === IN_MEMORY) {
    invariant(!threaded, 'a store in memory has no thread of its own')
    const writer = new StoreWriter(database)
    return new SqliteStore({
      path,
      writer: inThisThread(writer),
      reader: new StoreReader(writer.database),
      cursors: new CursorFile(IN_MEMORY),
    })
  }
  const setUp = openStoreDatabase(database)
  const reading = openStoreDatabaseForReading(database)
  const reader = onStoreFile(path, () => new StoreReader(reading))
  setUp.close()
  const writer = threaded ? inOwnThread(database) : inThisThread(new StoreWriter(database))
  const close = async () => {
    await writer.close()
    reading.close()
  }
  return new SqliteStore({ path, writer: { ...writer, close }, reader, cursors: new CursorFile(cursorPath(path)) })
}

type Writer = {
  acquire: (partition: string) => Promise<Ownership>
  commit: (partition: string, fence: number, transaction: PackedTransaction) => Promise<void>
  close: () => Promise<void>
}

function inThisThread(writer: StoreWriter): Writer {
  return {
    acquire: async (partition) => writer.acquire(partition),
    commit: async (partition, fence, transaction) => {
      writer.commit(partition, fence, transaction)
      writer.checkpoint()
    },
    close: async () => writer.close(),
  }
}

function inOwnThread(database: StoreDatabaseOptions): Writer {
  const thread = new Thread<WriterQuestion, WriterAnswer>({
    module: new URL(`./store-writer-thread${extname(import.meta.filename)}`, import.meta.url),
    name: 'store writer',
    input: database,
    diedError: (reason, cause) =>
      new MillraceError('store_unavailable', `The thread that writes the store "${database.path}" died: ${reason}.`, {
        hint: 'Acquire the partition again, which starts the thread anew, and go on from the checkpoints.',
        retryable: true,
        cause,
      }),
  })
  return {
    acquire: async (partition) => {
      const ownership = await thread.ask({ kind: 'acquire', partition })
      invariant(ownership, 'an acquired partition has an ownership')
      return ownership
    },
    commit: async (partition, fence, transaction) => {
      await thread.ask({ kind: 'commit', partition, fence, transaction }, buffersOf(transaction))
    },
    close: () => thread.stop(),
  }
}

type SqliteStoreParts = { path: string; writer: Writer; reader: StoreReader; cursors: CursorFile }

class SqliteStore implements Store {
  readonly #parts: SqliteStoreParts
  #isCommitting = false

  constructor(parts: SqliteStoreParts) {
    this.#parts = parts
  }

  async acquire(partition: string): Promise<Ownership> {
    return this.#parts.writer.acquire(partition)
  }

  async load(space: string, keys: readonly string[]): Promise<(string | undefined)[]> {
    return onStoreFile(this.#parts.path, () => this.#parts.reader.load(space, keys))
  }

  async commit(partition: string, fence: number, transaction: Transaction): Promise<void> {
    invariant(!this.#isCommitting, 'a commit begins after the one before has settled')
    const packed = packTransaction(transaction)
    this.#isCommitting = true
    try {
      await this.#parts.writer.commit(partition, fence, packed)
    } finally {
      this.#isCommitting = false
    }
  }

  async readOutputs(collection: string, after: Position, maxBytes: number): Promise<OutputBatch[]> {
    return onStoreFile(this.#parts.path, () => this.#parts.reader.outputs(collection, after, maxBytes))
  }

  async checkpoints(): Promise<Map<string, Position>> {
    return onStoreFile(this.#parts.path, () => this.#parts.reader.checkpoints())
  }

  async loadCursor(name: string): Promise<string | undefined> {
    return this.#parts.cursors.load(name)
  }

  async saveCursor(name: string, value: string): Promise<void> {
    this.#parts.cursors.save(name, value)
  }

  async close(): Promise<void> {
    await this.#parts.writer.close()
    this.#parts.cursors.close()
  }
}
