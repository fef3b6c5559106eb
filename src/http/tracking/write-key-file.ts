/** The file of write keys in the data directory: read at any time, replaced as a whole, by one process after the other. */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import * as z from 'zod'
import { MillraceError, messageOf } from '../../base/errors.ts'
import { KEY_SCOPES, type WriteKey } from '../../engine/tracking/write-keys.ts'
import { EVENT_TYPES } from '../../model/event/event.ts'

const fileSchema = z.object({
  version: z.literal(1),
  keys: z.array(
    z.object({
      id: z.string(),
      hash: z.string().regex(/^[0-9a-f]{64}$/),
      prefix: z.string(),
      source: z.string().exactOptional(),
      scopes: z.array(z.enum(KEY_SCOPES)),
      types: z.array(z.enum(EVENT_TYPES)).exactOptional(),
      createdAt: z.iso.datetime(),
      expiresAt: z.iso.datetime().exactOptional(),
      revokedAt: z.iso.datetime().exactOptional(),
    }),
  ),
})

/** Another process changes the file for milliseconds only. */
const LOCK_TIMEOUT_MS = 5_000

export function writeKeyFile(dataDirectory: string): string {
  return join(dataDirectory, 'write-keys.json')
}

/** The keys; none when there is no file. Throws `write_keys_invalid`. */
export function readWriteKeys(path: string): WriteKey[] {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).keys
  } catch (cause) {
    if (isMissing(cause)) return []
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause)
    throw new MillraceError('write_keys_invalid', `The file of write keys "${path}" cannot be read: ${reason}`, {
      hint: 'Bring it back from a copy; keys cannot be restored from anything else.',
      cause,
    })
  }
}

/**
 * Replaces the keys by what `change` makes of them; on disk when it returns, with mode 0600. Processes wait for each other, and
 * readers see the old file or the new one. Throws `write_keys_invalid`, and what `change` throws (then nothing is written).
 */
export function changeWriteKeys(path: string, change: (keys: readonly WriteKey[]) => WriteKey[]): void {
  mkdirSync(dirname(path), { recursive: true })
  const unlock = lock(path)
  try {
    const text = `${JSON.stringify({ version: 1, keys: change(readWriteKeys(path)) }, null, 2)}\n`
    replaceFile(path, text)
  } finally {
    unlock()
  }
}

/** SQLite's lock is the operating system's: it ends with the process, however that ends. */
function lock(path: string): () => void {
  const database = new DatabaseSync(`${path}.lock`, { timeout: LOCK_TIMEOUT_MS })
  try {
    database.exec('begin exclusive')
  } catch (cause) {
    database.close()
    throw new MillraceError('write_keys_invalid', `The file of write keys "${path}" cannot be changed: ${messageOf(cause)}.`, {
      hint: 'Another process may be changing it; try again.',
      cause,
    })
  }
  return () => database.close()
}

function replaceFile(path: string, text: string): void {
  const draft = `${path}.new`
  const file = openSync(draft, 'w', 0o600)
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(draft, path)
  const folder = openSync(dirname(path), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
