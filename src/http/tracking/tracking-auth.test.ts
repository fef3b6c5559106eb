import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { openSqliteLog } from '../../log/sqlite/open-sqlite-log.ts'
import { withoutKey } from '../../engine/tracking/write-keys.ts'
import {
  basic,
  call,
  callRaw,
  CREATED_AT,
  trackingServerOn,
  READ_KEY,
  type Sent,
  sourceOf,
  trackOf,
  WEB_KEY,
} from './tracking-door.fixture.ts'
import { changeWriteKeys } from './write-key-file.ts'

const openTrackingServer = trackingServerOn((clock) => openSqliteLog({ path: ':memory:', clock }))

const batch = { batch: [trackOf(1)] }
const unknown = 'no-such-key-0123456789'

describe('a write key is found', () => {
  test.each<[string, string, Sent]>([
    ['as the name of Basic with a colon', '/v1/batch', { headers: { authorization: basic(`${WEB_KEY}:`) } }],
    ['as the name of Basic without a colon', '/v1/batch', { headers: { authorization: basic(WEB_KEY) } }],
    ['as the name of Basic with a password', '/v1/batch', { headers: { authorization: basic(`${WEB_KEY}:secret`) } }],
    ['with a scheme in lower case', '/v1/batch', { headers: { authorization: basic(WEB_KEY).replace('Basic', 'basic') } }],
    ['as Bearer', '/v1/batch', { headers: { authorization: `Bearer ${WEB_KEY}` } }],
    ['as X-Write-Key', '/v1/batch', { headers: { 'x-write-key': WEB_KEY } }],
    ['as X-Write-Key with a secret', '/v1/batch', { headers: { 'x-write-key': `${WEB_KEY}:secret` } }],
    ['in the address', `/v1/batch?writeKey=${WEB_KEY}`, {}],
    ['in the body', '/v1/batch', { body: { ...batch, writeKey: WEB_KEY } }],
    ['in the first event', '/v1/batch', { body: { batch: [{ ...trackOf(1), writeKey: WEB_KEY }] } }],
    ['in the only event', '/v1/track', { body: { ...trackOf(1), writeKey: WEB_KEY } }],
    ['behind one that does not exist', '/v1/batch', { headers: { authorization: basic(unknown), 'x-write-key': WEB_KEY } }],
    [
      'behind the token of another system',
      '/v1/batch',
      { headers: { authorization: 'Bearer a.b.c' }, body: { ...batch, writeKey: WEB_KEY } },
    ],
    ['behind a masked one', '/v1/batch', { headers: { 'x-write-key': WEB_KEY }, body: { ...batch, writeKey: `${WEB_KEY}:***` } }],
  ])('%s', async (_name, path, sent) => {
    const server = await openTrackingServer()
    const { status, answer } = await call(server, path, { key: null, body: batch, ...sent })
    expect({ status, answer }).toEqual({ status: 200, answer: { success: true, accepted: 1, rejected: [] } })
    const { events } = await server.written()
    expect(events).toMatchObject([{ id: 'm1', source: 'web', userId: 'u1' }])
  })

  test('whole, when it has a colon itself', async () => {
    const server = await openTrackingServer()
    server.addKey('jitsu-key:with-secret', { source: 'web', scopes: ['track'] })
    const statusOf = async (key: string) =>
      (await call(server, '/api/s/track', { key: null, headers: { 'x-write-key': key }, body: trackOf(1) })).status
    expect(await statusOf('jitsu-key:with-secret')).toBe(200)
    expect(await statusOf('jitsu-key:wrong')).toBe(401)
    expect(await statusOf('jitsu-key')).toBe(401)
  })
})

