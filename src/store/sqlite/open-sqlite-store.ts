/**
 * The store in a SQLite file. Commits may run in a thread of their own, so that the next transaction is reduced meanwhile;
 * reads go over a connection of the caller's thread; cursors lie in a small file beside it.
 */
import { invariant } from '../../base/errors.ts'
import type { Position } from '../../log/log.ts'
import type { KeyRange, OutputBatch, Ownership, Store, StoredDocument, Transaction } from '../store.ts'
import { CursorFile, cursorPath } from './cursor-file.ts'
import { KeyFilter } from './key-filter.ts'
import { KeyScan } from './key-scan.ts'
import { packTransaction } from './packed-transaction.ts'
import { runInOwnThread, runInThisThread, type RunningWriter } from './run-writer.ts'
import { scrubSqliteStore } from './scrub-sqlite-store.ts'
import {
  IN_MEMORY,
  onStoreFile,
  openStoreDatabase,
  openStoreDatabaseForReading,
  type StoreDatabaseOptions,
} from './store-database.ts'
import { StoreReader } from './store-reader.ts'
import { StoreWriter } from './store-writer.ts'

export type SqliteStoreOptions = StoreDatabaseOptions & {
  /** Commits in a thread of its own. Not for `:memory:`. */
  threaded?: boolean
  /** Spaces that are read by `scan`, hardly ever by `load`: no filter of keys is kept for them, which would only grow. */
  orderedSpaces?: readonly string[]
}

/** Makes the file, and that of the cursors, when they are missing. */
export async function openSqliteStore({ threaded = false, orderedSpaces = [], ...database }: SqliteStoreOptions): Promise<Store> {
  const { path } = database
  if (path === IN_MEMORY) {
    invariant(!threaded, 'a store in memory has no thread of its own')
    const writer = new StoreWriter(database)
    return new SqliteStore({
      path,
      orderedSpaces,
      writer: runInThisThread(writer),
      reader: new StoreReader(writer.database),
      cursors: new CursorFile(IN_MEMORY),
    })
  }
  const setUp = openStoreDatabase(database)
  const reading = openStoreDatabaseForReading(database)
  const reader = onStoreFile(path, () => new StoreReader(reading))
  setUp.close()
  const writer = threaded ? runInOwnThread(database) : runInThisThread(new StoreWriter(database))
  const close = async () => {
    await writer.close()
    reading.close()
  }
  return new SqliteStore({ path, orderedSpaces, writer: { ...writer, close }, reader, cursors: new CursorFile(cursorPath(path)) })
}

type SqliteStoreParts = {
  path: string
  orderedSpaces: readonly string[]
  writer: RunningWriter
  reader: StoreReader
  cursors: CursorFile
}

class SqliteStore implements Store {
  readonly #parts: SqliteStoreParts
  #isCommitting = false
  #filter: KeyFilter | undefined
  #scan: KeyScan | undefined

  constructor(parts: SqliteStoreParts) {
    this.#parts = parts
  }

  async acquire(partition: string): Promise<Ownership> {
    const { path, orderedSpaces, writer } = this.#parts
    const { ownership, commits } = await writer.acquire(partition)
    await this.#scan?.end()
    this.#filter = new KeyFilter({ partition, fence: ownership.fence }, { commits, orderedSpaces })
    if (commits === 0) this.#filter.addScanned([])
    else if (path !== IN_MEMORY) this.#scan = new KeyScan({ path, except: orderedSpaces }, this.#filter)
    return ownership
  }

  async load(space: string, keys: readonly string[]): Promise<(string | undefined)[]> {
    return onStoreFile(this.#parts.path, () => this.#parts.reader.load(space, keys, this.#filter))
  }

  async scan(space: string, range: KeyRange, limit: number): Promise<StoredDocument[]> {
    return onStoreFile(this.#parts.path, () => this.#parts.reader.scan(space, range, limit))
  }

  async commit(partition: string, fence: number, transaction: Transaction): Promise<void> {
    invariant(!this.#isCommitting, 'a commit begins after the one before has settled')
    const packed = packTransaction(transaction)
    this.#isCommitting = true
    try {
      this.#filter?.addWritten(transaction.documents)
      this.#filter?.endCommit(await this.#parts.writer.commit(partition, fence, packed))
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

  async cursorNames(prefix: string): Promise<string[]> {
    return this.#parts.cursors.names(prefix)
  }

  async scrub(): Promise<void> {
    // What is in memory has no file to be legible in.
    if (this.#parts.path !== IN_MEMORY) await scrubSqliteStore(this.#parts.path)
  }

  async close(): Promise<void> {
    await this.#scan?.end()
    await this.#parts.writer.close()
    this.#parts.cursors.close()
  }
}
