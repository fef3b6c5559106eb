/** Pushes documents as JSON arrays in HTTP POST requests. */
import { invariant, MillraceError, messageOf } from '../../base/errors.ts'
import type { PushEndpoint, PushMessage } from '../endpoint.ts'

type WebhookEndpointOptions = {
  url: string
  /** Sent with each request; the ones that this endpoint sets itself cannot be replaced. */
  headers: Record<string, string>
  fetch: typeof fetch
  timeoutMs?: number
}

/** Receivers may take their time over a body of some MB; one that hangs must not hold up the materialization for ever. */
const TIMEOUT_MS = 60_000
/** Of an answer other than 2xx: enough for its reason. */
const ANSWER_BYTES_MAX = 2_000

export function openWebhookEndpoint(options: WebhookEndpointOptions): PushEndpoint {
  return { push: (message) => post(options, message), close: async () => {} }
}

async function post(options: WebhookEndpointOptions, message: PushMessage): Promise<void> {
  invariant(message.documents.length > 0, 'a push has at least one document')
  const headers = new Headers(options.headers)
  headers.set('content-type', 'application/json')
  headers.set('idempotency-key', message.idempotencyKey)
  const timeout = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS)
  const signal = AbortSignal.any([message.signal, timeout])
  const body = `[${message.documents.join(',\n')}]`
  try {
    // A redirect would turn the POST into a GET, or carry secret headers elsewhere.
    const response = await options.fetch(options.url, { method: 'POST', headers, body, signal, redirect: 'manual' })
    if (response.ok) await discardBody(response)
    else throw refused(options.url, message, `answered ${response.status}${await readReason(response)}`)
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause
    throw refused(
      options.url,
      message,
      timeout.aborted ? 'did not answer in time' : `could not be reached: ${reasonOf(cause)}`,
      cause,
    )
  }
}

/** Frees the connection without reading on. The body has arrived, so whatever goes wrong now does not matter. */
async function discardBody(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {})
}

async function readReason(response: Response): Promise<string> {
  if (response.body === null) return ''
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= ANSWER_BYTES_MAX) break
  }
  const text = Buffer.concat(chunks).toString('utf8', 0, ANSWER_BYTES_MAX).replaceAll(/\s+/g, ' ').trim()
  return text === '' ? '' : `: ${text}`
}

/** `fetch` hides the reason in the cause. */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error)
}

function refused(url: string, { binding, documents }: PushMessage, problem: string, cause?: unknown): MillraceError {
  const { origin, pathname } = new URL(url)
  return new MillraceError(
    'endpoint_unavailable',
    `Webhook ${origin}${pathname} ${problem} (binding "${binding}", ${documents.length} documents).`,
    {
      cause,
      retryable: true,
      hint: 'The same body is sent again until the receiver answers 2xx.',
    },
  )
}
