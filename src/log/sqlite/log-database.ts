/** The log's file: its tables and how connections to it are set up. */
import { DatabaseSync } from 'node:sqlite'
import { onSqliteFile } from '../../base/sqlite-failure.ts'

const TABLES = `
  create table if not exists entries (
    position integer primary key,
    appended_at integer not null,
    payload blob not null
  ) strict;

  create table if not exists idempotency (
    position integer primary key,
    key text not null unique,
    content_hash blob not null,
    appended_at integer not null
  ) strict;
`

/** Entries are mostly 100 to 200 KB: larger pages mean shorter chains, and a small entry still writes few bytes. */
const PAGE_BYTES = 8192
/** Longer than any transaction of the log; who waits longer is locked out by a foreign program. */
const BUSY_MS = 2_000
const WAL_BYTES_KEPT = 64_000_000

export type LogDatabaseOptions = {
  /** `:memory:` keeps everything in memory. */
  path: string
  /** Size limit of the file in pages, as a full disk would set it. */
  pagesMax?: number
}

/**
 * The one connection that writes; makes the file and its tables when they are missing. `secure_delete = fast` costs nothing here and
 * keeps pages free of copies of rows that have moved: entries are only appended, so each is in one place, and a redaction finds it.
 */
export function openLogDatabase({ path, pagesMax }: LogDatabaseOptions): DatabaseSync {
  return onLogFile(path, () => {
    const db = new DatabaseSync(path, { timeout: BUSY_MS })
    db.exec(`
      pragma page_size = ${PAGE_BYTES};
      pragma journal_mode = wal;
      pragma synchronous = full;
      pragma secure_delete = fast;
      pragma journal_size_limit = ${WAL_BYTES_KEPT};
      begin;
      ${TABLES}
      commit;
    `)
    if (pagesMax !== undefined) db.exec(`pragma max_page_count = ${pagesMax}`)
    return db
  })
}

/** A connection that only reads a file which exists. */
export function openLogDatabaseForReading(path: string): DatabaseSync {
  return onLogFile(path, () => new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS }))
}

/** Runs `work`, throwing failures of the file as the log's own errors. */
export function onLogFile<Result>(path: string, work: () => Result): Result {
  return onSqliteFile({ role: 'log', path, unavailable: 'log_unavailable' }, work)
}
