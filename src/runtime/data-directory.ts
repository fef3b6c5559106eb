/** The data directory: one place for everything that a process keeps, and a lock that ends with the process, however it ends. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { MillraceError } from '../base/errors.ts'

export type DataDirectory = {
  path: string
  logPath: string
  storePath: string
  lakePath: string
  lakeManifestPath: string
  /** Made anew when it is missing, from the lake and the store. */
  columnsPath: string
  columnsTemporaryPath: string
  /** Records of erasures, and what they ask of the lake's thread. */
  erasuresPath: string
  erasureOrdersPath: string
  suppressionPath: string
}

export function dataDirectory(path: string): DataDirectory {
  const root = resolve(path)
  return {
    path: root,
    logPath: join(root, 'log.db'),
    storePath: join(root, 'store.db'),
    lakePath: join(root, 'lake'),
    lakeManifestPath: join(root, 'lake.db'),
    columnsPath: join(root, 'columns.duckdb'),
    columnsTemporaryPath: join(root, 'columns.tmp'),
    erasuresPath: join(root, 'erasures'),
    erasureOrdersPath: join(root, 'erasures', 'orders'),
    suppressionPath: join(root, 'suppression.json'),
  }
}

/**
 * Makes the directory and claims it for this process; returns the release. SQLite's lock on `lock.db` is the operating
 * system's, so it goes with the process even when that is killed.
 */
export function lockDataDirectory({ path }: DataDirectory): () => void {
  mkdirSync(path, { recursive: true })
  const lock = new DatabaseSync(join(path, 'lock.db'))
  const ownerPath = join(path, 'lock.owner')
  try {
    lock.exec('pragma locking_mode = exclusive; begin exclusive')
  } catch (cause) {
    lock.close()
    throw new MillraceError('directory_locked', `The data directory "${path}" is in use${readOwner(ownerPath)}.`, {
      hint: 'Stop the other process, or give this one a directory of its own with --data.',
      cause,
    })
  }
  writeFileSync(ownerPath, String(process.pid))
  return () => lock.close()
}

function readOwner(path: string): string {
  try {
    return ` by the process ${readFileSync(path, 'utf8')}`
  } catch {
    return ''
  }
}
