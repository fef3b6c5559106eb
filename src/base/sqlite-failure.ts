/** Failures of a SQLite file as our errors: which of them pass by themselves, and what to do about them. */
import type { ErrorCode } from './error-codes.ts'
import { MillraceError, messageOf } from './errors.ts'

export type SqliteFile = {
  /** What the file is to people, for example `log`. */
  role: string
  path: string
  /** The code for everything but a full disk. */
  unavailable: ErrorCode
}

/** Runs `work`; where it throws a failure of SQLite, throws that as a `MillraceError` about `file` instead. */
export function onSqliteFile<Result>(file: SqliteFile, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw describeFailure(file, error) ?? error
  }
}

/** True when the work met another connection's lock. */
export function isBusy(error: unknown): boolean {
  return primaryCodeOf(error) === BUSY_CODE
}

type Failure = { problem: string; hint: string; retryable: boolean }

const BUSY_CODE = 5
const FULL = 13
const BUSY = {
  problem: 'is kept locked by another program',
  hint: 'End the program that has this file open for writing; only Millrace may write to it.',
  retryable: true,
}
const BROKEN_IO = {
  problem: 'cannot be read or written',
  hint: 'Check that the disk is there, and that the file and its folder may be written.',
  retryable: true,
}
const UNUSABLE = {
  problem: 'cannot be used',
  hint: 'It must be a file that Millrace made, and writable; restore it from a copy when it is damaged.',
  retryable: false,
}

/** By primary result code (https://www.sqlite.org/rescode.html). Codes that are not here tell of wrong SQL: bugs. */
const FAILURES: Record<number, Failure> = {
  3: UNUSABLE, // PERM
  [BUSY_CODE]: BUSY,
  6: BUSY, // LOCKED
  7: BROKEN_IO, // NOMEM
  8: UNUSABLE, // READONLY
  10: BROKEN_IO, // IOERR
  11: UNUSABLE, // CORRUPT
  [FULL]: { problem: 'has no space left', hint: 'Free some space on the disk; nothing needs to be restarted.', retryable: true },
  14: BROKEN_IO, // CANTOPEN
  15: BUSY, // PROTOCOL: the race for a lock was lost too often
  26: UNUSABLE, // NOTADB
}

function describeFailure({ role, path, unavailable }: SqliteFile, error: unknown): MillraceError | undefined {
  const code = primaryCodeOf(error)
  const failure = code === undefined ? undefined : FAILURES[code]
  if (failure === undefined) return undefined
  const { problem, hint, retryable } = failure
  const message = `The ${role} "${path}" ${problem}: ${messageOf(error)}.`
  return new MillraceError(code === FULL ? 'disk_full' : unavailable, message, { hint, retryable, cause: error })
}

/** The lower byte of an extended code is the primary one. */
function primaryCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode & 0xff
}
