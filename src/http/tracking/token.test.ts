import { generateKeyPairSync, sign } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { openSqliteLog } from '../../log/sqlite/open-sqlite-log.ts'
import { ClientAssertions } from './client-assertion.ts'
import { call, trackingServerOn, sourceOf, trackOf, type TrackingServer, WEB_KEY } from './tracking-door.fixture.ts'

const openTrackingServer = trackingServerOn((clock) => openSqliteLog({ path: ':memory:', clock }))

let privateKey: string
let publicKey: string
beforeAll(() => {
  const pair = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  privateKey = pair.privateKey
  publicKey = pair.publicKey
})

const AUDIENCE = 'https://events.example.com'
const CLIENT = 'backend'

const open = (more: { names?: string[] } = {}) =>
  openTrackingServer({
    sources: (more.names ?? ['web']).map((name) => sourceOf(name, { oauthClients: [{ id: CLIENT, publicKey }] })),
    publicUrl: AUDIENCE,
  })

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** As analytics-node signs it, unless `claims` and `header` say otherwise. */
function assertion(
  server: TrackingServer,
  claims: object = {},
  { header = {}, key = privateKey }: { header?: object; key?: string } = {},
): string {
  const now = server.clock.now() / 1000
  const all = { iss: CLIENT, sub: CLIENT, aud: AUDIENCE, iat: now - 5.5, exp: now + 55, jti: 'one', ...claims }
  const text = `${part({ alg: 'RS256', typ: 'JWT', kid: 'k', ...header })}.${part(all)}`
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`
}

function ask(server: TrackingServer, client_assertion: string, more: Record<string, string> = {}) {
  const form = {
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion,
    scope: 'tracking_api:write',
    ...more,
  }
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return call(server, '/token', { key: null, headers, body: new URLSearchParams(form).toString() })
}

function sendAs(server: TrackingServer, token: unknown, body: object = {}) {
  const headers = { authorization: `Bearer ${String(token)}` }
  return call(server, '/v1/batch', { key: null, headers, body: { batch: [trackOf(1)], ...body } })
}

test('an assertion becomes a token, and the token sends events of its source', async () => {
  const server = await open()
  const { status, headers, answer } = await ask(server, assertion(server))
  expect({ status, cache: headers.get('cache-control'), hasDate: headers.has('date') }).toEqual({
    status: 200,
    cache: 'no-store',
    hasDate: true,
  })
  expect(answer).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'tracking_api:write' })
  expect(await sendAs(server, answer['access_token'])).toMatchObject({ status: 200, answer: { accepted: 1 } })
  expect((await server.written()).events).toMatchObject([{ source: 'web' }])
})

test('a token is over after an hour', async () => {
  const server = await open()
  const { answer } = await ask(server, assertion(server))
  server.clock.advance(3_600_000)
  expect(await sendAs(server, answer['access_token'])).toMatchObject({ status: 401, answer: { code: 'token_refused' } })
  expect(await sendAs(server, answer['access_token'], { writeKey: WEB_KEY })).toMatchObject({ status: 200 })
})

test('a token that was changed is none', async () => {
  const server = await open()
  const { answer } = await ask(server, assertion(server))
  const [, signature = ''] = String(answer['access_token']).split('.')
  const forged = `${part({ sources: ['web'], expiresAt: 9e15 })}.${signature}`
  for (const token of [forged, `${String(answer['access_token'])}x`, `${String(answer['access_token'])}.x`]) {
    expect(await sendAs(server, token)).toMatchObject({ status: 401, answer: { code: 'write_key_unknown' } })
  }
})

test('a client of several sources names the one that it means by the write key', async () => {
  const server = await open({ names: ['web', 'app'] })
  const { answer } = await ask(server, assertion(server))
  expect((await sendAs(server, answer['access_token'])).status).toBe(401)
  expect((await sendAs(server, answer['access_token'], { writeKey: WEB_KEY })).status).toBe(200)
})

describe('an assertion is refused', () => {
  const now = Date.UTC(2026, 0, 1) / 1000

  test.each<[string, object, object, RegExp]>([
    ['for another server', { aud: 'https://oauth2.segment.io' }, {}, /aud/],
    ['without an audience', { aud: null }, {}, /aud/],
    ['of an unknown client', { iss: 'other', sub: 'other' }, {}, /unknown client/],
    ['of a client that speaks for another', { iss: 'other' }, {}, /unknown client/],
    ['that is over', { exp: now - 61 }, {}, /is over/],
    ['of the future', { iat: now + 61, exp: now + 100 }, {}, /future/],
    ['that holds for hours', { exp: now + 7_200 }, {}, /more than 600/],
    ['without an end', { exp: undefined }, {}, /iat/],
    ['without an id', { jti: '' }, {}, /jti/],
    ['that is not signed', {}, { alg: 'none' }, /RS256/],
    ['signed with what is no secret', {}, { alg: 'HS256' }, /RS256/],
  ])('%s', async (_name, claims, header, message) => {
    const server = await open()
    const { status, answer } = await ask(server, assertion(server, claims, { header }))
    expect({ status, answer }).toMatchObject({ status: 401, answer: { error: 'invalid_client', code: 'token_refused' } })
    expect(answer['error_description']).toMatch(message)
  })

  test('that another key has signed', async () => {
    const server = await open()
    const other = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    })
    expect((await ask(server, assertion(server, {}, { key: other.privateKey }))).status).toBe(401)
  })

  test('that was used before, also by another request at the same time', async () => {
    const server = await open()
    const one = assertion(server)
    const statuses = (await Promise.all([ask(server, one), ask(server, one)])).map(({ status }) => status)
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 401])
    expect((await ask(server, assertion(server, { jti: 'two' }))).status).toBe(200)
  })

  test.each(['', 'a.b', 'a.b.c', 'a.b.c.d', `${part([])}.${part({})}.x`])('that is no JWT: "%s"', async (text) => {
    const server = await open()
    expect(await ask(server, text)).toMatchObject({ status: 401, answer: { code: 'token_refused' } })
  })

  test('in a form that asks for something else', async () => {
    const server = await open()
    for (const more of [{ grant_type: 'password' }, { client_assertion_type: 'x' }]) {
      expect(await ask(server, assertion(server), more)).toMatchObject({ status: 400, answer: { error: 'invalid_request' } })
    }
  })
})

test('without a configured address, the host that was asked for is the audience', async () => {
  const server = await openTrackingServer({ sources: [sourceOf('web', { oauthClients: [{ id: CLIENT, publicKey }] })] })
  expect((await ask(server, assertion(server, { aud: server.url }))).status).toBe(200)
  expect((await ask(server, assertion(server, { aud: [`${server.url}/token`], jti: 'two' }))).status).toBe(200)
  expect((await ask(server, assertion(server, { jti: 'three' }))).status).toBe(401)
})

test.each(['', 'no key', generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString()])(
  'a public key that is no RSA key is refused at the start: %s',
  (publicKey) => {
    expect(() => new ClientAssertions([sourceOf('web', { oauthClients: [{ id: CLIENT, publicKey }] })])).toThrow(
      /RSA|cannot be read/,
    )
  },
)
