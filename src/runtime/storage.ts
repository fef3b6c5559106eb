/** Which implementation stands behind each port: the one place where the configuration decides it. */
import type { Clock } from '../base/clock.ts'
import type { Log, LogReader } from '../log/log.ts'
import { openSqliteLog } from '../log/sqlite/open-sqlite-log.ts'
import { openSqliteLogReader } from '../log/sqlite/open-sqlite-log-reader.ts'
import { ACCOUNT_USER_SPACE, DEADLINE_SPACE } from '../model/segment/segment.ts'
import type { Store, StoreReader } from '../store/store.ts'
import { openSqliteStore } from '../store/sqlite/open-sqlite-store.ts'
import { openSqliteStoreReader } from '../store/sqlite/open-sqlite-store-reader.ts'
import type { EngineConfig } from './config.ts'
import { dataDirectory } from './data-directory.ts'

export function openLog(config: EngineConfig, clock: Clock): Promise<Log> {
  return openSqliteLog({ path: dataDirectory(config.data).logPath, clock, threaded: true })
}

/** For threads that only read. */
export function openLogReader(config: EngineConfig): Promise<LogReader> {
  return openSqliteLogReader(dataDirectory(config.data).logPath)
}

export async function openStore(config: EngineConfig): Promise<Store> {
  if (config.store !== 'sqlite') return await openPostgres(config.store)
  const orderedSpaces = [DEADLINE_SPACE, ACCOUNT_USER_SPACE]
  return await openSqliteStore({ path: dataDirectory(config.data).storePath, threaded: true, orderedSpaces })
}

/** For threads that follow the store. */
export async function openStoreReader(config: EngineConfig): Promise<StoreReader> {
  if (config.store !== 'sqlite') return await openPostgres(config.store)
  return await openSqliteStoreReader(dataDirectory(config.data).storePath)
}

/** The driver is loaded only where it is used: starting is faster without it. */
async function openPostgres(url: string): Promise<Store> {
  const { openPostgresStore } = await import('../store/postgres/open-postgres-store.ts')
  return await openPostgresStore({ url })
}
