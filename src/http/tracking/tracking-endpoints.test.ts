import { describe, expect, test } from 'vitest'
import { openSqliteLog } from '../../log/sqlite/open-sqlite-log.ts'
import { MillraceError } from '../../base/errors.ts'
import type { Log } from '../../log/log.ts'
import { DEFAULT_SOURCE_LIMITS, type SdkFamily } from '../../model/catalog.ts'
import { call, callRaw, trackingServerOn, sourceOf, trackOf, WEB_KEY } from './tracking-door.fixture.ts'

const openTrackingServer = trackingServerOn((clock) => openSqliteLog({ path: ':memory:', clock }))

describe('events are taken at', () => {
  test.each(['/v1/batch', '/v1/b', '/v1/import', '/beacon/v1/batch', '/api/s/s2s/batch'])('%s in batches', async (path) => {
    const server = await openTrackingServer()
    const context = { library: { name: 'analytics-node', version: '3.1.0' } }
    const { status, answer } = await call(server, path, {
      body: { batch: [trackOf(1), trackOf(2)], context, sentAt: '2026-01-01T00:00:00.000Z' },
    })
    expect({ status, answer }).toEqual({ status: 200, answer: { success: true, accepted: 2, rejected: [] } })
    expect((await server.written()).events).toMatchObject([
      { id: 'm1', type: 'track', name: 'Opened', context, sentAt: '2026-01-01T00:00:00.000Z' },
      { id: 'm2', context },
    ])
  })

  const ids = { userId: 'u1', anonymousId: 'a1', groupId: 'g1', previousId: 'u0', event: 'Opened' }
  test.each<[string, string]>([
    ['/v1/t', 'track'],
    ['/v1/i', 'identify'],
    ['/v1/p', 'page'],
    ['/v1/s', 'screen'],
    ['/v1/g', 'group'],
    ['/v1/a', 'alias'],
    ['/v1/track', 'track'],
    ['/v1/identify', 'identify'],
    ['/v1/page', 'page'],
    ['/v1/screen', 'screen'],
    ['/v1/group', 'group'],
    ['/v1/alias', 'alias'],
    ['/v1/merge', 'merge'],
    ['/v1/unalias', 'unalias'],
    ['/v1/T', 'track'],
    ['/v1/Identify', 'identify'],
    ['/api/s/page', 'page'],
    ['/api/s/s2s/group', 'group'],
  ])('%s one by one, as %s', async (path, type) => {
    const server = await openTrackingServer()
    expect((await call(server, path, { body: { ...ids, messageId: 'm1' } })).answer).toEqual({
      success: true,
      accepted: 1,
      rejected: [],
    })
    expect((await server.written()).events).toMatchObject([{ id: 'm1', type }])
  })

  const old = { timestamp: '2024-05-01T12:00:00.000Z', sentAt: '2024-05-01T12:00:05.000Z' }
  test.each([
    ['/v1/import', [old.timestamp, old.timestamp]],
    // The clock of the server stands at the first instant of 2026.
    ['/v1/batch', ['2025-12-31T23:59:55.000Z', '2025-12-31T23:59:50.000Z']],
  ])('%s, with times as they are said only where history comes', async (path, expected) => {
    const server = await openTrackingServer()
    const batch = [
      { ...trackOf(1), ...old },
      { ...trackOf(2), timestamp: old.timestamp },
    ]
    await call(server, path, { body: { batch, sentAt: '2024-05-01T12:00:10.000Z' } })
    expect((await server.written()).events.map(({ occurredAt }) => occurredAt)).toEqual(expected)
  })

  test('/v1/batch as a list without an envelope', async () => {
    const server = await openTrackingServer()
    expect((await call(server, '/v1/batch', { body: [trackOf(1)] })).answer).toMatchObject({ accepted: 1 })
  })

  test('/v1/batch, and none is fine', async () => {
    const server = await openTrackingServer()
    const { status, answer } = await call(server, '/v1/batch', { body: { batch: [] } })
    expect({ status, answer }).toEqual({ status: 200, answer: { success: true, accepted: 0, rejected: [] } })
  })
})

test('a type that does not exist is named', async () => {
  const server = await openTrackingServer()
  const { status, answer } = await call(server, '/v1/drop', { body: {} })
  expect({ status, answer }).toMatchObject({
    status: 404,
    answer: { success: false, code: 'path_unknown', message: 'There are no events of the type "drop".' },
  })
})

test('what SDKs measure of themselves is discarded, without a key', async () => {
  const server = await openTrackingServer()
  expect(await call(server, '/v1/m', { key: null, body: '{"series":[]}' })).toMatchObject({
    status: 200,
    answer: { success: true },
  })
  expect(await server.written()).toEqual({ events: [], quarantined: [] })
})

