/** The store's files: their tables and how connections to them are set up. */
import { DatabaseSync } from 'node:sqlite'
import { isBusy, onSqliteFile } from '../../base/sqlite-failure.ts'

const TABLES = `
  create table if not exists spaces (
    id integer primary key,
    name text not null unique
  ) strict;

  create table if not exists documents (
    space integer not null,
    key text not null,
    value text not null,
    primary key (space, key)
  ) strict;

  create table if not exists outputs (
    id integer primary key,
    collection text not null,
    through integer not null,
    after integer not null,
    appended_at integer not null,
    payload blob not null,
    unique (collection, through)
  ) strict;

  create table if not exists checkpoints (
    task text primary key,
    position integer not null
  ) strict, without rowid;

  create table if not exists last_commit (
    id integer primary key check (id = 1),
    number integer not null,
    partition text not null,
    fence integer not null
  ) strict;

  create table if not exists owners (
    partition text primary key,
    fence integer not null
  ) strict, without rowid;
`

const CURSORS = `
  create table if not exists cursors (
    name text primary key,
    value text not null
  ) strict, without rowid;
`

export const IN_MEMORY = ':memory:'

/**
 * Measured with 400,000 changes a commit: 6 to 9 µs of CPU a document with pages of 8 and 16 KB, 7 to 12 µs with 4 KB; small commits
 * write less with smaller ones.
 */
export const PAGE_BYTES = 8192
/** Longer than any transaction takes: a second writer (two owners at once) waits rather than fails. */
const BUSY_MS = 60_000
const WAL_BYTES_KEPT = 64_000_000

/** Memory for pages, per connection. Measured: as changes come sorted, 16 MB serve a commit as well as 256 MB. */
const CACHE_BYTES = 24_000_000

export type StoreDatabaseOptions = {
  path: string
  cacheBytes?: number
  /** Size limit of the file in pages, as a full disk would set it. */
  pagesMax?: number
}

/** A connection that may write; makes the file and its tables when they are missing. */
export function openStoreDatabase({ path, cacheBytes = CACHE_BYTES, pagesMax }: StoreDatabaseOptions): DatabaseSync {
  return onStoreFile(path, () => {
    const db = new DatabaseSync(path, { timeout: BUSY_MS })
    // Commits are not flushed one by one: the log can replay those that a crash of the machine undoes. Deleted content is
    // overwritten where that takes no further page write (measured: no cost, and of 300 values deleted among 3,000, 10 rather than
    // 270 stay legible in the file); `on` leaves some as well, in the gaps of pages that were split. `scrub` leaves none.
    db.exec(`pragma page_size = ${PAGE_BYTES}`)
    enterWriteAheadMode(db)
    db.exec(`
      pragma synchronous = normal;
      pragma secure_delete = fast;
      pragma wal_autocheckpoint = 0;
      pragma journal_size_limit = ${WAL_BYTES_KEPT};
      pragma cache_size = -${Math.ceil(cacheBytes / 1024)};
      ${TABLES}
    `)
    if (pagesMax !== undefined) db.exec(`pragma max_page_count = ${pagesMax}`)
    return db
  })
}

/** A connection that only reads a file which exists. */
export function openStoreDatabaseForReading({ path, cacheBytes = CACHE_BYTES }: StoreDatabaseOptions): DatabaseSync {
  return onStoreFile(path, () => {
    // Not `readOnly`: after a crash the first connection must be able to recover the write-ahead log.
    const db = new DatabaseSync(path, { timeout: BUSY_MS })
    db.exec(`pragma query_only = 1; pragma cache_size = -${Math.ceil(cacheBytes / 1024)}`)
    return db
  })
}

/** Cursors have a file of their own, so that saving one never waits for a long commit. */
export function openCursorDatabase(path: string): DatabaseSync {
  return onStoreFile(path, () => {
    const db = new DatabaseSync(path, { timeout: BUSY_MS })
    enterWriteAheadMode(db)
    db.exec(`pragma synchronous = full; ${CURSORS}`)
    return db
  })
}

/** Threads that open a new file together meet here, and for this one step SQLite does not wait for the others by itself. */
function enterWriteAheadMode(db: DatabaseSync): void {
  for (let attempt = 1; ; attempt++) {
    try {
      return db.exec('pragma journal_mode = wal')
    } catch (error) {
      if (!isBusy(error) || attempt === MODE_ATTEMPTS) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, MODE_PAUSE_MS)
    }
  }
}

/** Together two seconds; the step takes a few milliseconds, and only when the file is new. */
const MODE_ATTEMPTS = 100
const MODE_PAUSE_MS = 20

/** Runs `work`, throwing failures of the file as the store's own errors. */
export function onStoreFile<Result>(path: string, work: () => Result): Result {
  return onSqliteFile({ role: 'store', path, unavailable: 'store_unavailable' }, work)
}
