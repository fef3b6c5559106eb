/** One POST of notifications, signed as Standard Webhooks (standardwebhooks.com) says, so that its libraries can verify it. */
import { createHmac } from 'node:crypto'
import { messageOf } from '../../base/errors.ts'

export type WebhookTarget = {
  url: string
  /** Sent with each request; those that are set here cannot be replaced. */
  headers: Readonly<Record<string, string>>
  /** Signs bodies: base64 behind `whsec_`, or the text itself. Never shown. */
  secret?: string
}

export type WebhookPost = {
  /** The same for the same body only. */
  key: string
  body: string
  /** Of the attempt, in milliseconds. */
  at: number
  signal: AbortSignal
}

export type WebhookAnswer =
  | { kind: 'received' }
  /** It may pass by itself. `afterMs`: when to come again, as the receiver asked. */
  | { kind: 'failed'; message: string; afterMs?: number }
  /** The same body will not be taken. */
  | { kind: 'refused'; message: string }

/** Receivers may take their time over a body of some MB. */
const TIMEOUT_MS = 60_000
/** Of an answer other than 2xx: enough for its reason. */
const REASON_BYTES_MAX = 1_000
/** However long a receiver asks to be left alone. */
const RETRY_AFTER_MAX_MS = 3_600_000

/** Rejects when the post's signal aborts. */
export async function postWebhook(
  { url, headers: own, secret }: WebhookTarget,
  { key, body, at, signal }: WebhookPost,
  { fetch, timeoutMs = TIMEOUT_MS }: { fetch: typeof globalThis.fetch; timeoutMs?: number | undefined },
): Promise<WebhookAnswer> {
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    const headers = new Headers({ ...own })
    headers.set('content-type', 'application/json')
    headers.set('idempotency-key', key)
    headers.set('webhook-id', key)
    headers.set('webhook-timestamp', String(Math.floor(at / 1_000)))
    if (secret !== undefined) headers.set('webhook-signature', signatureOf(secret, { key, body, at }))
    // A redirect would turn the POST into a GET, or carry secret headers elsewhere.
    const init = { method: 'POST', headers, body, signal: AbortSignal.any([signal, timeout]), redirect: 'manual' } as const
    return await judge(url, await fetch(url, init), at)
  } catch (error) {
    if (signal.aborted) throw error
    const reason = timeout.aborted ? 'did not answer in time' : `could not be reached: ${reasonOf(error)}`
    return { kind: 'failed', message: `${nameOf(url)} ${reason}.` }
  }
}

function signatureOf(secret: string, { key, body, at }: Pick<WebhookPost, 'key' | 'body' | 'at'>): string {
  const [, encoded] = /^whsec_(.*)$/s.exec(secret) ?? []
  const bytes = encoded === undefined ? Buffer.from(secret) : Buffer.from(encoded, 'base64')
  return `v1,${createHmac('sha256', bytes)
    .update(`${key}.${Math.floor(at / 1_000)}.${body}`)
    .digest('base64')}`
}

async function judge(url: string, response: Response, at: number): Promise<WebhookAnswer> {
  const { status, ok, headers } = response
  if (ok) {
    // The body has arrived, so whatever the answer goes on to say does not matter.
    await response.body?.cancel().catch(() => {})
    return { kind: 'received' }
  }
  const message = `${nameOf(url)} answered ${status}${await readReason(response)}.`
  if (status < 500 && status !== 408 && status !== 429) return { kind: 'refused', message }
  const afterMs = readRetryAfter(headers.get('retry-after') ?? '', at)
  return { kind: 'failed', message, ...(afterMs > 0 && { afterMs: Math.min(afterMs, RETRY_AFTER_MAX_MS) }) }
}

/** Seconds or a date, as RFC 9110 says; NaN for what is neither. */
function readRetryAfter(text: string, at: number): number {
  return /^\s*\d+\s*$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - at
}

async function readReason({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= REASON_BYTES_MAX) break
  }
  const text = Buffer.concat(chunks).toString('utf8', 0, REASON_BYTES_MAX).replaceAll(/\s+/g, ' ').trim()
  return text === '' ? '' : `: ${text}`
}

/** `fetch` hides the reason in the cause; what it says without one may quote headers and addresses, which are secret. */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : 'no such request can be made'
}

/** Without the query, which may be secret. */
function nameOf(url: string): string {
  const { origin, pathname } = new URL(url)
  return `Webhook ${origin}${pathname}`
}
