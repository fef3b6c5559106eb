import { PassThrough, Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { FakeClock } from '../base/clock.ts'
import { openNotificationServer, READER_KEY, type NotificationServer } from '../http/notifications/notification-server.fixture.ts'
import {
  ANN,
  changed,
  entityDocuments,
  idOf,
  membershipDocument,
  segmentDocument,
  track,
} from '../engine/notifications/notifications.fixture.ts'
import { findResumeOrder } from '../engine/notifications/webhook-orders.ts'
import { notificationsCommand } from './notifications.ts'
import { notificationLine } from './notifications/notification-line.ts'

/** Keeps what is written, and tells who waits. */
class Screen extends Writable {
  text = ''
  columns?: number
  #changed: () => void = () => {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    this.#changed()
    done()
  }

  async until(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.text)) await new Promise<void>((resolve) => (this.#changed = resolve))
  }
}

function run({ url }: NotificationServer, ...args: string[]) {
  const [stdout, stderr] = [new Screen(), new Screen()]
  const surroundings = { stdin: new PassThrough(), stdout, stderr, fetch, clock: new FakeClock() }
  const ended = notificationsCommand(surroundings).parseAsync(['--url', url, ...args], { from: 'user' })
  return { stdout, stderr, ended }
}

async function filled(): Promise<NotificationServer> {
  const server = await openNotificationServer()
  await server.world.apply(
    [
      [changed('user', ANN, { isNew: true, facts: { traits_plan: [null, 'pro'], traits_seats: [3, 4] }, entered: ['vip'] })],
      [track(ANN, 'e1'), changed('account', idOf('account', 1), { mergedInto: idOf('account', 2) })],
      [{ of: 'segment', change: 'update', segment: { id: 'vip', name: 'VIPs', kind: 'user', createdAt: '', updatedAt: '' } }],
    ],
    [
      ...entityDocuments('user', ANN, { identifiers: [['email', 'ann@acme.com']], link: idOf('account', 3) }),
      ...entityDocuments('account', idOf('account', 3), { identifiers: [['domain', 'acme.com']] }),
      segmentDocument('user', 'vip', 'VIPs'),
      membershipDocument('user', ANN, 'vip'),
    ],
  )
  return server
}

const LINES = [
  'user:update     ann@acme.com in acme.com  new  Opened  traits_plan=∅→pro traits_seats=3→4  +VIPs',
  `account:delete  ${idOf('account', 1)}  is ${idOf('account', 2)} now`,
  'users_segment:update  vip  VIPs',
]

test('all that is kept is shown a line each, and the command ends', async () => {
  const { stdout, ended } = run(await filled())
  await ended
  expect(stdout.text.trimEnd().split('\n')).toEqual(LINES)
})

test('with filters only what they want, as JSON for programs', async () => {
  const server = await filled()
  const { stdout, ended } = run(
    server,
    '--json',
    '--kind',
    'user',
    '--segment',
    'vip',
    '--channel',
    'user:update',
    'account:delete',
  )
  await ended
  expect(JSON.parse(stdout.text)).toMatchObject({ channel: 'user:update', user: { id: ANN } })
})

test('the same event several times in a row is named once, with how often', async () => {
  const server = await filled()
  await server.world.apply([[track(ANN, 'e2')], [track(ANN, 'e3')]])
  const { stdout, ended } = run(server, '--channel', 'user:update')
  await ended
  expect(stdout.text).toContain('  Opened ×3  ')
})

test('a filter that lets nothing through says so', async () => {
  const { stdout, stderr, ended } = run(await filled(), '--channel', 'users_segment:delete')
  await ended
  expect([stdout.text, stderr.text]).toEqual(['', 'Nothing of that kind is kept.\n'])
})

test('who follows sees what comes from then on, until the server is gone', async () => {
  const server = await filled()
  const { stdout, stderr, ended } = run(server, '--follow')
  await expect.poll(server.waiting).toBe(1)
  await server.world.apply([[track(ANN, 'e2')]])
  await stdout.until(/\n/)
  await expect.poll(server.waiting).toBe(1)
  await server.world.apply([[track(ANN, 'e3')]])
  await stdout.until(/\n.*\n/)
  expect(stdout.text).not.toContain('new')
  expect(stderr.text).toContain('Waiting for notifications')
  void server.close()
  await expect(ended).rejects.toMatchObject({ code: 'server_unreachable' })
})

describe('the command says why it cannot show them', () => {
  test('without a key, where one is needed', async () => {
    const server = await openNotificationServer({ isLoopbackOnly: false })
    await expect(run(server).ended).rejects.toMatchObject({ code: 'write_key_unknown' })
    await run(server, '--key', READER_KEY).ended
  })

  test('when the cursor is too old', async () => {
    const server = await filled()
    await server.world.prune()
    const cursor = Buffer.from('[[0]]').toString('base64url')
    await expect(run(server, '--cursor', cursor).ended).rejects.toMatchObject({ code: 'cursor_expired' })
  })
})

test('a line is cut to the terminal, and what clients send does not steer it', () => {
  const segment = {
    id: 's',
    name: `\u001b[2J${'x'.repeat(100)}`,
    type: 'users_segment',
    created_at: null,
    updated_at: null,
  } as const
  const line = notificationLine({ message_id: 'm', channel: 'users_segment:delete', segment }, 40)
  expect(line).toHaveLength(40)
  expect(line).toMatch(/·\[2Jx+…$/)
})

describe('resume', () => {
  test('lets a webhook go on that has stopped', async () => {
    const server = await openNotificationServer()
    server.webhooks.set('crm', { state: 'stopped' })
    const [stdout, stderr] = [new Screen(), new Screen()]
    const surroundings = { stdin: new PassThrough(), stdout, stderr, fetch, clock: new FakeClock() }
    const args = ['resume', 'crm', '--from', 'now', '--url', server.url]
    await notificationsCommand(surroundings).parseAsync(args, { from: 'user' })
    expect(stdout.text).toBe('The webhook "crm" goes on; "millrace status" says how it does.\n')
    expect(await findResumeOrder(server.world.store, 'crm')).toEqual({ id: 'f'.repeat(24), from: 'now' })
    expect(server.wakes()).toBe(1)
  })
})
