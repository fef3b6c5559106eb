import { describe, expect, test } from 'vitest'
import { findResumeOrder } from '../../engine/notifications/webhook-orders.ts'
import { ADMIN_KEY, type NotificationServer, openNotificationServer, READER_KEY } from './notification-server.fixture.ts'

type Problem = { code: string; detail: string; hint?: string }

async function resume({ url }: NotificationServer, name: string, { body, key }: { body?: string; key?: string } = {}) {
  const response = await fetch(`${url}/notifications/webhooks/${encodeURIComponent(name)}/resume`, {
    method: 'POST',
    ...(body !== undefined && { body }),
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(key && { authorization: `Bearer ${key}` }),
    },
  })
  // What the endpoint says.
  return { status: response.status, answer: (await response.json()) as Problem }
}

async function withWebhook(webhook: { state: string; code?: string }): Promise<NotificationServer> {
  const server = await openNotificationServer({ isLoopbackOnly: false })
  server.webhooks.set('crm', webhook)
  return server
}

const key = ADMIN_KEY

describe('a webhook that has stopped', () => {
  test.each([
    ['where it stands', undefined, {}],
    ['where it stands, said with an empty body', '{}', {}],
    ['from now', '{"from":"now"}', { from: 'now' }],
    ['from the start of what is kept', '{"from":"start"}', { from: 'start' }],
  ])('is ordered to go on %s, and woken', async (_where, body, order) => {
    const server = await withWebhook({ state: 'stopped', code: 'webhook_refused' })
    const { status, answer } = await resume(server, 'crm', { key, ...(body !== undefined && { body }) })
    expect({ status, answer }).toEqual({ status: 202, answer: { webhook: 'crm', order: 'f'.repeat(24) } })
    expect(await findResumeOrder(server.world.store, 'crm')).toEqual({ id: 'f'.repeat(24), ...order })
    expect(server.wakes()).toBe(1)
  })

  test('as what is next is no longer kept is asked from where', async () => {
    const server = await withWebhook({ state: 'stopped', code: 'cursor_expired' })
    const { status, answer } = await resume(server, 'crm', { key })
    expect(status).toBe(410)
    expect(answer).toMatchObject({ code: 'cursor_expired', hint: expect.stringMatching(/"start" .* "now"/) as string })
    expect((await resume(server, 'crm', { key, body: '{"from":"start"}' })).status).toBe(202)
  })
})

test.each([
  { what: 'a webhook that runs', key, status: 409, code: 'webhook_not_stopped' },
  { what: 'a webhook that the catalog does not have', name: 'erp/../x', key, status: 404, code: 'webhook_unknown' },
  { what: 'another place', body: '{"from":"earliest"}', key, status: 400, code: 'body_invalid' },
  { what: 'no JSON', body: 'start', key, status: 400, code: 'body_invalid' },
  { what: 'a key that may only read', key: READER_KEY, status: 403, code: 'access_denied' },
  { what: 'no key', status: 401, code: 'write_key_unknown' },
])('$what is refused, and nothing is ordered', async ({ name = 'crm', status, code, ...request }) => {
  const server = await withWebhook({ state: 'retrying' })
  const { status: answered, answer } = await resume(server, name, request)
  expect({ status: answered, code: answer.code }).toEqual({ status, code })
  expect(await findResumeOrder(server.world.store, name)).toBeUndefined()
  expect(server.wakes()).toBe(0)
})
