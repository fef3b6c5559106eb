import { connect, type Socket } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { openSqliteLog } from '../../log/sqlite/open-sqlite-log.ts'
import { DEFAULT_SOURCE_LIMITS } from '../../model/catalog.ts'
import { basic, call, trackingServerOn, type Sent, sourceOf, trackOf, WEB_KEY } from './tracking-door.fixture.ts'

const openTrackingServer = trackingServerOn((clock) => openSqliteLog({ path: ':memory:', clock }))

const text = JSON.stringify({ batch: [trackOf(1)], writeKey: WEB_KEY })

describe('a body is JSON', () => {
  test.each<[string, Sent]>([
    ['as text/plain', { body: text, headers: { 'content-type': 'text/plain' } }],
    [
      'as a form that is gzip',
      { body: gzipSync(text), headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-encoding': 'gzip' } },
    ],
    ['as something malformed', { body: text, headers: { 'content-type': 'x' } }],
    ['as multipart', { body: text, headers: { 'content-type': 'multipart/form-data' } }],
    ['without a content type', { body: Buffer.from(text) }],
    ['as deflate', { body: deflateSync(text), headers: { 'content-encoding': 'deflate' } }],
    ['as br', { body: brotliCompressSync(text), headers: { 'content-encoding': 'br' } }],
    ['as zstd', { body: zstdCompressSync(text), headers: { 'content-encoding': 'zstd' } }],
    ['with a byte order mark', { body: `\uFEFF${text}` }],
  ])('%s', async (_name, sent) => {
    for (const key of [WEB_KEY, null]) {
      const server = await openTrackingServer()
      const { status, answer } = await call(server, '/v1/batch', { key, ...sent })
      expect({ status, answer }).toEqual({ status: 200, answer: { success: true, accepted: 1, rejected: [] } })
    }
  })

  test('with bytes that are no UTF-8, which are replaced', async () => {
    const server = await openTrackingServer()
    const [start = '', end = ''] = JSON.stringify({ ...trackOf(1), properties: { name: 'J?rg' } }).split('?')
    const body = Buffer.concat([Buffer.from(start), Buffer.from([0xf6]), Buffer.from(end)])
    expect((await call(server, '/v1/track', { body })).answer).toMatchObject({ accepted: 1 })
    expect((await server.written()).events).toMatchObject([{ properties: { name: 'J\uFFFDrg' } }])
  })
})

describe('a body is refused', () => {
  const limits = { ...DEFAULT_SOURCE_LIMITS, batchBytesMax: 10_000, batchEventsMax: 3 }
  const open = () => openTrackingServer({ sources: [sourceOf('web', { limits }), sourceOf('larger')] })
  const large = JSON.stringify({ batch: [{ ...trackOf(1), properties: { text: 'x'.repeat(10_000) } }] })
  const bomb = Buffer.alloc(8 * 1024 * 1024, ' ')

  test.each<[string, Sent, number, string]>([
    ['when it is no JSON', { body: '{"batch":' }, 400, 'body_invalid'],
    ['when it is empty', {}, 400, 'body_invalid'],
    ['when it is no object', { body: '"batch"' }, 400, 'body_invalid'],
    ['when it has no list', { body: '{"batch":{}}' }, 400, 'body_invalid'],
    ['when it is null', { body: 'null' }, 400, 'body_invalid'],
    ['when it is not in its encoding', { body: text, headers: { 'content-encoding': 'gzip' } }, 400, 'body_invalid'],
    [
      'when it breaks off',
      { body: gzipSync(text).subarray(0, 30), headers: { 'content-encoding': 'gzip' } },
      400,
      'body_invalid',
    ],
    ['in an unknown encoding', { body: text, headers: { 'content-encoding': 'lzma' } }, 415, 'content_type_unsupported'],
    ['above the limit of its source', { body: large }, 413, 'body_too_large'],
    [
      'above the limit after decompression',
      { body: gzipSync(large), headers: { 'content-encoding': 'gzip' } },
      413,
      'body_too_large',
    ],
    ['with too many events', { body: { batch: [1, 2, 3, 4].map(trackOf) } }, 413, 'body_too_large'],
    ['that is a gzip bomb', { body: gzipSync(bomb), headers: { 'content-encoding': 'gzip' } }, 413, 'body_too_large'],
    ['that is a zstd bomb', { body: zstdCompressSync(bomb), headers: { 'content-encoding': 'zstd' } }, 413, 'body_too_large'],
    ['that is a brotli bomb', { body: brotliCompressSync(bomb), headers: { 'content-encoding': 'br' } }, 413, 'body_too_large'],
  ])('%s', async (_name, sent, status, code) => {
    const server = await open()
    expect(await call(server, '/v1/batch', sent)).toMatchObject({ status, answer: { success: false, code } })
    expect(await server.written()).toEqual({ events: [], quarantined: [] })
    expect(server.bugs).toEqual([])
  })

  test('above the limit of its source when the key stands in it', async () => {
    const server = await open()
    const body = { ...(JSON.parse(large) as object), writeKey: WEB_KEY }
    expect(await call(server, '/v1/batch', { key: null, body })).toMatchObject({
      status: 413,
      answer: { code: 'body_too_large' },
    })
  })

  test('that grows two hundred times, even within the limit of its source', async () => {
    const server = await openTrackingServer()
    const body = gzipSync(JSON.stringify({ batch: [], text: ' '.repeat(3_000_000) }))
    const sent = { body, headers: { 'content-encoding': 'gzip' } }
    expect(await call(server, '/v1/batch', sent)).toMatchObject({ status: 413, answer: { code: 'body_too_large' } })
  })

  test('nested as deep as it likes, without harm', async () => {
    const server = await openTrackingServer()
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    const { status, answer } = await call(server, '/v1/batch', {
      body: `{"batch":[{"type":"track","event":"x","userId":"u","properties":{"a":${deep}}}]}`,
    })
    expect({ status, answer }).toMatchObject({ status: 200, answer: { accepted: 0, rejected: [{ index: 0 }] } })
    expect(server.bugs).toEqual([])
  })
})

describe('a slow client', () => {
  const timeouts = { requestMs: 300, headersMs: 200, checkMs: 20 }
  const head = ['POST /v1/batch HTTP/1.1', 'Host: x', `Authorization: ${basic(WEB_KEY)}`, 'Content-Length: 1000', '']

  test.each<[string, string]>([
    ['that says nothing', ''],
    ['that does not end its headers', 'POST /v1/batch HTTP/1.1\r\nHost: x\r\n'],
    ['that does not end its body', `${head.join('\r\n')}\r\n{"batch":[`],
  ])('%s is answered 408 and let go', async (_name, start) => {
    const server = await openTrackingServer({ timeouts })
    const socket = connect(server.port, '127.0.0.1')
    socket.write(start)
    expect(await everythingFrom(socket)).toMatch(/^HTTP\/1\.1 408 /)
    expect((await call(server, '/v1/batch', { body: { batch: [trackOf(1)] } })).status).toBe(200)
    expect(server.bugs).toEqual([])
  })

  test('that leaves in the middle of its body leaves nothing behind', async () => {
    const server = await openTrackingServer({ limits: { heldBytesMax: 5_000 } })
    const body = JSON.stringify({ batch: [{ ...trackOf(1), properties: { text: 'x'.repeat(600) } }] })
    const status = async () => (await call(server, '/v1/batch', { body })).status
    const sockets = Array.from({ length: 5 }, () => connect(server.port, '127.0.0.1'))
    for (const socket of sockets) socket.write(`${head.join('\r\n')}\r\n${'x'.repeat(900)}`)
    await expect.poll(status).toBe(503)
    for (const socket of sockets) socket.destroy()
    await expect.poll(status).toBe(200)
    expect(server.bugs).toEqual([])
  })
})

function everythingFrom(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let received = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk))
    socket.on('error', () => resolve(received)).on('close', () => resolve(received))
  })
}

