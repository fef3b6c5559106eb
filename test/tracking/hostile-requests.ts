/** Tracking requests of every kind: right, nearly right, hostile, no JSON at all, cut short; each knows whether it must be taken. */
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { isObject, type Json } from '../../src/base/json.ts'
import type { WriteKeyTerms } from '../../src/engine/tracking/write-keys.ts'
import { hostileItemText } from '../../src/engine/tracking/hostile-items.fixture.ts'
import { DEFAULT_SOURCE_LIMITS } from '../../src/model/catalog.ts'
import type { Asked } from './http-client.ts'
import { keyOf } from './tracking-stage.ts'

export const SOURCES = { web: {}, strict: { strict: true }, pages: {} }

const LIMITED = 'key-that-may-only-track'
const READING = 'key-that-may-only-read'
const EXPIRED = 'key-that-has-expired'
/** Beside those of the sources. */
export const KEYS: Record<string, WriteKeyTerms> = {
  [LIMITED]: { source: 'pages', scopes: ['track'], types: ['track', 'page'] },
  [READING]: { source: 'web', scopes: ['read'] },
  [EXPIRED]: { source: 'web', scopes: ['track'], expiresAt: '2026-01-01T00:00:00.000Z' },
}

export type Attempt = {
  asked: Asked
  /** The client goes away before its body is whole. */
  isCut: boolean
  /** Whose it is when the key is good and the body can be read; undefined when it must be refused as a whole. */
  source: keyof typeof SOURCES | undefined
  /** As the server reads them. */
  items: readonly Json[]
}

type Body = { text: string | Uint8Array; isBatch: boolean }

/** Few enough users to meet again and again, and few enough message ids that some repeat. */
const userId = fc.nat(300).map((n) => `user-${n}`)
const anonymousId = fc.nat(500).map((n) => `visitor-${n}`)
const messageId = fc.nat(12_000).map((n) => `message-${n}`)

const soundItem = fc
  .record(
    {
      type: fc.constantFrom('track', 'identify', 'page', 'screen', 'group', 'alias'),
      event: fc.constant('Paid'),
      userId,
      anonymousId,
      groupId: fc.constantFrom('g1', 'g2'),
      previousId: anonymousId,
      messageId,
      traits: fc.record({ plan: fc.constantFrom('free', 'team'), visits: fc.constant({ operation: 'inc', value: 1 }) }),
      properties: fc.record({ price: fc.nat(100) }),
      timestamp: fc.constantFrom('2026-03-01T08:00:00.000Z', '2031-01-01T00:00:00.000Z'),
    },
    { requiredKeys: ['type', 'event', 'userId', 'groupId', 'previousId', 'messageId'] },
  )
  .map((item) => JSON.stringify(item))

/** One thing is wrong, or there twice; or there is too much. */
const nearlySoundItem = fc
  .tuple(
    soundItem,
    fc.constantFrom(
      ',"userId":null,"anonymousId":"undefined"}',
      ',"messageId":7}',
      ',"messageId":12345678901234567890}',
      ',"type":"Track"}',
      ',"type":["track"]}',
      ',"event":""}',
      ',"groupId":{}}',
      ',"traits":"none"}',
      ',"context":{"ip":[],"traits":7,"externalIds":[{"id":1,"type":"x"},null]}}',
      ',"\\u0000":"\\ud800"}',
      ',"__proto__":{"userId":"other"}}',
      ',"properties":{"price":1e999}}',
      `,"messageId":"${'m'.repeat(99)}\\u0000\\u0000"}`,
      `,"messageId":"${'m'.repeat(101)}"}`,
      `,"userId":"${'u'.repeat(501)}"}`,
      `,"properties":{"text":"${'x'.repeat(40_000)}"}}`,
      `,"traits":{"text":"${'x'.repeat(3_000)}"}}`,
      `,"traits":{"deep":${'['.repeat(20)}${']'.repeat(20)}}}`,
    ),
  )
  .map(([text, end]) => text.slice(0, -1) + end)

const item = fc.oneof(
  { weight: 5, arbitrary: soundItem },
  { weight: 4, arbitrary: nearlySoundItem },
  { weight: 4, arbitrary: hostileItemText },
)

const envelope = fc.constantFrom(
  '',
  '',
  ',"sentAt":"2031-01-01T00:00:00.000Z"',
  ',"sentAt":"now","context":{"ip":"192.0.2.1"}',
  ',"context":[],"integrations":"All","batches":[]',
  ',"context":{"__proto__":{},"\\u0000":1}',
  ',"writeKey":"nobody"',
)

const batchOf = (items: readonly string[], rest: string) => `{"batch":[${items.join(',')}]${rest}}`
const items = fc.array(item, { maxLength: 24, size: 'max' })
const body: fc.Arbitrary<Body> = fc.oneof(
  { weight: 12, arbitrary: fc.tuple(items, envelope).map(([list, rest]) => ({ text: batchOf(list, rest), isBatch: true })) },
  { weight: 1, arbitrary: items.map((list) => ({ text: `[${list.join(',')}]`, isBatch: true })) },
  { weight: 4, arbitrary: item.map((text) => ({ text, isBatch: false })) },
  {
    weight: 1,
    arbitrary: fc.record({
      text: fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.string({ unit: 'binary', maxLength: 100 }),
        fc.constantFrom('', ' ', '{"batch":', '{"batch":{}}', '[', 'null', '"batch"', '\uFEFF', '['.repeat(50_000), '{}{}'),
      ),
      isBatch: fc.boolean(),
    }),
  },
)

