import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Notification } from '../../engine/notifications/notification.ts'
import { ANN, changed, entityDocuments, idOf, track } from '../../engine/notifications/notifications.fixture.ts'
import { openNotificationServer, type NotificationServer } from './notification-server.fixture.ts'

type Message = { event: string; data: { notifications: Notification[]; cursor: string; code?: string } }

/** A client as the standard describes it: the last id is where it goes on. */
class Stream {
  readonly messages: Message[] = []
  lastId = ''
  beats = 0
  isOver = false
  response: IncomingMessage | undefined
  readonly #request: ReturnType<typeof request>
  #changed: () => void = () => {}

  constructor(server: NotificationServer, query = '', lastId = '') {
    this.lastId = lastId
    const headers = { accept: 'text/event-stream', ...(lastId !== '' && { 'last-event-id': lastId }) }
    this.#request = request({ port: server.port, host: '127.0.0.1', path: `/notifications${query}`, headers, agent: false })
    this.#request.on('error', () => {}).on('response', (response) => this.#receive(response))
    this.#request.end()
    onTestFinished(() => this.leave())
  }

  #receive(response: IncomingMessage): void {
    this.response = response
    let text = ''
    response.setEncoding('utf8').on('data', (chunk: string) => {
      const blocks = (text + chunk).split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) this.#take(block)
      this.#changed()
    })
    response
      .on('error', () => {})
      .on('close', () => {
        this.isOver = true
        this.#changed()
      })
  }

  #take(block: string): void {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
    this.lastId = field('id') ?? this.lastId
    if (block.includes(': beat')) this.beats++
    const data = field('data')
    if (data !== undefined) this.messages.push({ event: field('event') ?? 'message', data: JSON.parse(data) as Message['data'] })
  }

  get notifications(): Notification[] {
    return this.messages.flatMap(({ event, data }) => (event === 'notifications' ? data.notifications : []))
  }

  async until(isThere: (stream: Stream) => boolean): Promise<void> {
    while (!isThere(this)) await new Promise<void>((resolve) => (this.#changed = resolve))
  }

  leave(): void {
    this.#request.destroy()
  }
}

async function withAnn(): Promise<NotificationServer> {
  const server = await openNotificationServer()
  await server.world.apply([], entityDocuments('user', ANN, {}))
  return server
}

function eventsIn(notifications: readonly Notification[]): string[] {
  return notifications.flatMap((one) => (one.channel === 'user:update' ? one.events.map(({ event_id }) => event_id) : []))
}

test('what comes is sent as it comes, each message with the cursor behind it', async () => {
  const server = await withAnn()
  const stream = new Stream(server)
  await stream.until(({ lastId }) => lastId !== '')
  expect(stream.response?.headers['content-type']).toBe('text/event-stream; charset=utf-8')
  for (const id of ['e1', 'e2']) {
    await server.world.apply([[track(ANN, id)]])
    await stream.until(({ notifications }) => eventsIn(notifications).includes(id))
  }
  expect(stream.messages.map(({ data }) => data.cursor).at(-1)).toBe(stream.lastId)
  expect(eventsIn(stream.notifications)).toEqual(['e1', 'e2'])
})

test('a client that was cut off anywhere goes on exactly behind what it has received', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.constant('cut'), fc.integer({ min: 1, max: 5 })), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 3 }),
      async (steps, limit) => {
        const server = await withAnn()
        const received: Notification[] = []
        let sent = 0
        let stream = new Stream(server, `?cursor=start&limit=${limit}`)
        for (const step of steps) {
          if (step === 'cut') {
            stream.leave()
            received.push(...stream.notifications)
            stream = new Stream(server, `?cursor=start&limit=${limit}`, stream.lastId)
          } else await server.world.apply(Array.from({ length: step }, () => [track(ANN, `e${++sent}`)]))
        }
        const all = () => eventsIn([...received, ...stream.notifications])
        await stream.until(() => all().length >= sent)
        expect(all()).toEqual(Array.from({ length: sent }, (_, i) => `e${i + 1}`))
        stream.leave()
        await server.close()
      },
    ),
    { numRuns: 20 },
  )
})

test('while nothing comes a beat keeps the connection, and moves the id on', async () => {
  const server = await withAnn()
  const stream = new Stream(server, '?channel=user:delete')
  await stream.until(({ lastId }) => lastId !== '')
  const { lastId } = stream
  await server.world.apply([[track(ANN, 'e1')]])
  await expect.poll(server.waiting).toBe(1)
  server.world.clock.advance(15_000)
  await stream.until(({ beats }) => beats === 2)
  expect(stream.lastId).not.toBe(lastId)
})

