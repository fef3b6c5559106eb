/** Reading a log that another thread or process appends to. */
import type { Log } from '../log.ts'
import { onLogFile, openLogDatabaseForReading } from './log-database.ts'
import { LogReader } from './log-reader.ts'

/** Sees every entry whose append has resolved, wherever. Rejects with `log_unavailable` when there is no log at `path`. */
export async function openSqliteLogReader(path: string): Promise<Pick<Log, 'read' | 'head' | 'close'>> {
  const db = openLogDatabaseForReading(path)
  const reader = onLogFile(path, () => new LogReader(db))
  return {
    read: async (after, limits) => onLogFile(path, () => reader.read(after, limits)),
    head: async () => onLogFile(path, () => reader.head()),
    close: async () => db.close(),
  }
}