describe('a request is refused', () => {
  test.each<[string, Sent, { status: number; code: string; message: RegExp }]>([
    ['without a key', { key: null }, { status: 401, code: 'write_key_unknown', message: /no write key/ }],
    [
      'with a key that does not exist',
      { key: unknown },
      { status: 401, code: 'write_key_unknown', message: /no such write key/ },
    ],
    ['with an empty key', { key: '' }, { status: 401, code: 'write_key_unknown', message: /no write key/ }],
    [
      'with a broken Basic',
      { key: null, headers: { authorization: 'Basic' } },
      { status: 401, code: 'write_key_unknown', message: /no write key/ },
    ],
    ['with a key that only reads', { key: READ_KEY }, { status: 403, code: 'access_denied', message: /lacks the scope "track"/ }],
    [
      'with a key of a source that is gone',
      { key: 'gone-key-0123456789' },
      { status: 401, code: 'write_key_unknown', message: /source "gone" .* no longer/ },
    ],
    [
      'with a key that has expired',
      { key: 'old-key-0123456789' },
      { status: 401, code: 'write_key_unknown', message: /has expired/ },
    ],
    [
      'with a token that is none',
      { key: null, headers: { authorization: 'Bearer x' } },
      { status: 401, code: 'write_key_unknown', message: /no such write key/ },
    ],
  ])('%s', async (_name, sent, { status, code, message }) => {
    const server = await openTrackingServer()
    server.addKey('gone-key-0123456789', { source: 'gone', scopes: ['track'] })
    server.addKey('old-key-0123456789', { source: 'web', scopes: ['track'], expiresAt: '2025-12-31T00:00:00.000Z' })
    const answered = await call(server, '/v1/batch', { body: batch, ...sent })
    expect(answered).toMatchObject({ status, answer: { success: false, code } })
    expect(answered.answer['message']).toMatch(message)
    expect(answered.headers.get('www-authenticate')).toBe(status === 401 ? 'Bearer' : null)
    expect(JSON.stringify(answered.answer)).not.toContain(sent.key || 'nothing')
    expect(await server.written()).toEqual({ events: [], quarantined: [] })
  })
})

describe('while the server runs', () => {
  test('a new key works at once, and a revoked one for at most a second', async () => {
    const server = await openTrackingServer()
    const statusOf = async (key: string) => (await call(server, '/v1/batch', { key, body: batch })).status
    const next = 'next-key-0123456789'
    expect(await statusOf(next)).toBe(401)
    const { id } = server.addKey(next, { source: 'web', scopes: ['track'] })
    expect(await statusOf(next)).toBe(200)
    changeWriteKeys(server.keyFile, (keys) => withoutKey(keys, id, CREATED_AT))
    expect(await statusOf(next)).toBe(200)
    server.clock.advance(1_000)
    expect(await statusOf(next)).toBe(401)
    expect(await statusOf(WEB_KEY)).toBe(200)
  })

  test('a key ends at its instant', async () => {
    const server = await openTrackingServer()
    const expiresAt = new Date(server.clock.now() + 1).toISOString()
    server.addKey('brief-key-0123456789', { source: 'web', scopes: ['track'], expiresAt })
    const status = async () => (await call(server, '/v1/batch', { key: 'brief-key-0123456789', body: batch })).status
    expect(await status()).toBe(200)
    server.clock.advance(1)
    expect(await status()).toBe(401)
  })

  test('a file that cannot be read is reported, and the keys stay', async () => {
    const server = await openTrackingServer()
    writeFileSync(server.keyFile, 'not json')
    server.clock.advance(1_000)
    expect((await call(server, '/v1/batch', { body: batch })).status).toBe(200)
    expect(server.bugs).toMatchObject([{ code: 'write_keys_invalid' }])
  })
})

