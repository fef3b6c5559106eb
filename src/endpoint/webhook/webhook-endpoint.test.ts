import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { openWebhookEndpoint } from './webhook-endpoint.ts'

let stop = async () => {}
afterEach(() => stop())

type Received = { method: string | undefined; headers: IncomingMessage['headers']; body: string }

/** A real receiver on loopback, and what it has received. */
async function receiver(answer: (response: ServerResponse) => void) {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.push({ method: request.method, headers: request.headers, body: Buffer.concat(chunks).toString() })
      answer(response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stop = async () => {
    stop = async () => {}
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { received, url: `http://127.0.0.1:${port}/hook?secret=1` }
}

const message = (documents = ['{"a":1}', '{"b":"ü"}']) => ({
  binding: 'toggles',
  documents,
  idempotencyKey: 'key-1',
  signal: new AbortController().signal,
})

const connect = (url: string, options: { headers?: Record<string, string>; timeoutMs?: number } = {}) =>
  openWebhookEndpoint({ url, headers: {}, fetch, ...options })

test('documents arrive as a JSON array with type, idempotency key and the configured headers', async () => {
  const { received, url } = await receiver((response) => response.end('OK'))
  const endpoint = connect(url, { headers: { Authorization: 'Bearer x', 'Content-Type': 'text/plain' } })
  await endpoint.push(message())
  expect(received).toHaveLength(1)
  expect(received[0]).toMatchObject({
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'key-1', authorization: 'Bearer x' },
  })
  expect(JSON.parse(received[0]?.body ?? '')).toEqual([{ a: 1 }, { b: 'ü' }])
})

test.each([301, 400, 404, 410, 429, 500, 503])(
  'an answer of %d is a failure that may pass, with status and reason',
  async (status) => {
    const { url } = await receiver((response) => response.writeHead(status, { location: '/elsewhere' }).end('no\nroom'))
    await expect(connect(url).push(message())).rejects.toMatchObject({
      code: 'endpoint_unavailable',
      retryable: true,
      message: expect.stringMatching(new RegExp(`answered ${status}: no room \\(binding "toggles", 2 documents\\)`)) as string,
    })
  },
)

test('messages name the receiver without the query, which may be secret', async () => {
  const { url } = await receiver((response) => response.writeHead(500).end())
  await expect(connect(url).push(message())).rejects.toMatchObject({ message: expect.not.stringContaining('secret') as string })
})

test('of a long reason little is read', async () => {
  const { url } = await receiver((response) => {
    response.writeHead(500)
    response.write('x'.repeat(1_000_000))
  })
  const failure: unknown = await connect(url)
    .push(message())
    .catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'endpoint_unavailable' })
  expect(String(failure).length).toBeLessThan(2_500)
})

test('a 2xx whose body never ends is a success', async () => {
  const { url } = await receiver((response) => {
    response.writeHead(202)
    response.write('x')
  })
  await connect(url).push(message())
})

test('a receiver that does not answer, or is not there, is a failure that may pass', async () => {
  const { url } = await receiver(() => {})
  const failure = { code: 'endpoint_unavailable', retryable: true }
  await expect(connect(url, { timeoutMs: 50 }).push(message())).rejects.toMatchObject({
    ...failure,
    message: expect.stringMatching(/in time/) as string,
  })
  await stop()
  await expect(connect(url).push(message())).rejects.toMatchObject({
    ...failure,
    message: expect.stringMatching(/ECONNREFUSED/) as string,
  })
})

test('nothing is never sent', async () => {
  const { received, url } = await receiver((response) => response.end())
  await expect(connect(url).push(message([]))).rejects.toThrow('at least one document')
  expect(received).toEqual([])
})
