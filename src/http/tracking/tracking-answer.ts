/** Answers of the tracking API: SDKs look at the status only, people at `message` and `code`. */
import type { FastifyReply } from 'fastify'
import type { ErrorCode } from '../../base/error-codes.ts'
import { RefusedDelivery } from '../../engine/tracking/refused-delivery.ts'
import type { Rejection, TrackingReceipt } from '../../engine/tracking/tracking.ts'
import { problemOf, retryAfter, retryHeaders, statusOf } from '../problem.ts'
import { RateLimitError } from './rate-limits.ts'

export type Refusal = { status: number; code: ErrorCode; message: string; hint?: string; rejected?: readonly Rejection[] }

const JSON_TYPE = 'application/json; charset=utf-8'

export function sendReceipt(reply: FastifyReply, { accepted, rejected }: TrackingReceipt): FastifyReply {
  const list = rejected.length === 0 ? '[]' : JSON.stringify(rejected)
  return reply.type(JSON_TYPE).send(`{"success":true,"accepted":${accepted},"rejected":${list}}`)
}

/** For anything that was thrown; what is no MillraceError keeps its message inside. */
export function refusalOf(error: unknown): Refusal {
  const { code, detail, hint } = problemOf(error)
  // Of a strict source: which events were bad.
  const rejected = error instanceof RefusedDelivery ? error.rejected : undefined
  return { status: statusOf(code), code, message: detail, ...(hint !== undefined && { hint }), ...(rejected && { rejected }) }
}

export function sendRefusal(
  reply: FastifyReply,
  { refusal, error, now }: { refusal: Refusal; error: unknown; now: number },
): FastifyReply {
  const { status, ...body } = refusal
  const headers = error instanceof RateLimitError ? retryAfter(error.retryAfterSeconds, now) : retryHeaders(refusal, now)
  // Basic would make browsers ask people for a password.
  if (status === 401) reply.header('www-authenticate', 'Bearer')
  return reply
    .code(status)
    .headers(headers)
    .type(JSON_TYPE)
    .send(JSON.stringify({ success: false, ...body }))
}