test('a bad event is set aside, and the batch is taken', async () => {
  const server = await openTrackingServer()
  const { status, answer } = await call(server, '/v1/batch', {
    body: { batch: [trackOf(1), { type: 'track', userId: 'u1', messageId: 'bad' }] },
  })
  expect({ status, answer }).toMatchObject({
    status: 200,
    answer: { accepted: 1, rejected: [{ index: 1, messageId: 'bad', code: 'event_name_missing' }] },
  })
  expect((await server.written()).quarantined).toMatchObject([{ source: 'web', code: 'event_name_missing' }])
})

test('of a strict source a bad event refuses the batch, and all of them are listed', async () => {
  const server = await openTrackingServer({ sources: [sourceOf('web', { isStrict: true })] })
  const { status, answer } = await call(server, '/v1/batch', { body: { batch: [trackOf(1), {}, 7] } })
  expect({ status, answer }).toMatchObject({
    status: 400,
    answer: {
      success: false,
      code: 'event_invalid',
      rejected: [
        { index: 1, code: 'type_unknown' },
        { index: 2, code: 'event_invalid' },
      ],
    },
  })
  expect(await server.written()).toEqual({ events: [], quarantined: [] })
})

describe('the pixel', () => {
  const query = `writeKey=${WEB_KEY}&anonymousId=a1&event=Opened&properties.mail=welcome&context.page.url=/x&__proto__.a=1&properties.mail.deep=2`

  test('takes an event from its address', async () => {
    const server = await openTrackingServer()
    const { status, headers, text } = await call(server, `/pixel/v1/track?${query}`, { method: 'GET', key: null })
    expect({ status, type: headers.get('content-type'), start: text.slice(0, 6) }).toEqual({
      status: 200,
      type: 'image/gif',
      start: 'GIF89a',
    })
    expect((await server.written()).events).toMatchObject([
      { type: 'track', name: 'Opened', anonymousId: 'a1', properties: { mail: 'welcome' }, context: { page: { url: '/x' } } },
    ])
  })

  test.each([
    '/pixel/v1/track',
    `/pixel/v1/page?${query}&writeKey=other`,
    `/pixel/v1/alias?${query}`,
    '/pixel/v1/page?writeKey=no',
  ])('is an image whatever is wrong: %s', async (path) => {
    const server = await openTrackingServer()
    const { status, headers } = await call(server, path, { method: 'GET', key: null })
    expect({ status, type: headers.get('content-type') }).toEqual({ status: 200, type: 'image/gif' })
    expect(await server.written()).toEqual({ events: [], quarantined: [] })
    expect(server.bugs).toEqual([])
  })

  test('is asked for by the person, whose address is that of the connection, unless the event has one', async () => {
    const server = await openTrackingServer()
    for (const more of ['', '&context.ip=192.0.2.7'])
      await call(server, `/pixel/v1/track?${query}${more}`, { method: 'GET', key: null })
    const { events } = await server.written()
    expect(events.map(({ context }) => context?.['ip'])).toEqual(['127.0.0.1', '192.0.2.7'])
  })

  test('counts nothing when only its headers are asked for', async () => {
    const server = await openTrackingServer()
    expect((await call(server, `/pixel/v1/track?${query}`, { method: 'HEAD', key: null })).status).toBe(200)
    expect((await server.written()).events).toEqual([])
  })
})

describe('what browser SDKs load', () => {
  test.each<[SdkFamily, string]>([
    ['segment', 'Segment.io'],
    ['jitsu', 'Segment.io'],
    ['customerio', 'Customer.io Data Pipelines'],
  ])('for %s has the block "%s" alone, and this host', async (sdk, name) => {
    const server = await openTrackingServer({ sources: [sourceOf('web', { sdk })] })
    for (const path of [`/v1/projects/${WEB_KEY}/settings`, `/projects/${WEB_KEY}/settings`]) {
      const { answer } = await call(server, path, { method: 'GET', key: null })
      expect(answer).toMatchObject({ metrics: { sampleRate: 0 }, plan: { track: { __default: { enabled: true } } } })
      expect(answer['integrations']).toEqual({
        [name]: expect.objectContaining({ apiKey: WEB_KEY, apiHost: `127.0.0.1:${server.port}/v1`, protocol: 'http' }) as unknown,
      })
    }
  })

  test.each<[string, Record<string, string>, string | undefined, string]>([
    ['the host that was asked for', { host: 'events.example.com' }, undefined, 'http://events.example.com/v1'],
    [
      'what a proxy says',
      { 'x-forwarded-host': 'cdn.example.com', 'x-forwarded-proto': 'https' },
      undefined,
      'https://cdn.example.com/v1',
    ],
    ['the configured address', { host: 'events.example.com' }, 'https://data.example.com', 'https://data.example.com/v1'],
  ])('names %s', async (_name, headers, publicUrl, expected) => {
    const server = await openTrackingServer(publicUrl === undefined ? {} : { publicUrl })
    const { answer } = await callRaw(server, `/v1/projects/${WEB_KEY}/settings`, { headers })
    const { 'Segment.io': block } = answer['integrations'] as Record<string, { protocol: string; apiHost: string }>
    expect(`${block?.protocol}://${block?.apiHost}`).toBe(expected)
  })

  test('for RudderStack is a source without destinations', async () => {
    const server = await openTrackingServer()
    for (const path of ['/sourceConfig/?p=npm&v=3.34.1', '/sourceConfig']) {
      expect((await call(server, path, { method: 'GET' })).answer).toMatchObject({
        source: {
          id: 'web',
          writeKey: WEB_KEY,
          enabled: true,
          destinations: [],
          config: { statsCollection: { errors: { enabled: false } } },
        },
      })
    }
    expect((await call(server, '/sourceConfig/', { method: 'GET', key: null })).status).toBe(401)
  })

  test('is refused for a key that does not exist', async () => {
    const server = await openTrackingServer()
    const { status, answer } = await call(server, '/v1/projects/no-such-key/settings', { method: 'GET', key: null })
    expect({ status, answer }).toMatchObject({ status: 401, answer: { success: false, code: 'write_key_unknown' } })
  })
})