type Coding = { header?: string; encode: (bytes: Buffer) => Uint8Array; isSound: boolean }
const same = (bytes: Buffer) => bytes
const coding: fc.Arbitrary<Coding> = fc.oneof(
  { weight: 20, arbitrary: fc.constant({ encode: same, isSound: true }) },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Coding>(
      { header: 'gzip', encode: (bytes) => gzipSync(bytes, { level: 1 }), isSound: true },
      { header: 'deflate', encode: (bytes) => deflateSync(bytes, { level: 1 }), isSound: true },
      { header: 'br', encode: (bytes) => brotliCompressSync(bytes, { params: { 1: 1 } }), isSound: true },
      { header: 'ZSTD ', encode: (bytes) => zstdCompressSync(bytes), isSound: true },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Coding>(
      { header: 'gzip', encode: same, isSound: false },
      { header: 'gzip', encode: (bytes) => gzipSync(bytes).subarray(0, -9), isSound: false },
      { header: 'br', encode: (bytes) => Buffer.concat([Buffer.from([0xff]), bytes]), isSound: false },
      { header: 'zstd', encode: (bytes) => zstdCompressSync(bytes).subarray(0, 12), isSound: false },
      { header: 'lzma', encode: same, isSound: false },
      { header: 'gzip, gzip', encode: same, isSound: false },
      { header: 'constructor', encode: same, isSound: false },
    ),
  },
)

type Credential = { headers: Record<string, string>; query?: string; source?: keyof typeof SOURCES }
const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })
const credential: fc.Arbitrary<Credential> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.constantFrom<Credential>(
      { headers: basic(`${keyOf('web')}:`), source: 'web' },
      { headers: { authorization: `Bearer ${keyOf('web')}` }, source: 'web' },
      { headers: { ...basic('nobody:'), 'x-write-key': keyOf('web') }, source: 'web' },
      { headers: {}, query: `?writeKey=${keyOf('web')}`, source: 'web' },
    ),
  },
  { weight: 2, arbitrary: fc.constant<Credential>({ headers: basic(keyOf('strict')), source: 'strict' }) },
  { weight: 2, arbitrary: fc.constant<Credential>({ headers: basic(LIMITED), source: 'pages' }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Credential>(
      { headers: {} },
      { headers: basic('nobody') },
      { headers: basic(READING) },
      { headers: basic(EXPIRED) },
      { headers: { authorization: 'Basic \u00ff' } },
      { headers: { authorization: 'Negotiate' } },
      { headers: {}, query: '?writeKey=nobody&writeKey=__proto__' },
    ),
  },
)

const BATCH_PATHS = ['/v1/batch', '/v1/batch', '/v1/b', '/v1/import', '/api/s/s2s/batch', '/beacon/v1/batch']
const EVENT_PATHS = ['/v1/track', '/v1/T', '/v1/i', '/v1/page', '/v1/alias', '/api/s/identify', '/v1/unknown']
const HEADERS = ['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'x', '']

const path = fc.record({ batch: fc.constantFrom(...BATCH_PATHS), event: fc.constantFrom(...EVENT_PATHS) })
/** A body stands at the other kind of path once in a while. */
const isMisplaced = fc.nat(19).map((n) => n === 0)
const isCut = fc.nat(29).map((n) => n === 0)

export const attempt: fc.Arbitrary<Attempt> = fc
  .record({ body, coding, credential, path, isMisplaced, isCut, type: fc.constantFrom(...HEADERS) })
  .map(
    ({ body: { text, isBatch }, coding: { header, encode, isSound }, credential: { headers, query = '', source }, ...rest }) => {
      const place = isBatch === rest.isMisplaced ? rest.path.event : rest.path.batch
      const plain = Buffer.from(text)
      const bytes = Buffer.from(encode(plain))
      const read = isSound && isWithinLimits(plain, bytes) ? itemsOf(plain, place) : undefined
      return {
        asked: {
          path: place + query,
          headers: { ...headers, 'content-type': rest.type, ...(header !== undefined && { 'content-encoding': header }) },
          body: bytes,
        },
        isCut: rest.isCut,
        source: read === undefined ? undefined : source,
        items: read ?? [],
      }
    },
  )

const RATIO_MAX = 200
const RATIO_FREE_BYTES = 1024 * 1024

function isWithinLimits(plain: Buffer, bytes: Buffer): boolean {
  const ratioLimit = plain.equals(bytes) ? Number.POSITIVE_INFINITY : Math.max(RATIO_FREE_BYTES, RATIO_MAX * bytes.length)
  return plain.length <= Math.min(DEFAULT_SOURCE_LIMITS.batchBytesMax, ratioLimit)
}

/** Undefined for what is no body of this endpoint. */
function itemsOf(plain: Buffer, place: string): Json[] | undefined {
  let json: Json
  try {
    json = JSON.parse(plain.toString().replace(/^\uFEFF/, '')) as Json
  } catch {
    return undefined
  }
  if (EVENT_PATHS.includes(place)) return isObject(json) && place !== '/v1/unknown' ? [json] : undefined
  if (Array.isArray(json)) return json
  return isObject(json) && Array.isArray(json['batch']) ? json['batch'] : undefined
}
