/** Reading a store that another thread or process commits to. */
import type { StoreReader as Reader } from '../store.ts'
import { CursorFile, cursorPath } from './cursor-file.ts'
import { scrubSqliteStore } from './scrub-sqlite-store.ts'
import { onStoreFile, openStoreDatabase, openStoreDatabaseForReading } from './store-database.ts'
import { StoreReader } from './store-reader.ts'

/** Sees every commit that has resolved, wherever. A store that does not exist yet is made, empty. */
export async function openSqliteStoreReader(path: string): Promise<Reader> {
  const setUp = openStoreDatabase({ path })
  const db = openStoreDatabaseForReading({ path, cacheBytes: READER_CACHE_BYTES })
  const reader = onStoreFile(path, () => new StoreReader(db))
  setUp.close()
  const cursors = new CursorFile(cursorPath(path))
  return {
    load: async (space, keys) => onStoreFile(path, () => reader.load(space, keys)),
    scan: async (space, range, limit) => onStoreFile(path, () => reader.scan(space, range, limit)),
    readOutputs: async (collection, after, maxBytes) => onStoreFile(path, () => reader.outputs(collection, after, maxBytes)),
    checkpoints: async () => onStoreFile(path, () => reader.checkpoints()),
    loadCursor: async (name) => cursors.load(name),
    saveCursor: async (name, value) => cursors.save(name, value),
    cursorNames: async (prefix) => cursors.names(prefix),
    scrub: () => scrubSqliteStore(path),
    close: async () => {
      cursors.close()
      db.close()
    },
  }
}

/** Such readers go through outputs once, from front to back: caching them gains nothing. */
const READER_CACHE_BYTES = 2_000_000
