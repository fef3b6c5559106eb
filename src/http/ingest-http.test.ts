import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MillraceError } from '../base/errors.ts'
import type { Log } from '../log/log.ts'
import { openSqliteLog } from '../log/sqlite/open-sqlite-log.ts'
import {
  csv,
  CSV_HEADER,
  csvRow,
  EVENTS,
  eventOf,
  frontDoorOn,
  line,
  ndjson,
  PLAINS,
  send,
  type Sent,
  toEvents,
  toPlains,
  transaction,
  tsv,
} from './front-door.fixture.ts'

const openFrontDoor = frontDoorOn((clock) => openSqliteLog({ path: ':memory:', clock }))

describe('documents that are accepted', () => {
  test.each<[string, Sent, Record<string, unknown[]>]>([
    ['one collection', { body: transaction([eventOf(1), eventOf(2)]) }, { [EVENTS]: [eventOf(1), eventOf(2)] }],
    [
      'several collections in one transaction',
      { body: JSON.stringify({ [EVENTS]: [eventOf(3)], [PLAINS]: [{ id: 1 }, { id: 'a' }] }) },
      { [EVENTS]: [eventOf(3)], [PLAINS]: [{ id: 1 }, { id: 'a' }] },
    ],
    ['PUT', { method: 'PUT', body: transaction([eventOf(4)]) }, { [EVENTS]: [eventOf(4)] }],
    [
      'a media type with parameters',
      { body: transaction([eventOf(5)]), headers: { 'content-type': 'Application/JSON; charset=utf-8' } },
      { [EVENTS]: [eventOf(5)] },
    ],
    ['a byte order mark', { body: `\uFEFF${transaction([eventOf(6)])}` }, { [EVENTS]: [eventOf(6)] }],
    [
      'NDJSON with blank lines and CRLF',
      { ...toEvents, headers: ndjson, body: `\r\n${line(eventOf(7))}\r\n\n${line(eventOf(8))}` },
      { [EVENTS]: [eventOf(7), eventOf(8)] },
    ],
    ['an array for one collection', { ...toEvents, body: JSON.stringify([eventOf(9)]) }, { [EVENTS]: [eventOf(9)] }],
    ['an object for one collection', { ...toPlains, body: '{"id":7}' }, { [PLAINS]: [{ id: 7 }] }],
    ['an encoded path', { path: `/ingest/${encodeURIComponent(EVENTS)}`, body: line(eventOf(10)) }, { [EVENTS]: [eventOf(10)] }],
    [
      'CSV with a byte order mark, CRLF and short rows',
      {
        ...toEvents,
        headers: csv,
        body: `\uFEFF${CSV_HEADER}\r\n${csvRow(11)}\r\n${csvRow(12, ',true')}\r\n${csvRow(13, ',,"a ""b"",\r\nc"')}\r\n`,
      },
      { [EVENTS]: [eventOf(11), { ...eventOf(12), remove: true }, { ...eventOf(13), value: 'a "b",\r\nc' }] },
    ],
    [
      'TSV',
      { ...toPlains, headers: tsv, body: 'n\tid\n1.5\t7\n\tx\n2\t007\n' },
      { [PLAINS]: [{ n: 1.5, id: 7 }, { id: 'x' }, { n: 2, id: '007' }] },
    ],
    [
      'gzip',
      { body: gzipSync(transaction([eventOf(13)])), headers: { 'content-encoding': 'gzip' } },
      { [EVENTS]: [eventOf(13)] },
    ],
    [
      'brotli',
      { body: brotliCompressSync(transaction([eventOf(14)])), headers: { 'content-encoding': 'br' } },
      { [EVENTS]: [eventOf(14)] },
    ],
    [
      'zstd',
      { body: zstdCompressSync(transaction([eventOf(15)])), headers: { 'content-encoding': 'zstd' } },
      { [EVENTS]: [eventOf(15)] },
    ],
    [
      'deflate',
      { body: deflateSync(transaction([eventOf(16)])), headers: { 'content-encoding': 'deflate' } },
      { [EVENTS]: [eventOf(16)] },
    ],
    ['a name that occurs twice: the last one counts', { ...toPlains, body: '{"id":1,"id":2}' }, { [PLAINS]: [{ id: 2 }] }],
  ])('%s', async (_name, sent, expected) => {
    const door = await openFrontDoor()
    const { status, answer } = await send(door, sent)
    const names = Object.keys(expected)
    const documents = Object.values(expected).flat().length
    expect({ status, answer }).toEqual({
      status: 200,
      answer: { offsets: Object.fromEntries(names.map((name) => [name, 1])), documents, isRepeat: false },
    })
    expect(await door.written()).toEqual(expected)
    await door.close()
  })
})

