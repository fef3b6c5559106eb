import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSqliteLog } from '../log/sqlite/open-sqlite-log.ts'
import { problemBody } from './endpoints.ts'
import {
  csv,
  CSV_HEADER,
  csvRow,
  EVENTS,
  eventOf,
  type FrontDoor,
  frontDoorOn,
  line,
  ndjson,
  PLAINS,
  send,
  type Sent,
  toEvents,
  toPlains,
  transaction,
} from './front-door.fixture.ts'

const openFrontDoor = frontDoorOn((clock) => openSqliteLog({ path: ':memory:', clock }))

describe('requests that are refused', () => {
  const limits = { bodyBytesMax: 100_000 }
  const good = eventOf(1)
  const { user: _user, ...userless } = good
  const { event: _event, ...keyless } = good
  const bomb = gzipSync(Buffer.alloc(10_000_000, 0x20))
  const many = Array.from({ length: 150 }, (_, i) => ({ ...eventOf(i), user: i }))
  let door: FrontDoor
  beforeAll(async () => {
    door = await openFrontDoor({ limits })
  })
  afterAll(() => door.close())

  test.each<[string, Sent, number, string, RegExp]>([
    ['malformed JSON', { body: '{"a":' }, 400, 'body_invalid', /body is not JSON/],
    ['an empty body', { body: '' }, 400, 'body_invalid', /body is not JSON/],
    ['no body', {}, 400, 'body_invalid', /body is not JSON/],
    ['a body that is no object', { body: '[1]' }, 400, 'body_invalid', /must be an object/],
    ['a collection without a list', { body: `{"${EVENTS}":{}}` }, 400, 'body_invalid', /must hold a list/],
    ['no collection', { body: '{}' }, 400, 'body_invalid', /no document/],
    ['no document', { body: transaction([]) }, 400, 'body_invalid', /no document/],
    [
      'a wrong type',
      { body: transaction([good, { ...good, user: 5 }]) },
      400,
      'document_invalid',
      /segment\/events" document 1, \/user: must be string/,
    ],
    [
      'a missing property',
      { body: transaction([userless]) },
      400,
      'document_invalid',
      /document 0: must have required property "user"/,
    ],
    ['a missing key', { body: transaction([keyless]) }, 400, 'document_invalid', /"event"/],
    ['a key that is null', { ...toPlains, body: '{"id":null}' }, 400, 'key_invalid', /key at \/id is null/],
    ['a document that is no object', { body: transaction([5]) }, 400, 'document_invalid', /must be object/],
    [
      'one bad collection among good ones',
      { body: JSON.stringify({ [EVENTS]: [good], [PLAINS]: [{}] }) },
      400,
      'document_invalid',
      /"plains" document 0/,
    ],
    [
      'an unknown collection',
      { body: '{"examples/segment/event":[{}]}' },
      404,
      'collection_unknown',
      /"examples\/segment\/event" is not an ingestable collection/,
    ],
    ['an unknown collection in the path', { path: '/ingest/nowhere', body: '{}' }, 404, 'collection_unknown', /"nowhere"/],
    ['a derived collection', { path: '/ingest/derived', body: '{"id":1}' }, 404, 'collection_unknown', /derived collection/],
    [
      'a collection named like a property of every object',
      { body: '{"constructor":[{}]}' },
      404,
      'collection_unknown',
      /"constructor"/,
    ],
    ['__proto__ as a property', { ...toPlains, body: '{"id":1,"__proto__":{"a":1}}' }, 400, 'body_invalid', /__proto__/],
    [
      'an integer that would be rounded',
      { ...toPlains, headers: ndjson, body: '{"id":1}\n{"id":9007199254740993}' },
      400,
      'body_invalid',
      /line 2, \/id: .*9007199254740993/,
    ],
    [
      'nesting without end',
      { ...toPlains, body: `{"id":1,"a":${'['.repeat(40_000)}${']'.repeat(40_000)}}` },
      400,
      'body_invalid',
      /nested deeper/,
    ],
    [
      'bytes that are not UTF-8',
      { body: Buffer.concat([Buffer.from('{"'), Buffer.of(0xff), Buffer.from('":[]}')]) },
      400,
      'body_invalid',
      /UTF-8/,
    ],
    ['a bad line', { ...toEvents, headers: ndjson, body: `${line(good)}\n\n{"x"` }, 400, 'body_invalid', /line 3: is not JSON/],
    [
      'a body above the limit',
      { body: transaction(Array.from({ length: 1000 }, (_, i) => eventOf(i))) },
      413,
      'body_too_large',
      /100000 bytes/,
    ],
    ['a gzip bomb', { body: bomb, headers: { 'content-encoding': 'gzip' } }, 413, 'body_too_large', /100000 bytes/],
    [
      'gzip that breaks off',
      { body: gzipSync(transaction([good])).subarray(0, 40), headers: { 'content-encoding': 'gzip' } },
      400,
      'body_invalid',
      /not valid gzip/,
    ],
    [
      'gzip that is none',
      { body: transaction([good]), headers: { 'content-encoding': 'gzip' } },
      400,
      'body_invalid',
      /not valid gzip/,
    ],
    ['an unknown encoding', { body: 'x', headers: { 'content-encoding': 'lzma' } }, 415, 'content_type_unsupported', /"lzma"/],
    [
      'an encoding named like a property of every object',
      { body: 'x', headers: { 'content-encoding': 'constructor' } },
      415,
      'content_type_unsupported',
      /"constructor"/,
    ],
    [
      'a form',
      { body: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'content_type_unsupported',
      /form-urlencoded/,
    ],
    ['NDJSON for several collections', { body: line(good), headers: ndjson }, 415, 'content_type_unsupported', /x-ndjson/],
    [
      'a malformed content type',
      { body: '{}', headers: { 'content-type': ';;;' } },
      415,
      'content_type_unsupported',
      /content type|Content-Type/i,
    ],
    [
      'an empty idempotency key',
      { body: transaction([good]), headers: { 'idempotency-key': '' } },
      400,
      'request_invalid',
      /Idempotency-Key/,
    ],
    [
      'a long idempotency key',
      { body: transaction([good]), headers: { 'idempotency-key': 'k'.repeat(256) } },
      400,
      'request_invalid',
      /1 to 255/,
    ],
    ['another method', { method: 'DELETE', body: '{}' }, 405, 'method_unsupported', /DELETE/],
    ['an unknown path', { path: '/nowhere', body: '{}' }, 404, 'path_unknown', /"\/nowhere"/],
    ['a path with bad escapes', { path: '/ingest/%zz', body: '{}' }, 400, 'request_invalid', /%zz/],
    ['GET without upgrade', { ...toEvents, method: 'GET' }, 426, 'upgrade_required', /WebSocket/],
    [
      'a header without a needed column',
      { ...toEvents, headers: csv, body: 'event,timestamp,vendor,segment_name\n' },
      400,
      'body_invalid',
      /row 1: The header lacks a column for \/user/,
    ],
    [
      'a header that names no field',
      { ...toEvents, headers: csv, body: 'event,timestamp,user,vendr\n' },
      400,
      'body_invalid',
      /"vendr".*Did you mean "vendor"/,
    ],
    [
      'a header that names one field twice',
      { ...toEvents, headers: csv, body: 'vendor,segment/vendor\n' },
      400,
      'body_invalid',
      /twice/,
    ],
    [
      'a header that names an object',
      { ...toEvents, headers: csv, body: 'segment\n' },
      400,
      'body_invalid',
      /cannot come from a cell/,
    ],
    ['only a header', { ...toEvents, headers: csv, body: CSV_HEADER }, 400, 'body_invalid', /no document/],
    [
      'a long row',
      { ...toEvents, headers: csv, body: `${CSV_HEADER}\n${csvRow(1)}\n${csvRow(2, ',,,')}` },
      400,
      'body_invalid',
      /row 3: row has 8 columns, but header had only 7/,
    ],
    [
      'a cell of another type',
      { ...toPlains, headers: csv, body: 'id,n\n1,2\n2,two' },
      400,
      'document_invalid',
      /row 3, \/n: must be a number, "two" is not/,
    ],
    [
      'a cell that would be rounded',
      { ...toPlains, headers: csv, body: 'id,n\n1,9007199254740993' },
      400,
      'document_invalid',
      /row 2, \/n/,
    ],
    [
      'a quote that is not closed',
      { ...toPlains, headers: csv, body: 'id,n\n1,2\n"2,3\n' },
      400,
      'body_invalid',
      /row 3: Quote Not Closed/,
    ],
    [
      'a row that the schema refuses',
      { ...toEvents, headers: csv, body: `${CSV_HEADER}\n${csvRow(1, ',true,x')}` },
      400,
      'document_invalid',
      /row 2, \/value: must be absent/,
    ],
  ])('%s', async (...[_name, sent, status, code, message]) => {
    const { answer, ...refused } = await send(door, sent)
    expect({ status: refused.status, code: answer['code'], detail: answer['detail'] }).toEqual({
      status,
      code,
      detail: expect.stringMatching(/./),
    })
    expect(`${String(answer['detail'])} ${String(answer['hint'])}`).toMatch(message)
    expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/)
    expect(problemBody.safeParse(answer).error).toBeUndefined()
    expect(await door.log.head()).toBe(0)
    expect(door.bugs).toEqual([])
  })

  test('every refused document is listed, up to a limit', async () => {
    const { answer } = await send(door, { body: transaction(many) })
    expect(answer['detail']).toMatch(/150 documents are refused/)
    expect(answer['violations']).toHaveLength(100)
    expect((answer['violations'] as unknown[])[99]).toEqual({
      collection: EVENTS,
      index: 99,
      code: 'document_invalid',
      pointer: '/user',
      message: 'must be string',
    })
  })

  test('a near name of a collection is suggested', async () => {
    const { answer } = await send(door, { body: '{"examples/segment/event":[]}' })
    expect(answer['hint']).toBe(`Did you mean "${EVENTS}"?`)
  })

  test('a request that breaks off writes nothing and leaves the server well', async () => {
    const socket = connect(door.port, '127.0.0.1')
    const half = transaction([good]).slice(0, 20)
    socket.write(`POST /ingest HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n${half}`)
    await new Promise((resolve) => socket.write('', resolve))
    socket.destroy()
    expect((await send(door, { path: '/health', method: 'GET' })).answer).toEqual({ status: 'ok' })
    expect(await door.log.head()).toBe(0)
  })

  test('a document above the limit is refused', async () => {
    const roomy = await openFrontDoor()
    const { status, answer } = await send(roomy, { ...toPlains, body: JSON.stringify({ id: 1, a: 'é'.repeat(2_200_000) }) })
    expect({ status, detail: answer['detail'] }).toEqual({
      status: 400,
      detail: expect.stringMatching(/not be larger than 4194304 bytes/),
    })
    await roomy.close()
  })

  test('more documents than a batch holds are refused', async () => {
    const roomy = await openFrontDoor()
    const body = JSON.stringify({ [PLAINS]: Array.from({ length: 65_537 }, (_, id) => ({ id })) })
    expect(await send(roomy, { body })).toMatchObject({
      status: 413,
      answer: { code: 'body_too_large', detail: expect.stringMatching(/65537 documents/) },
    })
    expect(await roomy.log.head()).toBe(0)
    await roomy.close()
  })

  test('bodies beyond the memory for all of them are put off', async () => {
    const small = await openFrontDoor({ limits: { heldBytesMax: 1000 } })
    const { status, answer, headers } = await send(small, { body: transaction(many) })
    expect({ status, code: answer['code'], retryAfter: headers.get('retry-after') }).toEqual({
      status: 503,
      code: 'server_busy',
      retryAfter: '1',
    })
    expect((await send(small, { ...toPlains, body: '{"id":1}' })).status).toBe(200)
    await small.close()
  })
})
