import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { MillraceError } from '../base/errors.ts'
import type { AppendReceipt, AppendRequest, Log } from '../log/log.ts'
import { webSocketReply } from './endpoints.ts'
import { openSqliteLog } from '../log/sqlite/open-sqlite-log.ts'
import { EVENTS, type FrontDoor, eventOf, frontDoorOn, PLAINS } from './front-door.fixture.ts'

const openFrontDoor = frontDoorOn((clock) => openSqliteLog({ path: ':memory:', clock }))

type Reply = { Offsets?: Record<string, number>; Processed?: number; Error?: string; ApproximateFrame?: number }
type Client = { socket: WebSocket; replies: Reply[]; closed: Promise<{ code: number; reason: string }> }

async function open(door: FrontDoor, collection = EVENTS, protocol?: string): Promise<Client> {
  const socket = new WebSocket(`ws://127.0.0.1:${door.port}/ingest/${collection}`, protocol === undefined ? [] : [protocol])
  const replies: Reply[] = []
  socket.on('message', (bytes: Buffer) => replies.push(JSON.parse(bytes.toString()) as Reply))
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  socket.on('error', () => {})
  await once(socket, 'open')
  return { socket, replies, closed }
}

const SUCCESS = { code: 1000, reason: 'success' }
const FAILURE = { code: 1002, reason: 'error' }
const text = (document: unknown) => JSON.stringify(document)

function handshake(moreHeaders = ''): string {
  const key = Buffer.alloc(16).toString('base64')
  return `GET /ingest/${EVENTS} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n${moreHeaders}\r\n`
}

/** A log whose appends wait until they are let through. */
class GatedLog {
  readonly #waiting: (() => void)[] = []
  #isOpen = false
  #onAppend: (() => void) | undefined
  appends = 0