describe('repeats', () => {
  const key = { 'idempotency-key': 'order-1' }

  test('write nothing and get the first answer', async () => {
    const door = await openFrontDoor()
    const body = transaction([eventOf(1)])
    expect((await send(door, { body, headers: key })).answer).toEqual({ offsets: { [EVENTS]: 1 }, documents: 1, isRepeat: false })
    await send(door, { body: transaction([eventOf(2)]) })
    expect((await send(door, { body, headers: key })).answer).toEqual({ offsets: { [EVENTS]: 1 }, documents: 1, isRepeat: true })
    expect(await door.written()).toEqual({ [EVENTS]: [eventOf(1), eventOf(2)] })
    await door.close()
  })

  test('with other content are refused', async () => {
    const door = await openFrontDoor()
    await send(door, { body: transaction([eventOf(1)]), headers: key })
    const { status, answer } = await send(door, { body: transaction([eventOf(2)]), headers: key })
    expect({ status, code: answer['code'] }).toEqual({ status: 422, code: 'idempotency_key_reused' })
    expect(await door.written()).toEqual({ [EVENTS]: [eventOf(1)] })
    await door.close()
  })

  test('that arrive while the first is under way write once', async () => {
    const door = await openFrontDoor()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => send(door, { body: transaction([eventOf(1)]), headers: key })),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(answers.filter(({ answer }) => answer['isRepeat'] === false)).toHaveLength(1)
    expect(await door.written()).toEqual({ [EVENTS]: [eventOf(1)] })
    await door.close()
  })

  test('may follow a refusal of the same key', async () => {
    const door = await openFrontDoor()
    expect((await send(door, { body: transaction([{}]), headers: key })).status).toBe(400)
    expect((await send(door, { body: transaction([eventOf(1)]), headers: key })).status).toBe(200)
    await door.close()
  })
})

describe('a log that cannot take documents', () => {
  test.each<[unknown, number, string, string | null]>([
    [new MillraceError('disk_full', 'The disk is full.', { retryable: true }), 507, 'disk_full', '10'],
    [new MillraceError('log_unavailable', 'The log is away.', { retryable: true }), 503, 'log_unavailable', '1'],
    [new Error('secret detail'), 500, 'internal_error', null],
  ])('%s is answered with %i', async (failure, status, code, retryAfter) => {
    const wrapLog = (log: Log): Log => Object.assign(Object.create(log) as Log, { append: () => Promise.reject(failure) })
    const door = await openFrontDoor({ wrapLog })
    const { answer, ...response } = await send(door, { body: transaction([eventOf(1)]) })
    expect({ status: response.status, code: answer['code'], retryAfter: response.headers.get('retry-after') }).toEqual({
      status,
      code,
      retryAfter,
    })
    expect(JSON.stringify(answer)).not.toMatch(/secret/)
    expect(door.bugs).toEqual(failure instanceof MillraceError ? [] : [failure])
    await door.close()
  })
})

test('whatever is sent, the answer is below 500 and no bug', async () => {
  const door = await openFrontDoor({ limits: { bodyBytesMax: 10_000 } })
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.array(fc.jsonValue()).map((documents) => JSON.stringify({ [PLAINS]: documents })),
    fc
      .array(fc.oneof(fc.constant({ id: 1 }), fc.jsonValue()))
      .map((documents) => documents.map((document) => JSON.stringify(document)).join('\n')),
    fc
      .array(fc.array(fc.string({ unit: 'binary', maxLength: 5 })))
      .map((rows) => ['id,n', ...rows.map((cells) => cells.join(','))].join('\n')),
  )
  const path = fc.oneof(
    fc.constantFrom('/ingest', toPlains.path, toEvents.path),
    fc.webPath(),
    fc.webPath().map((rest) => `/ingest${rest}`),
  )
  const type = fc.constantFrom('application/json', 'application/x-ndjson', 'text/csv', 'text/tab-separated-values', 'x', '')
  const encoding = fc.constantFrom('identity', 'identity', 'identity', 'gzip', 'br', 'zstd', 'deflate', 'x')
  await fc.assert(
    fc.asyncProperty(body, path, type, encoding, async (body, path, type, encoding) => {
      const { status } = await send(door, { path, body, headers: { 'content-type': type, 'content-encoding': encoding } })
      expect(status).toBeLessThan(500)
      expect(door.bugs).toEqual([])
    }),
    { numRuns: 300 },
  )
  await door.close()
})

test('the status is what the callback says', async () => {
  const door = await openFrontDoor()
  expect((await send(door, { path: '/status', method: 'GET' })).answer).toEqual({ head: 0 })
  await door.close()
})
