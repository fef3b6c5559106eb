/** Items as no SDK would send them, and some that one would: for the fuzz test of tracking. */
import fc from 'fast-check'
import type { Json, JsonObject } from '../../base/json.ts'

/** JSON is generated as text, since only text has `__proto__` members, repeated names, and numbers beyond doubles. */
type JsonText = string

const NASTY_TEXTS = [
  '', ' ', 'undefined', 'null', 'NaN', '0', '-1', '\u0000', '\uD800', '\uDFFFx', '😀', '\u2028', 'erased', 'erased\u0000',
  '[object Object]', '../../etc', "'; drop table users; --", '<script>', '__proto__', 'constructor', '\u202Egnp.exe', '{"a":1}',
  'track', 'identify', 'PAGE', 't', 'merge', 'alias', 'group', 'unalias', 'delete', 'u1', 'a1', 'ada@example.com',
] // prettier-ignore

const NASTY_NUMBERS = [
  '0',
  '-0',
  '1',
  '42',
  '1.5',
  '1e999',
  '-1e999',
  '1e-999',
  '9007199254740993',
  '12345678901234567890',
  '1772352000',
  '1772352000000',
  '8.64e15',
  '-1',
]

const NASTY_TIMES = [
  '2026-03-01T08:00:00.000Z',
  '1970-01-01T00:00:00Z',
  '0001-01-01',
  '9999-12-31T23:59:59.999Z',
  '+275760-09-13T00:00:00.000Z',
  '2026-02-30T00:00:00.000Z',
  '2038-01-19 03:14:07',
  'now',
  '2016-12-31T23:59:60Z',
]

const NAMES = [
  'type', 'event', 'name', 'userId', 'anonymousId', 'groupId', 'previousId', 'messageId', 'traits', 'context', 'properties', 'integrations',
  'timestamp', 'originalTimestamp', 'sentAt', 'mergeProperties', 'category', 'writeKey', 'channel',
] // prettier-ignore

const INNER_NAMES = [
  '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'length', '', '\u0000', '\uD800', 'a', 'b', 'email', 'traits',
  'groupId', 'externalIds', 'library', 'name', 'ip', 'direct', 'id', 'type', 'value', 'collection',
] // prettier-ignore

const codeUnit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code))
const text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...NASTY_TEXTS) },
  { weight: 2, arbitrary: fc.string({ unit: codeUnit, maxLength: 8 }) },
  { weight: 1, arbitrary: fc.integer({ min: 90, max: 700 }).map((length) => 'x'.repeat(length)) },
)
const scalar: fc.Arbitrary<JsonText> = fc.oneof(
  text.map((value) => JSON.stringify(value)),
  fc.constantFrom(...NASTY_NUMBERS),
  fc.constantFrom('true', 'false', 'null'),
)

/** Up to far more levels than any stack can take. */
const deep: fc.Arbitrary<JsonText> = fc
  .tuple(fc.constantFrom(20, 31, 33, 300, 60_000), fc.boolean())
  .map(([levels, isList]) =>
    isList ? '['.repeat(levels) + ']'.repeat(levels) : `${'{"x":'.repeat(levels)}1${'}'.repeat(levels)}`,
  )

function objectText(entries: readonly (readonly [string, JsonText])[]): JsonText {
  return `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`
}

const { value } = fc.letrec<{ value: JsonText; object: JsonText; list: JsonText }>((tie) => ({
  object: fc.array(fc.tuple(fc.constantFrom(...INNER_NAMES), tie('value')), { maxLength: 4 }).map(objectText),
  list: fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
  value: fc.oneof(
    { maxDepth: 3 },
    { weight: 6, arbitrary: scalar },
    { weight: 2, arbitrary: tie('object') },
    { weight: 1, arbitrary: tie('list') },
  ),
}))

const time = fc.constantFrom(...NASTY_TIMES).map((time) => JSON.stringify(time))
const member = fc.oneof(
  { weight: 30, arbitrary: fc.tuple(fc.constantFrom(...NAMES), value) },
  { weight: 8, arbitrary: fc.tuple(fc.constantFrom('timestamp', 'originalTimestamp', 'sentAt'), time) },
  { weight: 5, arbitrary: fc.tuple(fc.constantFrom(...INNER_NAMES), value) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...NAMES), deep) },
)

/** Well but for what follows: the last of repeated names counts. */
const beginnings = [
  '{"type":"track","event":"E","userId":"u1"',
  '{"type":"identify","anonymousId":"a1"',
  '{"type":"group","groupId":"g1","userId":"u1"',
  '{"type":"alias","userId":"u1","previousId":"p1"',
  '{"type":"page"',
]

/** As text: some have repeated names, or members that only text can have. */
export const hostileItemText: fc.Arbitrary<JsonText> = fc.oneof(
  { weight: 1, arbitrary: value },
  { weight: 5, arbitrary: fc.array(member, { maxLength: 10 }).map(objectText) },
  {
    weight: 10,
    arbitrary: fc.tuple(fc.constantFrom(...beginnings), fc.array(member, { maxLength: 3 })).map(([beginning, members]) => {
      const rest = objectText(members).slice(1)
      return rest === '}' ? `${beginning}}` : `${beginning},${rest}`
    }),
  },
)

export const hostileItem: fc.Arbitrary<Json> = hostileItemText.map((text) => JSON.parse(text) as Json)

const objectOf = (part: fc.Arbitrary<JsonText>) =>
  fc
    .array(fc.tuple(fc.constantFrom(...INNER_NAMES), part), { maxLength: 3 })
    .map((entries) => JSON.parse(objectText(entries)) as JsonObject)

export const hostileEnvelope: fc.Arbitrary<{ sentAt?: Json; context?: JsonObject; integrations?: JsonObject }> = fc.record(
  {
    sentAt: fc.oneof(time, value).map((text) => JSON.parse(text) as Json),
    context: fc.oneof({ weight: 20, arbitrary: objectOf(value) }, { weight: 1, arbitrary: objectOf(deep) }),
    integrations: objectOf(value),
  },
  { requiredKeys: [] },
)
