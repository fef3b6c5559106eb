/** Errors as HTTP answers: problem details (RFC 9457), the same for every endpoint. */
import { ERROR_CODES, type ErrorCode } from '../base/error-codes.ts'
import { MillraceError } from '../base/errors.ts'

/** One reason why one document was refused. */
export type DocumentViolation = {
  collection: string
  /** Of the document within its collection, 0 for the first. */
  index: number
  /** Line of an NDJSON body, 1 for the first. */
  line?: number
  /** Row of a CSV or TSV body; the header is row 1. */
  row?: number
  code: ErrorCode
  /** JSON pointer into the document. */
  pointer: string
  message: string
}

export type Problem = {
  status: number
  code: ErrorCode
  /** What the code means, always the same. */
  title: string
  /** What failed this time. */
  detail: string
  hint?: string
  violations?: DocumentViolation[]
}

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

/** The codes that endpoints answer with. Whatever is not listed is not the client's doing: 500. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  document_invalid: 400,
  key_invalid: 400,
  body_invalid: 400,
  event_invalid: 400,
  request_invalid: 400,
  write_key_unknown: 401,
  token_refused: 401,
  access_denied: 403,
  collection_unknown: 404,
  entity_unknown: 404,
  erasure_unknown: 404,
  quarantine_item_unknown: 404,
  segment_unknown: 404,
  webhook_unknown: 404,
  path_unknown: 404,
  method_unsupported: 405,
  merge_refused: 409,
  split_refused: 409,
  segment_in_use: 409,
  segment_limit: 409,
  segment_not_manual: 409,
  segment_of_catalog: 409,
  webhook_not_stopped: 409,
  cursor_expired: 410,
  body_too_large: 413,
  content_type_unsupported: 415,
  idempotency_key_reused: 422,
  segment_invalid: 422,
  upgrade_required: 426,
  rate_limited: 429,
  server_busy: 503,
  log_unavailable: 503,
  store_unavailable: 503,
  lake_unavailable: 503,
  columns_unavailable: 503,
  columns_incomplete: 503,
  question_too_slow: 503,
  disk_full: 507,
}

/** Long enough for a flush or a failover, short enough that nobody gives up. */
const RETRY_AFTER_SECONDS = 1
/** A disk is not emptied within a second. */
const RETRY_AFTER_DISK_FULL_SECONDS = 10

/** The status that answers a request which fails with `code`. */
export function statusOf(code: ErrorCode): number {
  return STATUS[code] ?? 500
}

export function problem(code: ErrorCode, detail: string, hint?: string): Problem {
  return { status: statusOf(code), code, title: ERROR_CODES[code], detail, ...(hint !== undefined && { hint }) }
}

/** The answer for anything that was thrown; what is no MillraceError is a bug, and its message stays inside. */
export function problemOf(error: unknown): Problem {
  if (error instanceof MillraceError) return problem(error.code, error.message, error.hint)
  return problem(
    'internal_error',
    'The request failed for a reason inside Millrace.',
    'Whether it was accepted is unknown; repeat it with an Idempotency-Key.',
  )
}

/**
 * Headers of an answer after which the same request may succeed: `Retry-After` in seconds, and `X-RateLimit-Reset`, the instant in
 * Unix seconds, since SDKs of the field read the one or the other. No headers for other answers.
 */
export function retryHeaders({ status, code }: Pick<Problem, 'status' | 'code'>, now: number): Record<string, string> {
  if (status !== 429 && status !== 503 && status !== 507) return {}
  return retryAfter(code === 'disk_full' ? RETRY_AFTER_DISK_FULL_SECONDS : RETRY_AFTER_SECONDS, now)
}

export function retryAfter(seconds: number, now: number): Record<string, string> {
  return { 'retry-after': String(seconds), 'x-ratelimit-reset': String(Math.ceil(now / 1000) + seconds) }
}