describe('a key for some types of events', () => {
  const page = { type: 'page', userId: 'u1' }
  const alias = { type: 'alias', userId: 'u1', previousId: 'u2', messageId: 'm-alias' }

  test('takes these, and denies the others with their index', async () => {
    const server = await openTrackingServer()
    server.addKey('page-key-0123456789', { source: 'web', scopes: ['track'], types: ['track', 'page'] })
    const body = { batch: [alias, page, { ...page, userId: null }, { ...alias, type: ' ALIAS ' }, { userId: 'u1' }, 7] }
    const { status, answer } = await call(server, '/v1/batch', { key: 'page-key-0123456789', body })
    expect({ status, answer }).toMatchObject({
      status: 200,
      answer: {
        accepted: 1,
        rejected: [
          { index: 0, messageId: 'm-alias', code: 'access_denied' },
          { index: 2, code: 'identifier_missing' },
          { index: 3, code: 'access_denied' },
          { index: 4, code: 'access_denied' },
          { index: 5, code: 'event_invalid' },
        ],
      },
    })
    const { events, quarantined } = await server.written()
    expect({ events: events.map(({ type }) => type), quarantined: quarantined.length }).toEqual({
      events: ['page'],
      quarantined: 2,
    })
  })

  test('denies by the path as well', async () => {
    const server = await openTrackingServer()
    server.addKey('page-key-0123456789', { source: 'web', scopes: ['track'], types: ['track', 'page'] })
    const send = async (path: string, body: unknown) => (await call(server, path, { key: 'page-key-0123456789', body })).answer
    expect(await send('/v1/alias', { ...alias, type: 'page' })).toMatchObject({
      accepted: 0,
      rejected: [{ code: 'access_denied' }],
    })
    expect(await send('/v1/page', { userId: 'u1' })).toMatchObject({ accepted: 1, rejected: [] })
  })

  test.each([
    ['/v1/p', undefined],
    ['/v1/P', undefined],
    ['/v1/page', undefined],
    ['/v1/page', 'p'],
    ['/v1/p', 'Page'],
    ['/v1/page', ''],
  ])('takes letters for words, in the path %s and with %j in the body', async (path, type) => {
    const server = await openTrackingServer()
    server.addKey('page-key-0123456789', { source: 'web', scopes: ['track'], types: ['page'] })
    const { answer } = await call(server, path, { key: 'page-key-0123456789', body: { userId: 'u1', type } })
    expect(answer).toMatchObject({ accepted: 1, rejected: [] })
    expect((await server.written()).events).toMatchObject([{ type: 'page' }])
  })

  test.each([
    ['/v1/a', undefined],
    ['/v1/alias', undefined],
    ['/v1/page', 'a'],
    ['/v1/a', 'p'],
    ['/v1/page', 'constructor'],
  ])('denies letters like words, in the path %s and with %j in the body', async (path, type) => {
    const server = await openTrackingServer()
    server.addKey('page-key-0123456789', { source: 'web', scopes: ['track'], types: ['page'] })
    const { answer } = await call(server, path, { key: 'page-key-0123456789', body: { ...alias, type } })
    expect(answer).toMatchObject({ accepted: 0, rejected: [{ code: 'access_denied' }] })
    expect(await server.written()).toEqual({ events: [], quarantined: [] })
  })

  test('of a strict source refuses the whole request', async () => {
    const server = await openTrackingServer({ sources: [sourceOf('web', { isStrict: true })] })
    server.addKey('page-key-0123456789', { source: 'web', scopes: ['track'], types: ['page'] })
    const answered = await call(server, '/v1/batch', { key: 'page-key-0123456789', body: { batch: [page, alias] } })
    expect(answered).toMatchObject({ status: 403, answer: { code: 'access_denied' } })
    expect((await server.written()).events).toEqual([])
  })
})

describe('looking needs the scope `read`', () => {
  test.each<[string, Record<string, string>, number]>([
    ['a page of another site', { origin: 'https://evil.example' }, 401],
    ['a page of another site without an origin', { 'sec-fetch-site': 'cross-site' }, 401],
    ['a name that is not of this machine', { host: 'evil.example' }, 401],
    ['a proxy', { 'x-forwarded-for': '203.0.113.1' }, 401],
    ['a key that does not exist', { authorization: basic(unknown) }, 401],
    ['a key that only tracks', { authorization: basic(WEB_KEY) }, 403],
  ])('%s is refused', async (_name, headers, status) => {
    const server = await openTrackingServer()
    expect((await callRaw(server, '/events/live', { headers })).status).toBe(status)
  })

  test('a server that is not on loopback wants a key of everybody', async () => {
    const server = await openTrackingServer({ isLoopbackOnly: false })
    expect((await callRaw(server, '/events/live', {})).status).toBe(401)
  })
})