describe('a client that takes nothing', () => {
  test('is waited for with one page in memory, and gets larger messages', async () => {
    const server = await openNotificationServer()
    const users = Array.from({ length: 400 }, (_, i) => idOf('user', i))
    await server.world.apply(
      [],
      users.flatMap((id) => entityDocuments('user', id, { traits: { text: 'x'.repeat(20_000) } })),
    )
    const stream = new Stream(server, '?limit=500')
    await stream.until(({ lastId }) => lastId !== '')
    stream.response?.pause()
    for (let round = 0; round < 20; round++) {
      await server.world.apply(users.map((id) => [changed('user', id, { facts: { n: [round, round + 1] } })]))
      // The server has read what it could, and waits for the client or for more.
      await expect.poll(server.waiting).toBe(1)
    }
    expect(server.world.followers).toBe(0)
    stream.response?.resume()
    const reached = () =>
      stream.notifications.filter((one) => one.channel === 'user:update' && one.changes.user['n']?.[1] === 20).length
    await stream.until(() => reached() === users.length)
    expect(stream.messages.length).toBeLessThan(10)
    const changes = stream.notifications.flatMap((one) =>
      one.channel === 'user:update' && one.user.id === users[0] ? [one.changes.user['n']] : [],
    )
    expect(changes.map((change) => change?.[0])).toEqual([0, ...changes.slice(0, -1).map((change) => change?.[1])])
  })

  test('for a minute is given up', async () => {
    const server = await openNotificationServer()
    const users = Array.from({ length: 500 }, (_, i) => idOf('user', i))
    await server.world.apply(
      [],
      users.flatMap((id) => entityDocuments('user', id, { traits: { text: 'x'.repeat(20_000) } })),
    )
    const stream = new Stream(server, '?limit=500')
    await stream.until(({ lastId }) => lastId !== '')
    stream.response?.pause()
    const before = server.reads()
    await server.world.apply(users.map((id) => [track(id, id)]))
    // Ten megabytes are more than sockets hold: the server has read a page, and neither reads on nor waits for more.
    await expect.poll(() => `${server.reads() - before} ${server.world.followers} ${server.waiting()}`).toBe('1 0 1')
    server.world.clock.advance(60_000)
    stream.response?.resume()
    await stream.until(({ isOver }) => isOver)
    expect(server.bugs).toEqual([])
  })
})

describe('a stream', () => {
  test('ends when the server stops', async () => {
    const server = await withAnn()
    const stream = new Stream(server)
    await stream.until(({ lastId }) => lastId !== '')
    await server.close()
    await stream.until(({ isOver }) => isOver)
    expect(server.bugs).toEqual([])
  })

  test('says why it ends when its reader has fallen behind what is kept', async () => {
    const server = await withAnn()
    const stream = new Stream(server)
    await stream.until(({ lastId }) => lastId !== '')
    // What came is gone with the commit that brought it.
    await server.world.applyAndPrune([[track(ANN, 'e1')]])
    await stream.until(({ isOver }) => isOver)
    expect(stream.messages).toMatchObject([{ event: 'error', data: { code: 'cursor_expired', status: 410 } }])
  })

  test('is not opened for a cursor that is too old, or is none', async () => {
    const server = await withAnn()
    await server.world.apply([[track(ANN, 'e1')]])
    await server.world.prune()
    const stream = new Stream(server, '', Buffer.from('[[0]]').toString('base64url'))
    await expect.poll(() => stream.response?.statusCode).toBe(410)
    const late = new Stream(server, '', Buffer.from('[[-1]]').toString('base64url'))
    await expect.poll(() => late.response?.statusCode).toBe(400)
  })

  test('that is one too many is sent away', async () => {
    const server = await withAnn()
    const streams = Array.from({ length: 100 }, () => new Stream(server))
    await Promise.all(streams.map((stream) => stream.until(({ lastId }) => lastId !== '')))
    const late = new Stream(server)
    await expect.poll(() => late.response?.statusCode).toBe(503)
    streams[0]?.leave()
    await expect
      .poll(async () => {
        const again = new Stream(server)
        await again.until(({ response, isOver }) => response !== undefined || isOver)
        return again.response?.statusCode
      })
      .toBe(200)
  })
})
