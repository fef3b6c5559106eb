/** Errors in a form that crosses threads: on the way they lose their class. */
import type { ErrorCode } from './error-codes.ts'
import { MillraceError } from './errors.ts'

export type PackedError = {
  code: ErrorCode | undefined
  message: string
  hint: string | undefined
  retryable: boolean
  cause: unknown
}

export function packError(error: unknown): PackedError {
  if (error instanceof MillraceError) {
    const { code, message, hint, retryable } = error
    return { code, message, hint, retryable, cause: error.cause }
  }
  return {
    code: undefined,
    message: error instanceof Error ? error.message : String(error),
    hint: undefined,
    retryable: false,
    cause: error,
  }
}

export function unpackError({ code, message, hint, retryable, cause }: PackedError): Error {
  if (code === undefined) return new Error(message, { cause })
  return new MillraceError(code, message, { ...(hint === undefined ? {} : { hint }), retryable, cause })
}