  wrap(log: Log): Log {
    const append = async (request: AppendRequest): Promise<AppendReceipt> => {
      this.appends++
      this.#onAppend?.()
      if (!this.#isOpen) await new Promise<void>((resolve) => this.#waiting.push(resolve))
      return log.append(request)
    }
    return Object.assign(Object.create(log) as Log, { append })
  }

  appended(): Promise<void> {
    return new Promise((resolve) => {
      this.#onAppend = resolve
    })
  }

  release(): void {
    this.#isOpen = true
    for (const proceed of this.#waiting) proceed()
  }
}

/** Resolves when a quantity has not changed for a good while of turns. */
async function standstill(quantity: () => number): Promise<void> {
  for (let last = Number.NaN, turns = 0; turns < 2_000; turns++) {
    if (quantity() !== last) [last, turns] = [quantity(), 0]
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('a connection that ends well', () => {
  test.each<[string, string | undefined, string, string[], unknown[]]>([
    ['a document a frame', 'json.v1', EVENTS, [text(eventOf(1)), text(eventOf(2))], [eventOf(1), eventOf(2)]],
    ['no sub-protocol', undefined, EVENTS, [text(eventOf(1))], [eventOf(1)]],
    [
      'several documents in a frame, a line each',
      'json.v1',
      PLAINS,
      ['{"id":1}\n{"id":2}\n', '\n', '{"id":3}'],
      [{ id: 1 }, { id: 2 }, { id: 3 }],
    ],
    ['several documents on one line', 'json.v1', PLAINS, ['{"id":1}{"id":2} {"id":"}{"}'], [{ id: 1 }, { id: 2 }, { id: '}{' }]],
    ['documents over several lines', 'json.v1', PLAINS, ['{\n "id": 1\n}\n{\n "id": "a\\"\\n"\n}'], [{ id: 1 }, { id: 'a"\n' }]],
    [
      'CSV, a row a frame',
      'csv.v1',
      PLAINS,
      ['id,n\n', '1,2\n', '2', '"3",4.5\r\n'],
      [{ id: 1, n: 2 }, { id: 2 }, { id: 3, n: 4.5 }],
    ],
    ['CSV, many rows a frame', 'csv.v1', PLAINS, ['\uFEFFid\n1\n2\n', '"a\n""b"\n'], [{ id: 1 }, { id: 2 }, { id: 'a\n"b' }]],
    ['TSV', 'tsv.v1', PLAINS, ['id\tn\na,b\t1'], [{ id: 'a,b', n: 1 }]],
  ])('%s', async (...[_name, protocol, collection, frames, expected]) => {
    const door = await openFrontDoor()
    const { socket, replies, closed } = await open(door, collection, protocol)
    expect(socket.protocol).toBe(protocol ?? '')
    for (const frame of frames) socket.send(frame)
    socket.close()
    expect(await closed).toEqual(SUCCESS)
    expect(replies.map((reply) => webSocketReply.safeParse(reply).success)).toEqual(replies.map(() => true))
    expect(replies.at(-1)).toEqual({ Offsets: { [collection]: await door.log.head() }, Processed: expected.length })
    expect(await door.written()).toEqual({ [collection]: expected })
    await door.close()
  })

  test('documents that arrive during a commit go along with the next one, in order, and `Processed` adds up', async () => {
    const gate = new GatedLog()
    const door = await openFrontDoor({ wrapLog: (log) => gate.wrap(log) })
    const { socket, replies, closed } = await open(door)
    const first = gate.appended()
    socket.send(text(eventOf(0)))
    await first
    for (let i = 1; i < 500; i++) socket.send(text(eventOf(i)))
    await new Promise<void>((resolve) => socket.ping(undefined, undefined, () => resolve()))
    await once(socket, 'pong')
    gate.release()
    socket.close()
    expect(await closed).toEqual(SUCCESS)
    expect(replies.map(({ Processed }) => Processed)).toEqual([1, 500])
    expect(await door.written()).toEqual({ [EVENTS]: Array.from({ length: 500 }, (_, i) => eventOf(i)) })
    await door.close()
  })

  test('more than a commit takes is split, and the socket is not read while too much waits', async () => {
    const gate = new GatedLog()
    const door = await openFrontDoor({ wrapLog: (log) => gate.wrap(log) })
    const { socket, replies, closed } = await open(door, PLAINS)
    const first = gate.appended()
    socket.send('{"id":0}')
    await first
    const filler = 'x'.repeat(100_000)
    for (let i = 1; i < 400; i++) socket.send(text({ id: i, filler }))
    await standstill(() => socket.bufferedAmount)
    expect(socket.bufferedAmount).toBeGreaterThan(20_000_000)
    expect(gate.appends).toBe(1)
    gate.release()
    socket.close()
    expect(await closed).toEqual(SUCCESS)
    expect(replies.length).toBeGreaterThan(9)
    expect(replies.at(-1)?.Processed).toBe(400)
    const written = (await door.written())[PLAINS] as { id: number }[]
    expect(written.map(({ id }) => id)).toEqual(Array.from({ length: 400 }, (_, i) => i))
    await door.close()
  })

  test('a frame may hold more documents than a commit takes', async () => {
    const door = await openFrontDoor()
    const { socket, replies, closed } = await open(door, PLAINS)
    socket.send(Array.from({ length: 40_000 }, (_, id) => `{"id":${id}}`).join('\n'))
    socket.close()
    expect(await closed).toEqual(SUCCESS)
    expect(replies.map(({ Processed }) => Processed)).toEqual([16_384, 32_768, 40_000])
    await door.close()
  })
})

describe('a connection with a mistake', () => {
  const good = text(eventOf(1))
  const badUtf8 = Buffer.from(good)
  badUtf8[20] = 0xff

  test.each<[string, string, (string | Uint8Array)[], string | RegExp, number, number]>([
    ['malformed JSON', 'json.v1', [good, '{"a":'], /frame 2, document 1: is not JSON/, 2, 1],
    [
      'a document that the schema refuses',
      'json.v1',
      [good, good, text({ ...eventOf(1), user: 1 }), good],
      /frame 3, document 1: \/user: must be string/,
      3,
      2,
    ],
    [
      'the second of three documents in a frame',
      'json.v1',
      [`${good}\n{}\n${good}`],
      /frame 1, document 2: must have required property/,
      1,
      1,
    ],
    ['an integer that would be rounded', 'json.v1', [`{"id":9007199254740993}`], /9007199254740993/, 1, 0],
    ['__proto__', 'json.v1', [`{"__proto__":1}`], /__proto__/, 1, 0],
    ['a binary frame', 'json.v1', [good, Buffer.from(good)], /processing frame: binary frames are not supported/, 2, 1],
    ['CSV without a needed column', 'csv.v1', ['event,user\n'], /row 1: The header lacks a column/, 1, 0],
    [
      'a long row',
      'csv.v1',
      ['event,timestamp,user,vendor,segment_name\n', 'a,b,c,1,n,x,y'],
      /row 2: row has 7 columns, but header had only 5/,
      2,
      0,
    ],
  ])('%s', async (...[_name, protocol, frames, message, frame, committed]) => {
    const door = await openFrontDoor()
    const { socket, replies, closed } = await open(door, EVENTS, protocol)
    for (const data of frames) socket.send(data, { binary: typeof data !== 'string' })
    expect(await closed).toEqual(FAILURE)
    expect(replies.at(-1)).toEqual({ Error: expect.stringMatching(message), ApproximateFrame: frame })
    expect(replies.at(-2)?.Processed ?? 0).toBe(committed)
    expect((await door.written())[EVENTS] ?? []).toHaveLength(committed)
    expect(door.bugs).toEqual([])
    await door.close()
  })

  test('text that is not UTF-8', async () => {
    const door = await openFrontDoor()
    const { socket, replies, closed } = await open(door)
    socket.send(good)
    socket.send(badUtf8, { binary: false })
    expect(await closed).toEqual(FAILURE)
    expect(replies.at(-1)).toEqual({ Error: 'processing frame: not valid UTF-8', ApproximateFrame: 2 })
    expect(await door.written()).toEqual({ [EVENTS]: [eventOf(1)] })
    await door.close()
  })

  test('a frame above the limit', async () => {
    const door = await openFrontDoor({ limits: { bodyBytesMax: 1000 } })
    const { socket, replies, closed } = await open(door)
    socket.send(good)
    socket.send('x'.repeat(1001))
    expect(await closed).toEqual({ code: 1009, reason: 'error' })
    expect(replies.at(-1)).toEqual({ Error: 'processing frame: frame is larger than the limit', ApproximateFrame: 2 })
    expect(await door.written()).toEqual({ [EVENTS]: [eventOf(1)] })
    await door.close()
  })

  test('no frame at all', async () => {
    const door = await openFrontDoor()
    const { socket, replies, closed } = await open(door)
    socket.close()
    expect(await closed).toEqual(FAILURE)
    expect(replies).toEqual([{ Error: 'client closed the connection without sending any documents', ApproximateFrame: 0 }])
    await door.close()
  })

  test.each<[unknown, string, number]>([
    [new MillraceError('disk_full', 'The disk is full.', { retryable: true }), 'The disk is full.', 1013],
    [new Error('secret'), 'internal error', 1011],
  ])('a log that fails with %s', async (failure, message, code) => {
    const wrapLog = (log: Log): Log => Object.assign(Object.create(log) as Log, { append: () => Promise.reject(failure) })
    const door = await openFrontDoor({ wrapLog })
    const { socket, replies, closed } = await open(door)
    socket.send(good)
    expect((await closed).code).toBe(code)
    expect(replies).toEqual([{ Error: message, ApproximateFrame: 1 }])
    expect(door.bugs).toEqual(failure instanceof MillraceError ? [] : [failure])
    await door.close()
  })
})

describe('opening a connection', () => {
  test.each<[string, string, string[], number, string]>([
    ['an unknown collection', '/ingest/nowhere', [], 404, 'collection_unknown'],
    ['a derived collection', '/ingest/derived', ['csv.v1'], 404, 'collection_unknown'],
    ['an unknown path', '/nowhere', [], 404, 'path_unknown'],
    ['bad escapes', '/ingest/%zz', [], 400, 'request_invalid'],
    ['an unknown sub-protocol', `/ingest/${EVENTS}`, ['xml.v1'], 400, 'request_invalid'],
  ])('%s is refused', async (...[_name, path, protocols, status, code]) => {
    const door = await openFrontDoor()
    const socket = new WebSocket(`ws://127.0.0.1:${door.port}${path}`, protocols)
    socket.on('error', () => {})
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, import('node:http').IncomingMessage]
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk as Buffer)
    expect({ status: response.statusCode, answer: JSON.parse(Buffer.concat(chunks).toString()) as unknown }).toMatchObject({
      status,
      answer: { status, code },
    })
    await door.close()
  })

  test.each(['json/v1', 'tsv/v1, csv/v1', 'unknown, csv.v1'])(
    'with the sub-protocols "%s", slash or not, is answered with the first that is known',
    async (offered) => {
      const door = await openFrontDoor()
      const socket = connect(door.port, '127.0.0.1')
      socket.write(handshake(`Sec-WebSocket-Protocol: ${offered}\r\n`))
      const [answer] = (await once(socket, 'data')) as [Buffer]
      const expected = offered.split(', ').find((name) => name !== 'unknown')
      expect(answer.toString()).toMatch(new RegExp(`^HTTP/1.1 101 [^]*Sec-WebSocket-Protocol: ${expected}\r\n`))
      socket.destroy()
      await door.close()
    },
  )

  test('beyond the limit of connections is refused', async () => {
    const door = await openFrontDoor({ limits: { connectionsMax: 1 } })
    const { socket } = await open(door)
    await expect(open(door)).rejects.toThrow('503')
    socket.terminate()
    await door.close()
  })
})

describe('the end of a server or a client', () => {
  test('a server that stops commits what has arrived and closes with 1001', async () => {
    const gate = new GatedLog()
    const door = await openFrontDoor({ wrapLog: (log) => gate.wrap(log) })
    const { socket, replies, closed } = await open(door)
    const first = gate.appended()
    socket.send(text(eventOf(1)))
    await first
    socket.send(text(eventOf(2)))
    socket.ping()
    await once(socket, 'pong')
    const stopped = door.close()
    gate.release()
    expect(await closed).toEqual({ code: 1001, reason: 'going away' })
    await stopped
    expect(replies.map(({ Processed }) => Processed)).toEqual([1, 2])
    expect(await door.written()).toEqual({ [EVENTS]: [eventOf(1), eventOf(2)] })
  })

  test('what a client sent before it vanished is committed, and a stop waits for it', async () => {
    const gate = new GatedLog()
    const door = await openFrontDoor({ wrapLog: (log) => gate.wrap(log) })
    const { socket } = await open(door)
    const first = gate.appended()
    socket.send(text(eventOf(1)))
    await first
    socket.terminate()
    await fetch(`${door.url}/health`)
    const stopped = door.close()
    gate.release()
    await stopped
    expect(await door.written()).toEqual({ [EVENTS]: [eventOf(1)] })
  })

  test('a client that answers no ping is dropped, one that does is kept', async () => {
    const door = await openFrontDoor()
    const alive = await open(door)
    const silent = connect(door.port, '127.0.0.1')
    silent.write(
      `GET /ingest/${EVENTS} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\n\r\n`,
    )
    await once(silent, 'data')
    const gone = once(silent, 'close')
    silent.on('error', () => {}).resume()
    for (let beat = 0; beat < 2; beat++) {
      const pinged = once(alive.socket, 'ping')
      door.clock.advance(30_000)
      await pinged
      alive.socket.ping()
      await once(alive.socket, 'pong')
    }
    await gone
    expect(alive.socket.readyState).toBe(WebSocket.OPEN)
    await door.close()
  })
})
