import { describe, expect, test } from 'vitest'
import { ADMIN_KEY, openReadingServer, READING_KEY, type ReadingServer } from '../../cli/reading-server.fixture.ts'
import type { QuarantinedItem } from '../../model/event/quarantine.ts'
import type { EventReport } from '../../model/event/timeline-event.ts'
import type { Endpoint } from '../endpoints.ts'
import { PROFILE_ENDPOINTS } from './profile-endpoints.ts'
import { QUARANTINE_ENDPOINTS } from './quarantine-endpoints.ts'
import { SCHEMA_ENDPOINTS } from './schema-endpoints.ts'

type Asked = { method?: string; body?: unknown; key?: string }
/** Each test reads the members that its endpoint has. */
type Answer = {
  id: string
  account: { id: string }
  events: EventReport[]
  items: QuarantinedItem[]
  nextCursor: string | null
  preview: { survivor: string; loser: string }
  explanation: { found: unknown }
}
type Answered = { status: number; answer: Answer }

async function ask({ url }: ReadingServer, path: string, { method, body, key }: Asked = {}): Promise<Answered> {
  const response = await fetch(url + path, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { status: response.status, answer: (await response.json()) as Answer }
}

/** The answer is what the endpoint's table promises. */
function expectPromised({ response }: Pick<Endpoint, 'response'>, { status, answer }: Answered): void {
  expect(status, JSON.stringify(answer)).toBe(200)
  expect(response.safeParse(answer).error).toBeUndefined()
}

const ADA = {
  type: 'identify',
  userId: '42',
  anonymousId: 'phone',
  traits: { email: 'ada@acme.com', plan: 'trial' },
  at: 0,
  id: 'm1',
} as const

describe('profiles', () => {
  test('are found by any identifier, also one with slashes and signs', async () => {
    const server = await openReadingServer()
    await server.send(ADA, {
      type: 'group',
      userId: '42',
      groupId: 'a/b?c#d',
      traits: { domain: 'acme.com', name: 'Acme' },
      at: 1,
    })
    const byId = await ask(server, '/users/42')
    expectPromised(PROFILE_ENDPOINTS.user, byId)
    expect(byId.answer).toMatchObject({
      kind: 'user',
      traits: { plan: { value: 'trial', source: 'web', event: 'm1' } },
      account: { by: 'link', name: 'Acme' },
    })
    for (const ref of ['email:ada%40acme.com', 'ada@acme.com', 'anonymous_id:phone', byId.answer.id])
      expect((await ask(server, `/users/${ref}`)).answer).toEqual(byId.answer)
    const account = await ask(server, `/accounts/${encodeURIComponent('a/b?c#d')}`)
    expectPromised(PROFILE_ENDPOINTS.account, account)
    expect(account.answer).toMatchObject({ id: byId.answer.account.id, kind: 'account' })
    expect(account.answer).not.toHaveProperty('account')
  })

  test('that do not exist are a 404 with a hint', async () => {
    const { status, answer } = await ask(await openReadingServer(), '/accounts/nobody')
    expect(status).toBe(404)
    expect(answer).toMatchObject({
      code: 'entity_unknown',
      detail: 'There is no account "nobody".',
      hint: expect.stringContaining('domain:…') as string,
    })
  })
})

describe('timelines', () => {
  test('go over lake and store in pages, filtered as asked', async () => {
    const server = await openReadingServer()
    await server.send(ADA)
    for (let at = 1; at <= 6; at++)
      await server.send({ userId: '42', name: at % 2 ? 'Odd, really' : 'Even', at, id: `e${at}`, source: at > 4 ? 'crm' : 'web' })
    await server.file()
    await server.send({ type: 'identify', userId: '42', traits: { plan: 'paid' }, at: 10, id: 'm2' })
    const all = await ask(server, '/users/42/events')
    expectPromised(PROFILE_ENDPOINTS.userEvents, all)
    const ids = all.answer.events.map(({ event_id: id }) => id)
    expect(ids.slice(0, 4)).toEqual(['m2:user:changed', 'm2', 'e6', 'e5'])
    expect(all.answer.events.at(-1)?.event).toBe('User created')
    expect(all.answer.events[0]).toMatchObject({
      type: 'attributes_changed',
      props: [
        { field_name: 'to/plan', text_value: 'paid' },
        { field_name: 'from/plan', text_value: 'trial' },
      ],
      app_id: 'web',
      context: { days_since_signup: 0 },
    })
    const paged: string[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Answered = await ask(server, `/users/42/events?limit=2${cursor && `&cursor=${cursor}`}`)
      paged.push(...page.answer.events.map(({ event_id: id }) => id))
      cursor = page.answer.nextCursor
    }
    expect(paged).toEqual(ids)
    const idsOf = async (query: string) =>
      (await ask(server, `/users/42/events?${query}`)).answer.events.map(({ event_id: id }) => id)
    expect(await idsOf('name=Odd%2C+really&source=web')).toEqual(['e3', 'e1'])
    expect(await idsOf('name=Even&name=identify&since=2026-03-01T09:04:00%2B01:00&until=2026-03-01T08:07:00Z')).toEqual([
      'e6',
      'e4',
    ])
    expect(await idsOf('type=identify')).toEqual(['m2', 'm1'])
    expect(await idsOf('internal=false&since=2026-03-01T08:05:30Z')).toEqual(['m2', 'e6'])
    expect(await idsOf('until=2026-03-01')).toEqual([])
  })

  test.each([
    'limit=0',
    'limit=501',
    'limit=x',
    'since=yesterday',
    'until=%2B275760-09-13',
    'internal=no',
    'cursor=abc',
    'color=red',
  ])('refuse the query %s', async (query) => {
    const server = await openReadingServer()
    await server.send(ADA)
    expect(await ask(server, `/users/42/events?${query}`)).toMatchObject({ status: 400, answer: { code: 'request_invalid' } })
    expect(server.bugs).toEqual([])
  })

  test('of an account hold what its users did for it', async () => {
    const server = await openReadingServer()
    await server.send({ type: 'group', userId: 'boss', groupId: 'acme', traits: { name: 'Acme' }, id: 'g1' })
    const { answer } = await ask(server, '/accounts/acme/events?internal=false')
    expect(answer.events.map(({ event }) => event)).toEqual(['group', 'Account created'])
  })
})

describe('merges and splits', () => {
  test('are previewed, done and undone', async () => {
    const server = await openReadingServer()
    await server.send(ADA, { type: 'page', anonymousId: 'laptop' })
    const merging = { survivor: '42', loser: 'laptop' }
    const preview = await ask(server, '/users/merge', { body: { ...merging, dryRun: true } })
    expectPromised(PROFILE_ENDPOINTS.mergeUsers, preview)
    expect(preview.answer).toMatchObject({ isDryRun: true, preview: { reason: 'external_id' } })
    const merged = await ask(server, '/users/merge', { body: merging })
    expectPromised(PROFILE_ENDPOINTS.mergeUsers, merged)
    expect((await ask(server, '/users/laptop')).answer.id).toBe(preview.answer.preview.survivor)
    const split = await ask(server, '/users/split', { body: { part: 'laptop' } })
    expectPromised(PROFILE_ENDPOINTS.splitUsers, split)
    expect((await ask(server, '/users/laptop')).answer.id).toBe(preview.answer.preview.loser)
    expect(await ask(server, '/users/split', { body: { part: 'laptop' } })).toMatchObject({
      status: 409,
      answer: { code: 'split_refused' },
    })
    expect(await ask(server, '/accounts/merge', { body: merging })).toMatchObject({
      status: 404,
      answer: { code: 'entity_unknown' },
    })
  })

  test.each(['', '{', '[]', '{"survivor":"42"}', '{"survivor":"42","loser":"1","force":true}'])(
    'refuse the body %s',
    async (body) => {
      const server = await openReadingServer()
      expect(await ask(server, '/users/merge', { method: 'POST', body })).toMatchObject({
        status: 400,
        answer: { code: 'body_invalid' },
      })
    },
  )
})

const bad = (messageId: string) => ({ type: 'track', userId: '42', messageId })

test('the quarantine is listed, explained, mended, discarded and emptied', async () => {
  const server = await openReadingServer()
  await server.track(bad('q1'), bad('q2'), { type: 'buy', userId: '42', messageId: 'q3' })
  const list = await ask(server, '/quarantine?limit=2')
  expectPromised(QUARANTINE_ENDPOINTS.quarantine, list)
  expect(list.answer.items.map(({ messageId }) => messageId)).toEqual(['q3', 'q2'])
  const rest = await ask(server, `/quarantine?limit=2&cursor=${list.answer.nextCursor}`)
  expect(rest.answer).toMatchObject({ items: [{ messageId: 'q1' }], nextCursor: null })
  expect((await ask(server, '/quarantine?code=type_unknown&source=web')).answer.items).toHaveLength(1)
  expect((await ask(server, '/quarantine?source=crm')).answer.items).toEqual([])
  const [q3 = '', q2 = ''] = list.answer.items.map(({ id }) => id)
  const explained = await ask(server, `/quarantine/${q3}`)
  expectPromised(QUARANTINE_ENDPOINTS.quarantineItem, explained)
  expect(explained.answer.explanation.found).toEqual({ isThere: true, value: 'buy' })
  expect(await ask(server, `/quarantine/${q2}/replay`, { method: 'POST' })).toMatchObject({
    status: 422,
    answer: { isReplayed: false, refusal: { code: 'event_name_missing' } },
  })
  const replayed = await ask(server, `/quarantine/${q2}/replay`, { body: { patch: { event: 'Mended' } } })
  expectPromised(QUARANTINE_ENDPOINTS.replayItem, replayed)
  const replaced = await ask(server, `/quarantine/${q3}/replay`, {
    body: { replacement: { type: 'track', event: 'Replaced', userId: '42' } },
  })
  expectPromised(QUARANTINE_ENDPOINTS.replayItem, replaced)
  const events = (await ask(server, '/users/42/events?type=track')).answer.events
  expect(events.map(({ event }) => event).toSorted()).toEqual(['Mended', 'Replaced'])
  const all = await ask(server, '/quarantine/replay', { body: {} })
  expectPromised(QUARANTINE_ENDPOINTS.replayQuarantine, all)
  expect(all.answer).toMatchObject({ replayed: 0, refused: 1, hasMore: false })
  const q1 = rest.answer.items[0]?.id ?? ''
  expectPromised(QUARANTINE_ENDPOINTS.discardItem, await ask(server, `/quarantine/${q1}`, { method: 'DELETE' }))
  expect(await ask(server, `/quarantine/${q1}`)).toMatchObject({ status: 404, answer: { code: 'quarantine_item_unknown' } })
  expect(await ask(server, `/quarantine/${q1}/replay`, { body: { mend: true } })).toMatchObject({
    status: 400,
    answer: { code: 'body_invalid' },
  })
})

test('the schema lists the traits and events that came', async () => {
  const server = await openReadingServer()
  await server.send(ADA, { userId: '42', name: 'Order Completed', properties: { total: 3 } })
  const traits = await ask(server, '/schema/traits')
  expectPromised(SCHEMA_ENDPOINTS.traitSchema, traits)
  expect(traits.answer).toMatchObject({
    user: [{ name: 'email' }, { name: 'plan', type: 'string', count: 1, sources: { web: 1 } }],
    account: [],
  })
  const events = await ask(server, '/schema/events')
  expectPromised(SCHEMA_ENDPOINTS.eventSchema, events)
  expect(events.answer.events).toMatchObject([
    { type: 'identify', name: null },
    { type: 'track', name: 'Order Completed', properties: [{ name: 'total' }] },
  ])
})

describe('beyond loopback', () => {
  const READS = [
    '/users/42',
    '/users/42/events',
    '/accounts/42',
    '/quarantine',
    '/quarantine/1',
    '/schema/traits',
    '/schema/events',
  ]
  const CHANGES: [string, string][] = [
    ['POST', '/users/merge'],
    ['POST', '/accounts/split'],
    ['POST', '/quarantine/1/replay'],
    ['POST', '/quarantine/replay'],
    ['DELETE', '/quarantine/1'],
  ]

  test('everything needs a key, and changes one with the scope admin', async () => {
    const server = await openReadingServer({ isLoopbackOnly: false })
    await server.send(ADA)
    for (const path of READS) {
      expect(await ask(server, path), path).toMatchObject({ status: 401, answer: { code: 'write_key_unknown' } })
      expect((await ask(server, path, { key: READING_KEY })).status, path).not.toBe(401)
    }
    for (const [method, path] of CHANGES) {
      expect((await ask(server, path, { method })).status, path).toBe(401)
      expect(await ask(server, path, { method, key: READING_KEY }), path).toMatchObject({
        status: 403,
        answer: { code: 'access_denied' },
      })
      expect([400, 404], path).toContain((await ask(server, path, { method, key: ADMIN_KEY })).status)
    }
  })
})
