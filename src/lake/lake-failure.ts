/** Failures of the lake's files as errors of the catalogue. */
import { MillraceError, messageOf } from '../base/errors.ts'

/** Undefined when `error` is no failure of the world: a bug, which must not be retried. */
export function asLakeFailure(error: unknown, directory: string): MillraceError | undefined {
  if (error instanceof MillraceError) return error
  if (!(error instanceof Error) || !('code' in error) || !SYSTEM_ERROR.test(String(error.code))) return undefined
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') {
    return new MillraceError('disk_full', `The disk is full: the lake in "${directory}" cannot grow.`, {
      hint: 'Free some space. Nothing is lost: documents wait in the log and the store, and filing goes on by itself.',
      cause: error,
      retryable: true,
    })
  }
  return new MillraceError('lake_unavailable', `The lake in "${directory}" cannot be written: ${messageOf(error)}.`, {
    hint: 'Check that the directory exists, is on one file system, and that this process may write to it.',
    cause: error,
    retryable: true,
  })
}

/** `EACCES`, `EIO`, …; Node's own codes are `ERR_…` and stand for bugs. */
const SYSTEM_ERROR = /^E(?!RR_)[A-Z0-9]+$/
