/**
 * The one error class for "the world failed or the user erred", and `invariant` for bugs.
 * Expected results of the domain are values (discriminated unions), not errors.
 */
import type { ErrorCode } from './error-codes.ts'

type ErrorOptions = {
  /** What to do about it, as a sentence. */
  hint?: string
  cause?: unknown
  /** True when the same call may succeed later without anybody changing anything. */
  retryable?: boolean
}

export class MillraceError extends Error {
  override readonly name = 'MillraceError'
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly retryable: boolean

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint
    this.retryable = options.retryable ?? false
  }
}

/** Marks a bug: the unit of work must crash rather than go on with a broken assumption. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Broken invariant: ${message}`)
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
