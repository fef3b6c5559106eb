import { describe, expect, test } from 'vitest'
import { ANN, BOB, changed, entityDocuments, track } from '../../engine/notifications/notifications.fixture.ts'
import type { Notification } from '../../engine/notifications/notification.ts'
import { NOTIFICATION_ENDPOINTS } from './notification-endpoints.ts'
import { openNotificationServer, READER_KEY, WRITER_KEY, type NotificationServer } from './notification-server.fixture.ts'

type Answer = { notifications: Notification[]; cursor: string; hasMore: boolean; code?: string; hint?: string }
type Answered = { status: number; answer: Answer }

async function ask({ url }: NotificationServer, query = '', headers: Record<string, string> = {}): Promise<Answered> {
  const response = await fetch(`${url}/notifications${query}`, { headers })
  return { status: response.status, answer: (await response.json()) as Answer }
}

async function withUsers(): Promise<NotificationServer> {
  const server = await openNotificationServer()
  await server.world.apply(
    [],
    [ANN, BOB].flatMap((id) => entityDocuments('user', id, {})),
  )
  return server
}

test('an answer has the form that the endpoint’s table says, and its cursor goes on where it ends', async () => {
  const server = await withUsers()
  await server.world.apply([
    [
      track(ANN, 'e1', { context: { page: { url: 'https://a.org/' } } }),
      changed('user', ANN, { facts: { plan: [null, 'pro'] }, left: ['s'] }),
    ],
    [changed('account', BOB, { mergedInto: ANN })],
    [
      {
        of: 'segment',
        change: 'delete',
        segment: {
          id: 's',
          name: 'S',
          kind: 'user',
          createdAt: '2026-01-01T00:00:00.000Z',
          updatedAt: '2026-01-01T00:00:00.000Z',
        },
      },
    ],
  ])
  const { status, answer } = await ask(server, '?cursor=start')
  expect(status).toBe(200)
  expect(NOTIFICATION_ENDPOINTS.notifications.response.parse(answer)).toEqual(answer)
  expect(answer.notifications.map(({ channel }) => channel)).toEqual(['user:update', 'account:delete', 'users_segment:delete'])
  await server.world.apply([[track(BOB, 'e2')]])
  const next = await ask(server, `?cursor=${answer.cursor}`)
  expect(next.answer.notifications).toMatchObject([{ user: { id: BOB }, events: [{ event_id: 'e2' }] }])
})

test('without a cursor it begins now', async () => {
  const server = await withUsers()
  await server.world.apply([[track(ANN, 'e1')]])
  const { answer } = await ask(server)
  expect(answer).toMatchObject({ notifications: [], hasMore: false })
  await server.world.apply([[track(ANN, 'e2')]])
  expect((await ask(server, `?cursor=${answer.cursor}`)).answer.notifications).toMatchObject([{ events: [{ event_id: 'e2' }] }])
})

describe('a request that waits', () => {
  test('is answered when something comes that its filter wants', async () => {
    const server = await withUsers()
    const answered = ask(server, '?wait=30&channel=user:delete')
    await expect.poll(server.waiting).toBe(1)
    await server.world.apply([[track(ANN, 'e1')]])
    await server.world.apply([[changed('user', ANN, { isErased: true })]])
    expect((await answered).answer.notifications).toMatchObject([{ channel: 'user:delete' }])
    expect(server.waiting()).toBe(0)
  })

  test('is answered with nothing when the time is over', async () => {
    const server = await withUsers()
    const answered = ask(server, '?wait=20')
    await expect.poll(server.waiting).toBe(1)
    server.world.clock.advance(20_000)
    expect(await answered).toMatchObject({ status: 200, answer: { notifications: [], hasMore: false } })
  })

  test('is answered when the server stops', async () => {
    const server = await withUsers()
    const answered = ask(server, '?wait=30')
    await expect.poll(server.waiting).toBe(1)
    await server.close()
    expect(await answered).toMatchObject({ status: 200, answer: { notifications: [] } })
  })

  test('is forgotten when the client leaves', async () => {
    const server = await withUsers()
    const leaving = new AbortController()
    const answered = fetch(`${server.url}/notifications?wait=30`, { signal: leaving.signal }).catch(() => 'left')
    await expect.poll(server.waiting).toBe(1)
    leaving.abort()
    expect(await answered).toBe('left')
    await expect.poll(server.waiting).toBe(0)
    expect(server.bugs).toEqual([])
  })
})

describe('filters', () => {
  test.each([
    ['kind=user', ['user:update', 'user:delete', 'users_segment:update']],
    ['kind=account', ['account:delete']],
    ['channel=user:update&channel=account:delete', ['user:update', 'account:delete']],
    ['kind=account&channel=user:update', []],
    ['segment=s', ['user:update', 'user:delete', 'account:delete', 'users_segment:update']],
    ['segment=t&segment=u', ['user:delete', 'account:delete']],
  ])('%s', async (query, expected) => {
    const server = await withUsers()
    await server.world.apply([
      [changed('user', ANN, { entered: ['s'] })],
      [changed('user', BOB, { isErased: true })],
      [changed('account', BOB, { isErased: true })],
      [{ of: 'segment', change: 'update', segment: { id: 's', name: 'S', kind: 'user', createdAt: '', updatedAt: '' } }],
    ])
    const { answer } = await ask(server, `?cursor=start&${query}`)
    expect(answer.notifications.map(({ channel }) => channel)).toEqual(expected)
  })
})

describe('a request is refused', () => {
  test.each([
    ['cursor=nonsense', 'request_invalid'],
    ['wait=31', 'request_invalid'],
    ['limit=501', 'request_invalid'],
    ['channel=users', 'request_invalid'],
    ['kind=segment', 'request_invalid'],
    ['other=1', 'request_invalid'],
  ])('with %s', async (query, code) => {
    expect(await ask(await withUsers(), `?${query}`)).toMatchObject({ status: 400, answer: { code } })
  })

  test('when its cursor leads to what is no longer kept, with what to do', async () => {
    const server = await withUsers()
    const { answer } = await ask(server)
    await server.world.apply([[track(ANN, 'e1')]])
    await server.world.prune()
    expect(await ask(server, `?cursor=${answer.cursor}`)).toMatchObject({
      status: 410,
      answer: { code: 'cursor_expired', hint: expect.stringMatching(/"start".*"now"/) as string },
    })
  })

  test('without a key that may read, where others than this machine can ask', async () => {
    const server = await openNotificationServer({ isLoopbackOnly: false })
    expect((await ask(server)).status).toBe(401)
    expect((await ask(server, '', { authorization: `Bearer ${WRITER_KEY}` })).status).toBe(403)
    expect((await ask(server, '', { authorization: `Bearer ${READER_KEY}` })).status).toBe(200)
  })
})

test('the path of the field leads there as well', async () => {
  const server = await withUsers()
  expect((await fetch(`${server.url}/v1/notifications`)).status).toBe(200)
})
