import { request, type ClientRequest } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openSqliteLog } from '../../log/sqlite/open-sqlite-log.ts'
import { call, trackingServerOn, READ_KEY, trackOf, type TrackingServer } from './tracking-door.fixture.ts'

const openTrackingServer = trackingServerOn((clock) => openSqliteLog({ path: ':memory:', clock }))

type Message = { kind: string; data: Record<string, unknown> }

/** A watcher: what came so far, and waiting for what comes next. */
class Watch {
  readonly messages: Message[] = []
  beats = 0
  isOver = false
  readonly #request: ClientRequest
  #pause: () => void = () => {}
  #resume: () => void = () => {}
  #changed: () => void = () => {}

  private constructor(server: TrackingServer, query: string, headers: Record<string, string>) {
    this.#request = request({ port: server.port, host: '127.0.0.1', path: `/events/live${query}`, headers })
  }

  static async open(server: TrackingServer, query = '', headers: Record<string, string> = {}): Promise<Watch> {
    const watch = new Watch(server, query, headers)
    await new Promise<void>((resolve, reject) => {
      watch.#request.on('error', reject).on('response', (response) => {
        if (response.statusCode !== 200) return reject(new Error(`answered ${response.statusCode}`))
        let text = ''
        watch.#pause = () => void response.pause()
        watch.#resume = () => void response.resume()
        response.setEncoding('utf8').on('data', (chunk: string) => {
          const blocks = (text + chunk).split('\n\n')
          text = blocks.pop() ?? ''
          for (const block of blocks) watch.#take(block)
          watch.#changed()
          if (watch.beats > 0 || watch.messages.length > 0 || blocks.includes(': watching')) resolve()
        })
        response
          .on('error', () => {})
          .on('close', () => {
            watch.isOver = true
            watch.#changed()
          })
      })
      watch.#request.end()
    })
    watch.#request.on('error', () => {})
    onTestFinished(() => watch.leave())
    return watch
  }

  #take(block: string): void {
    if (block === ': beat') this.beats++
    const match = /^event: (\w+)\ndata: (.*)$/.exec(block)
    if (match) this.messages.push({ kind: match[1] ?? '', data: JSON.parse(match[2] ?? '') as Record<string, unknown> })
  }

  async until(isThere: (watch: Watch) => boolean): Promise<void> {
    while (!isThere(this)) await new Promise<void>((resolve) => (this.#changed = resolve))
  }

  pause(): void {
    this.#pause()
  }

  resume(): void {
    this.#resume()
  }

  leave(): void {
    this.#request.destroy()
  }
}

const bad = { type: 'track', userId: 'u9', messageId: 'bad' }

test('a watcher sees what is accepted, what is set aside, and what is refused, with the reason', async () => {
  const server = await openTrackingServer()
  const watch = await Watch.open(server)
  await call(server, '/v1/batch', { body: { batch: [trackOf(1), bad] } })
  await call(server, '/v1/batch', { key: 'no-such-key-0123456789', body: { batch: [] } })
  await call(server, '/pixel/v1/track', { method: 'GET', key: null })
  await watch.until(({ messages }) => messages.length === 4)
  expect(watch.messages).toMatchObject([
    { kind: 'accepted', data: { id: 'm1', type: 'track', name: 'Opened', source: 'web', userId: 'u1' } },
    { kind: 'quarantined', data: { messageId: 'bad', code: 'event_name_missing', source: 'web' } },
    { kind: 'refused', data: { path: '/v1/batch', code: 'write_key_unknown', message: 'There is no such write key.' } },
    { kind: 'refused', data: { path: '/pixel/v1/track', code: 'write_key_unknown', message: 'The request has no write key.' } },
  ])
  expect(JSON.stringify(watch.messages)).not.toContain('no-such-key')
})

test.each<[string, string[]]>([
  ['?source=web', ['m1', 'm2', 'p1', 'bad']],
  ['?source=app', []],
  ['?userId=u1', ['m1']],
  ['?userId=u9', ['bad']],
  ['?type=page', ['p1']],
  ['?type=track&userId=u2', ['m2']],
  ['?source=&other=1', ['m1', 'm2', 'p1', 'bad', 'path']],
])('the filter %s lets through %j', async (query, expected) => {
  const server = await openTrackingServer()
  const watch = await Watch.open(server, query)
  const all = await Watch.open(server)
  const page = { type: 'page', userId: 'u3', messageId: 'p1' }
  await call(server, '/v1/batch', { body: { batch: [trackOf(1), trackOf(2), page, bad] } })
  await call(server, '/v1/batch', { key: null, body: { batch: [] } })
  await all.until(({ messages }) => messages.length === 5)
  // The last that the server sends to both.
  server.live.close()
  await watch.until(({ isOver }) => isOver)
  expect(
    watch.messages.map(({ data }) => data['messageId'] ?? data['id'] ?? 'path').map((id) => (id === '/v1/batch' ? 'path' : id)),
  ).toEqual(expected)
})

test('a watcher that takes nothing misses events, is told how many, and holds up nobody', async () => {
  const server = await openTrackingServer()
  const watch = await Watch.open(server)
  watch.pause()
  const properties = { text: 'x'.repeat(20_000) }
  const batch = Array.from({ length: 100 }, (_, i) => ({ ...trackOf(i), properties }))
  // Ten times what the hub and the sockets between hold.
  for (let i = 0; i < 10; i++) expect((await call(server, '/v1/batch', { body: { batch } })).status).toBe(200)
  watch.resume()
  const told = () =>
    watch.messages.filter(({ kind }) => kind === 'dropped').reduce((sum, { data }) => sum + Number(data['count']), 0)
  await watch.until(() => told() > 0 && watch.messages.filter(({ kind }) => kind === 'accepted').length + told() === 1_000)
  expect(told()).toBeGreaterThan(100)
  expect((await server.written()).events).toHaveLength(1_000)
})

test('a silent watcher is kept with a beat every 15 seconds', async () => {
  const server = await openTrackingServer()
  const watch = await Watch.open(server)
  await expect.poll(() => server.clock.sleeping).toBeGreaterThan(1)
  server.clock.advance(15_000)
  await watch.until(({ beats }) => beats === 1)
})

describe('a watcher', () => {
  test('with the scope `read` may look from anywhere', async () => {
    const server = await openTrackingServer({ isLoopbackOnly: false })
    await expect(Watch.open(server)).rejects.toThrow('answered 401')
    const watch = await Watch.open(server, '', { authorization: `Bearer ${READ_KEY}` })
    await call(server, '/v1/batch', { body: { batch: [trackOf(1)] } })
    await watch.until(({ messages }) => messages.length === 1)
  })

  test('that is one too many is sent away, until another leaves', async () => {
    const server = await openTrackingServer()
    const watches = await Promise.all(Array.from({ length: 100 }, () => Watch.open(server)))
    await expect(Watch.open(server)).rejects.toThrow('answered 503')
    watches[0]?.leave()
    await expect
      .poll(() =>
        Watch.open(server).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true)
  })

  test('does not keep the server from stopping', async () => {
    const server = await openTrackingServer()
    const watch = await Watch.open(server)
    await server.close()
    await watch.until(({ isOver }) => isOver)
  })
})