describe('pages of other origins', () => {
  const origin = 'https://shop.example'

  test.each(['/v1/batch', '/v1/t', '/v1/projects/x/settings', '/sourceConfig/', '/pixel/v1/track', '/api/s/s2s/batch', '/token'])(
    'may ask for %s',
    async (path) => {
      const server = await openTrackingServer()
      const headers = {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,RSA-Foo, bad name',
      }
      const answered = await call(server, path, { method: 'OPTIONS', key: null, headers })
      expect({ status: answered.status, ...corsOf(answered.headers) }).toEqual({ status: 204, origin, credentials: 'true' })
      expect(answered.headers.get('access-control-max-age')).toBe('86400')
      expect(answered.headers.get('access-control-allow-methods')).toMatch(/^(POST|GET), OPTIONS$/)
      expect(answered.headers.get('access-control-allow-headers')?.split(', ')).toEqual(
        expect.arrayContaining([
          'authorization',
          'content-type',
          'anonymousid',
          'sentat',
          'x-retry-count',
          'x-write-key',
          'rsa-foo',
        ]),
      )
    },
  )

  test.each<[string, Sent, number]>([
    ['/v1/batch', { body: text }, 200],
    ['/v1/batch', { body: 'x' }, 400],
    ['/v1/batch', { key: null, body: '{"batch":[]}' }, 401],
    ['/v1/drop', { body: '{}' }, 404],
    ['/v1/batch', { method: 'GET' }, 405],
    ['/v1/m', {}, 200],
    [`/v1/projects/${WEB_KEY}/settings`, { method: 'GET' }, 200],
    ['/v1/projects/no/settings', { method: 'GET', key: null }, 401],
    ['/token', { body: '' }, 400],
  ])('may read the answer of %s %o', async (path, sent, status) => {
    const server = await openTrackingServer()
    const answered = await call(server, path, { ...sent, headers: { origin } })
    expect({ status: answered.status, ...corsOf(answered.headers) }).toEqual({ status, origin, credentials: 'true' })
    expect(answered.headers.get('access-control-expose-headers')).toMatch(/retry-after/)
  })

  test.each(['/ingest', '/status', '/events/live', '/nowhere'])('may not read %s', async (path) => {
    const server = await openTrackingServer()
    const preflight = await call(server, path, { method: 'OPTIONS', key: null, headers: { origin } })
    expect({ isRefused: preflight.status >= 400, ...corsOf(preflight.headers) }).toEqual({
      isRefused: true,
      origin: null,
      credentials: null,
    })
    const answered = await call(server, path, { method: 'GET', key: null, headers: { origin } })
    expect(corsOf(answered.headers)).toEqual({ origin: null, credentials: null })
  })
})

function corsOf(headers: Headers) {
  return { origin: headers.get('access-control-allow-origin'), credentials: headers.get('access-control-allow-credentials') }
}
