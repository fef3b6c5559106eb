/** SQLite's errors as ours: which of them pass by themselves. */
import { MillraceError, messageOf } from '../../base/errors.ts'

/** Primary result codes, https://www.sqlite.org/rescode.html */
const CODES = { perm: 3, busy: 5, locked: 6, readonly: 8, ioerr: 10, full: 13, cantopen: 14, notadb: 26 } as const

export function toEndpointError(error: unknown, path: string): unknown {
  const code = sqliteCode(error)
  if (error instanceof MillraceError || code === undefined) return error
  const reason = messageOf(error)
  const options = { cause: error, retryable: true }
  switch (code) {
    case CODES.full:
      return new MillraceError('disk_full', `No space left for "${path}": ${reason}.`, {
        ...options,
        hint: 'Free some space on the disk; the materialization goes on by itself.',
      })
    case CODES.busy:
    case CODES.locked:
      return new MillraceError('endpoint_unavailable', `Another program keeps "${path}" locked: ${reason}.`, {
        ...options,
        hint: 'End the transaction of the program that writes to this file; the materialization goes on by itself.',
      })
    case CODES.cantopen:
    case CODES.ioerr:
      return new MillraceError('endpoint_unavailable', `"${path}" cannot be read or written: ${reason}.`, {
        ...options,
        hint: 'Check that the disk is there and that the file and its folder may be written.',
      })
    case CODES.perm:
    case CODES.readonly:
    case CODES.notadb:
      return new MillraceError('endpoint_unavailable', `"${path}" cannot be used: ${reason}.`, {
        cause: error,
        hint: 'The path must be that of a SQLite database which may be written, or of no file yet.',
      })
    default:
      return error
  }
}

/** The primary code: the lower byte of the extended one. */
function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode & 0xff
}
