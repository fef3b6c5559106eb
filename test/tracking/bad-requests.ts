/** Requests that are wrong as a whole: who sends, and whether there is a list of events at all. */
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import type { WriteKeyTerms } from '../../src/engine/tracking/write-keys.ts'
import type { BadInput } from './bad-input.ts'
import type { Asked } from './http-client.ts'

const READING = 'key-that-may-only-read'
const EXPIRED = 'key-that-has-expired'
const LIMITED = 'key-that-may-only-track'
/** Of a source of its own. */
export const LIMITED_SOURCE = 'limited'
export const FURTHER_KEYS: Record<string, WriteKeyTerms> = {
  [READING]: { scopes: ['read'] },
  [EXPIRED]: { source: LIMITED_SOURCE, scopes: ['track'], expiresAt: '2026-01-01T00:00:00.000Z' },
  [LIMITED]: { source: LIMITED_SOURCE, scopes: ['track'], types: ['track'] },
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
const event = { type: 'track', event: 'Paid', userId: 'sender' }
const batch = JSON.stringify({ batch: [event] })
const NOTHING = 'nothing is kept'

type Askings = Partial<Asked> | Partial<Asked>[]

function whole(input: string, asked: Askings, answer: string, why: string): BadInput {
  return { input, answer, becomes: NOTHING, why, sent: [asked].flat() }
}

export const BAD_SENDERS: BadInput[] = [
  whole('no key', { headers: {}, body: batch }, '401 `write_key_unknown`', 'nobody knows whose events they are'),
  whole(
    'a key that nobody knows',
    { headers: bearer('wrong-key'), body: batch },
    '401 `write_key_unknown`',
    'a typo is noticed on the first day',
  ),
  whole('a key that has expired', { headers: bearer(EXPIRED), body: batch }, '401 `write_key_unknown`', 'the message says so'),
  whole(
    'a key that may only read',
    { headers: bearer(READING), body: batch },
    '403 `access_denied`',
    'scopes do not include each other',
  ),
  {
    input: 'an event of a type that the key may not send',
    answer: '200: 1 accepted, 1 rejected (`access_denied`)',
    becomes: 'the others are taken; this one is not kept, but shown in the live tail',
    why: 'what must not come in must not fill the quarantine',
    sent: [
      { headers: bearer(LIMITED), body: JSON.stringify({ batch: [event, { type: 'alias', userId: 'a', previousId: 'b' }] }) },
    ],
  },
  whole(
    'a path that names no type: `/v1/tracks`',
    { path: '/v1/tracks', body: JSON.stringify(event) },
    '404 `path_unknown`',
    'the hint lists those that there are',
  ),
  whole('another method', { path: '/v1/batch', method: 'PUT', body: batch }, '405 `method_unsupported`', '`Allow` says which'),
]

const invalid = (input: string, asked: Askings, why: string) => whole(input, asked, '400 `body_invalid`', why)
const tooLarge = (input: string, asked: Askings, why: string) => whole(input, asked, '413 `body_too_large`', why)

const BOMB = Buffer.alloc(40_000_000, ' ')
const encoded = (encoding: string, body: Uint8Array): Partial<Asked> => ({ headers: { 'content-encoding': encoding }, body })
const many = (count: number) => Array.from({ length: count }, (_, i) => ({ ...event, messageId: `many-${i}` }))
const [beforeName = '', afterName = ''] = JSON.stringify({ batch: [{ ...event, properties: { name: 'J?rg' } }] }).split('?')

export const BAD_BODIES: BadInput[] = [
  invalid('invalid JSON', { body: '{"batch":[' }, 'nobody can tell where an event ends'),
  invalid('an empty body', { body: '' }, 'it is no JSON'),
  invalid(
    '`batch` that is no list, or a body that is neither object nor list',
    ['{"batch":{}}', '{}', '"batch"', 'null', '7'].map((body) => ({ body })),
    'there is no event to set aside',
  ),
  invalid(
    'a list where one event is expected (`/v1/track`)',
    [
      { path: '/v1/track', body: '[]' },
      { path: '/v1/i', body: '7' },
    ],
    'lists go to `/v1/batch`',
  ),
  invalid(
    'a body that is not in its `Content-Encoding`, or breaks off',
    [
      encoded('gzip', gzipSync(batch).subarray(0, 30)),
      encoded('br', Buffer.from(batch)),
      encoded('zstd', zstdCompressSync(batch).subarray(0, 30)),
      encoded('deflate', Buffer.from('x')),
    ],
    'half a batch would be taken twice when it is sent again',
  ),
  whole(
    'an unknown `Content-Encoding`',
    encoded('lzma', Buffer.from(batch)),
    '415 `content_type_unsupported`',
    'gzip, deflate, br and zstd are read',
  ),
  tooLarge(
    'a bomb in gzip',
    encoded('gzip', gzipSync(BOMB)),
    'nothing is unpacked beyond the limit of the source, nor beyond 1 MiB when it grows more than 200 times',
  ),
  tooLarge('a bomb in deflate', encoded('deflate', deflateSync(BOMB)), 'the same'),
  tooLarge('a bomb in brotli', encoded('br', brotliCompressSync(BOMB)), 'the same'),
  tooLarge('a bomb in zstd', encoded('zstd', zstdCompressSync(BOMB)), 'the same'),
  tooLarge('a batch above `batchBytes` (4,096,000)', { body: batch.padEnd(4_096_001) }, 'one request is in memory as a whole'),
  tooLarge(
    '2,501 events (`batchEvents` is 2,500)',
    { body: JSON.stringify({ batch: many(2_501) }) },
    'the same; 2,500 are taken',
  ),
  {
    input: 'an empty batch',
    answer: '200: 0 accepted',
    becomes: NOTHING,
    why: 'SDKs flush when there is nothing, and would repeat it',
    sent: [[]],
  },
  {
    input: 'bytes that are no UTF-8',
    answer: '200: 1 accepted',
    becomes: 'they become U+FFFD',
    why: 'one name in Latin-1 must not cost the batch',
    sent: [{ body: Buffer.concat([Buffer.from(beforeName), Buffer.from([0xf6]), Buffer.from(afterName)]) }],
    stored: { events: [{ properties: { name: 'J\uFFFDrg' } }] },
  },
  {
    input: 'any `Content-Type`: `text/plain`, a form, none',
    answer: '200: 1 accepted',
    becomes: 'it is read as JSON',
    why: 'SDKs of the field send JSON under each of them',
    sent: ['text/plain', 'application/x-www-form-urlencoded', 'x', ''].map((type) => ({
      headers: { 'content-type': type },
      body: batch,
    })),
    stored: { events: [{ name: 'Paid' }, { name: 'Paid' }, { name: 'Paid' }, { name: 'Paid' }] },
  },
]
