/**
 * Everything that comes from outside can be wrong: each kind of mistake at each door of a real server, with the answer that a
 * person gets. The details of each door are tested beside it (src/http, src/catalog); here they are read as a whole.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { SHOP } from '../src/catalog/scratch-catalog.fixture.ts'
import { type Files, Scene } from './faults/scene.ts'
import { EVENTS, eventsOf, segmentFiles } from './faults/segment.ts'

const [good] = eventsOf(1, 1)
const text = JSON.stringify(good)
const json = (change: object) => JSON.stringify({ [EVENTS]: [good, { ...good, ...change }] })
const lines = (line: string) => `${text}\n\n${line}\n`
const withoutUser = text.replace(/"user":"[^"]*",/, '')
const badUtf8 = Buffer.from(lines(text))
badUtf8[badUtf8.length - 10] = 0xff
const huge = 'x'.repeat(16 * 1024 * 1024)

const CSV = 'event,timestamp,user,vendor,segment_name'
const row = `${good?.event},${good?.timestamp},${good?.user},7,seg`

let scene: Scene
beforeAll(async () => {
  scene = new Scene(segmentFiles())
  await scene.start()
})
afterAll(async () => {
  const { log, documents } = await scene.status()
  await scene.close()
  // The frames before the bad ones.
  expect([documents.accepted, log.head > 0]).toEqual([4, true])
})

type Request = { path?: string; type?: string; body: string | Buffer }

const ndjson = { path: `/${EVENTS}`, type: 'application/x-ndjson' }
const csv = { path: `/${EVENTS}`, type: 'text/csv' }

test.each<[string, Request, string]>([
  [
    'malformed JSON',
    { body: '{"examples/segment/events": [' },
    '400 body_invalid: The request body is not JSON: Unexpected end of JSON input.',
  ],
  [
    'malformed JSON on a line',
    { ...ndjson, body: lines('{"event":') },
    '400 body_invalid: A document is refused, so nothing was written. "examples/segment/events" line 3: is not JSON: Unexpected end of JSON input',
  ],
  [
    'a wrong type',
    { body: json({ user: 7 }) },
    '400 document_invalid: A document is refused, so nothing was written. "examples/segment/events" document 1, /user: must be string',
  ],
  [
    'a wrong type on a line',
    { ...ndjson, body: lines(text.replace(/"vendor":\d+/, '"vendor":"7"')) },
    '400 document_invalid: A document is refused, so nothing was written. "examples/segment/events" line 3, /segment/vendor: must be integer',
  ],
  [
    'a wrong type in a row',
    { ...csv, body: `${CSV}\n${row}\n${row.replace(',7,', ',seven,')}\n` },
    '400 document_invalid: A document is refused, so nothing was written. "examples/segment/events" row 3, /segment/vendor: must be an integer, "seven" is not',
  ],
  [
    'a missing property',
    { ...ndjson, body: lines(withoutUser) },
    '400 document_invalid: A document is refused, so nothing was written. "examples/segment/events" line 3: must have required property "user"',
  ],
  [
    'a missing key',
    { body: `{"${EVENTS}":[{}]}` },
    '400 document_invalid: A document is refused, so nothing was written. "examples/segment/events" document 0: must have required property "event"',
  ],
  [
    'a key that is null',
    { body: json({ event: null }) },
    '400 document_invalid: A document is refused, so nothing was written. "examples/segment/events" document 1, /event: must be string',
  ],
  [
    'a format that is not kept',
    { body: json({ timestamp: '2026-02-30T00:00:00Z' }) },
    '400 document_invalid: A document is refused, so nothing was written. "examples/segment/events" document 1, /timestamp: must match format "date-time"',
  ],
  [
    'a rule of the schema that is broken',
    { body: json({ remove: true, value: 'x' }) },
    '400 document_invalid: A document is refused, so nothing was written. "examples/segment/events" document 1, /value: must be absent',
  ],
  [
    'an unknown collection',
    { body: '{"examples/segment/event":[{}]}' },
    '404 collection_unknown: "examples/segment/event" is not an ingestable collection. | Did you mean "examples/segment/events"?',
  ],
  [
    'a derived collection',
    { path: '/examples/segment/profiles', type: 'application/json', body: '{"user":"a"}' },
    '404 collection_unknown: "examples/segment/profiles" is a derived collection: its documents come from other collections. | Only captured collections (without a derivation) take documents from outside.',
  ],
  [
    'a header without a required field',
    { ...csv, body: `event,timestamp,vendor,segment_name\n` },
    '400 body_invalid: A document is refused, so nothing was written. "examples/segment/events" row 1: The header lacks a column for /user of "examples/segment/events". Every document must have a value there.',
  ],
  [
    'a row that is too long',
    { ...csv, body: `${CSV}\n${row},1\n` },
    '400 body_invalid: A document is refused, so nothing was written. "examples/segment/events" row 2: row has 6 columns, but header had only 5',
  ],
  [
    'a body that is too large',
    { body: huge + huge },
    '413 body_too_large: The request body is larger than 16777216 bytes. | The limit holds before and after decompression. Send the documents in several requests.',
  ],
  ['bytes that are not UTF-8', { ...ndjson, body: badUtf8 }, '400 body_invalid: The request body is not valid UTF-8.'],
  [
    '__proto__',
    { ...ndjson, body: lines(text.replace('{', '{"__proto__":{},')) },
    '400 body_invalid: A document is refused, so nothing was written. "examples/segment/events" line 3, /__proto__: has a property named "__proto__", which is not allowed',
  ],
  [
    'a number beyond 2^53',
    { ...ndjson, body: lines(text.replace(/"vendor":\d+/, '"vendor":9007199254740993')) },
    '400 body_invalid: A document is refused, so nothing was written. "examples/segment/events" line 3, /segment/vendor: has the integer 9007199254740993, which is beyond ±(2^53 - 1) and would be rounded; send it as a string',
  ],
])('HTTP: %s', async (_name, { path = '', type = 'application/json', body }, expected) => {
  const response = await fetch(`${scene.server.url}/ingest${path}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: body as string,
  })
  const { code, detail, hint } = (await response.json()) as Record<string, string>
  expect(`${response.status} ${code}: ${detail}${hint === undefined ? '' : ` | ${hint}`}`).toBe(expected)
})

test.each<[string, string, (string | Buffer)[], string]>([
  [
    'malformed JSON',
    'json.v1',
    [text, '{"event":'],
    '1002, frame 2: ingestion of collection "examples/segment/events": frame 2, document 1: is not JSON: Unexpected end of JSON input',
  ],
  [
    'a wrong type',
    'json.v1',
    [text, text, text.replace(/"user":"[^"]*"/, '"user":7')],
    '1002, frame 3: ingestion of collection "examples/segment/events": frame 3, document 1: /user: must be string',
  ],
  [
    'the second document of a frame',
    'json.v1',
    [`${text}\n${withoutUser}`],
    '1002, frame 1: ingestion of collection "examples/segment/events": frame 1, document 2: must have required property "user"',
  ],
  [
    '__proto__',
    'json.v1',
    [text.replace('{', '{"__proto__":{},')],
    '1002, frame 1: ingestion of collection "examples/segment/events": frame 1, document 1: /__proto__: has a property named "__proto__", which is not allowed',
  ],
  [
    'a number beyond 2^53',
    'json.v1',
    [text.replace(/"vendor":\d+/, '"vendor":9007199254740993')],
    '1002, frame 1: ingestion of collection "examples/segment/events": frame 1, document 1: /segment/vendor: has the integer 9007199254740993, which is beyond ±(2^53 - 1) and would be rounded; send it as a string',
  ],
  [
    'a header without a required field',
    'csv.v1',
    ['event,timestamp,vendor,segment_name\n'],
    '1002, frame 1: ingestion of collection "examples/segment/events": row 1: The header lacks a column for /user of "examples/segment/events". Every document must have a value there.',
  ],
  [
    'a wrong type in a row',
    'csv.v1',
    [`${CSV}\n`, row.replace(',7,', ',seven,')],
    '1002, frame 2: ingestion of collection "examples/segment/events": row 2: /segment/vendor: must be an integer, "seven" is not',
  ],
  [
    'a binary frame',
    'json.v1',
    [Buffer.from(text)],
    '1002, frame 1: processing frame: binary frames are not supported, send text',
  ],
  ['a frame that is too large', 'json.v1', [huge + huge], '1009, frame 1: processing frame: frame is larger than the limit'],
])('WebSocket: %s', async (_name, protocol, frames, expected) => {
  const socket = new WebSocket(`${scene.server.url.replace('http', 'ws')}/ingest/${EVENTS}`, protocol)
  const replies: string[] = []
  socket.on('message', (data: Buffer) => replies.push(data.toString()))
  await new Promise((resolve) => socket.once('open', resolve))
  for (const frame of frames) socket.send(frame)
  const code = await new Promise((resolve) => socket.once('close', resolve))
  const { Error: message, ApproximateFrame } = JSON.parse(replies.at(-1) ?? '{}') as Record<string, unknown>
  expect(`${String(code)}, frame ${String(ApproximateFrame)}: ${String(message)}`).toBe(expected)
})

function derivation(name: string, source: string): string {
  return `
  ${name}:
    schema: customer.schema.yaml
    key: [/email]
    derivation:
      typescript: customers.ts
      transform: { fromOrders: { source: ${source}, shuffle: [/email], publish: { lambda: typescript } } }
`
}

describe('`millrace check`', () => {
  const shop = SHOP['millrace.yaml'] ?? ''
  const circle = derivation('shop/a', 'shop/b') + derivation('shop/b', 'shop/a')

  test.each<[string, Files, string]>([
    [
      'an annotation that cannot apply to its type',
      { 'customer.schema.yaml': (SHOP['customer.schema.yaml'] ?? '').replace('type: integer', 'type: boolean') },
      `1 customer.schema.yaml:6:48  Schema: sum works on number or string, but here is boolean.
1 problem in 1 file`,
    ],
    [
      'derivations in a circle',
      { 'millrace.yaml': shop + circle },
      `1 millrace.yaml:23:5  Derivation "shop/a": it is derived from itself: "shop/a" → "shop/b" → "shop/a" (each is derived from the next).
    Derive one of them from a captured collection instead.
customers.ts:5:5  warning: The update lambda of "fromOrders" is never called.
    Add \`update: { lambda: typescript }\` to the catalog.
2 problems in 2 files`,
    ],
    [
      'a name that is taken in another file',
      {
        'more.yaml': `collections:${derivation('shop/customers', 'shop/orders')}`,
        'millrace.yaml': `import: [more.yaml]\n${shop}`,
      },
      `1 more.yaml:2:3  Collection "shop/customers" is defined twice; the first definition is at millrace.yaml:8.
    Rename or remove one.
1 problem in 1 file`,
    ],
    [
      'a name that occurs twice in one file',
      { 'millrace.yaml': shop + derivation('shop/customers', 'shop/orders') },
      `1 millrace.yaml:20:3  This name occurs twice in one map.
    Rename or remove one; only the last would count.
customers.ts:5:5  warning: The update lambda of "fromOrders" is never called.
    Add \`update: { lambda: typescript }\` to the catalog.
2 problems in 2 files`,
    ],
    [
      'text that is no YAML',
      { 'millrace.yaml': `${shop}\n  - [` },
      `1 millrace.yaml:19:1  Not valid YAML: A block sequence may not be used as an implicit map key
1 problem in 1 file`,
    ],
  ])('%s', async (_name, files, expected) => {
    const broken = new Scene({ ...SHOP, ...files })
    const main = join(import.meta.dirname, '../bin/millrace.mjs')
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'check'], { cwd: broken.folder, encoding: 'utf8' })
    await broken.close()
    expect(`${status} ${stdout}${stderr}`.trim()).toBe(expected)
  })
})