describe('limits', () => {
  const limits = { ...DEFAULT_SOURCE_LIMITS, requestsPerSecond: 2 }

  test('of requests a second answer 429 and say when to come back', async () => {
    const server = await openTrackingServer({ sources: [sourceOf('web', { limits })] })
    const send = () => call(server, '/v1/batch', { body: { batch: [trackOf(1)] } })
    expect([await send(), await send()].map(({ status }) => status)).toEqual([200, 200])
    const { status, headers, answer } = await send()
    const resetAt = Math.ceil(server.clock.now() / 1000) + 1
    expect({ status, code: answer['code'], after: headers.get('retry-after'), reset: headers.get('x-ratelimit-reset') }).toEqual({
      status: 429,
      code: 'rate_limited',
      after: '1',
      reset: String(resetAt),
    })
    server.clock.advance(500)
    expect((await send()).status).toBe(200)
    expect((await send()).status).toBe(429)
  })

  test('of requests a second count those with the key in the body', async () => {
    const server = await openTrackingServer({ sources: [sourceOf('web', { limits: { ...limits, requestsPerSecond: 0.1 } })] })
    const send = () => call(server, '/v1/batch', { key: null, body: { batch: [trackOf(1)], writeKey: WEB_KEY } })
    expect((await send()).status).toBe(200)
    const { status, headers } = await send()
    expect({ status, after: headers.get('retry-after') }).toEqual({ status: 429, after: '10' })
  })

  test('hold while more is accepted than can be applied', async () => {
    let waitSeconds: number | undefined = 2.5
    const server = await openTrackingServer({ pressure: () => waitSeconds })
    const send = () => call(server, '/v1/batch', { body: { batch: [trackOf(1)] } })
    const { status, headers } = await send()
    expect({ status, after: headers.get('retry-after') }).toEqual({ status: 429, after: '3' })
    waitSeconds = undefined
    expect((await send()).status).toBe(200)
  })

  test.each<[unknown, number, string, string | null]>([
    [new MillraceError('disk_full', 'The disk is full.', { retryable: true }), 507, 'disk_full', '10'],
    [new MillraceError('log_unavailable', 'The log is away.', { retryable: true }), 503, 'log_unavailable', '1'],
    [new Error('secret detail'), 500, 'internal_error', null],
  ])('of the log: %s is answered with %i', async (failure, status, code, after) => {
    const wrapLog = (log: Log): Log => Object.assign(Object.create(log) as Log, { append: () => Promise.reject(failure) })
    const server = await openTrackingServer({ wrapLog })
    const answered = await call(server, '/v1/batch', { body: { batch: [trackOf(1)] } })
    expect(answered).toMatchObject({ status, answer: { success: false, code } })
    expect(answered.headers.get('retry-after')).toBe(after)
    expect(answered.headers.get('x-ratelimit-reset') === null).toBe(after === null)
    expect(answered.text).not.toMatch(/secret/)
    expect(server.bugs).toEqual(failure instanceof MillraceError ? [] : [failure])
  })
})

test('the process says that it is healthy, ready, and which version it is', async () => {
  const server = await openTrackingServer()
  const ask = async (path: string) => (await call(server, path, { method: 'GET', key: null })).answer
  expect(await ask('/health')).toEqual({ status: 'ok' })
  expect(await ask('/ready')).toEqual({ status: 'ready' })
  expect(await ask('/version')).toEqual({ name: 'millrace', version: expect.stringMatching(/^\d+\.\d+\.\d+/) as unknown })
})
