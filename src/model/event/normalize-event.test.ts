import { hash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json } from '../../base/json.ts'
import { eventOf, normalize, refusalOf, TRACK } from './normalize-event.fixture.ts'

test('an event has its members in a fixed order, and none that is absent', () => {
  const sent = {
    integrations: { All: false, Mail: { list: 3 } },
    properties: { total: 5 },
    context: { page: { path: '/' } },
    timestamp: '2026-03-01T08:00:00.000Z',
    sentAt: '2026-03-01T08:00:09.000Z',
    groupId: 'g1',
    anonymousId: 'a1',
    ...TRACK,
    writeKey: 'secret',
    _metadata: { nodeVersion: '24' },
  }
  const normalized = normalize(sent)
  expect('text' in normalized && normalized.text).toBe(
    '{"id":"m1","type":"track","name":"Signed Up","source":"web","userId":"u1","anonymousId":"a1","groupId":"g1",' +
      '"properties":{"total":5},"context":{"page":{"path":"/"}},"integrations":{"All":false,"Mail":{"list":3}},' +
      '"occurredAt":"2026-03-01T08:00:01.000Z","receivedAt":"2026-03-01T08:00:10.000Z","sentAt":"2026-03-01T08:00:09.000Z",' +
      '"originalTimestamp":"2026-03-01T08:00:00.000Z"}',
  )
})

describe('the type', () => {
  test.each<[Json | undefined, string | undefined, string]>([
    ['track', undefined, 'track'],
    ['TRACK', undefined, 'track'],
    [' Track ', undefined, 'track'],
    ['t', undefined, 'track'],
    [undefined, 'track', 'track'],
    [null, 'page', 'page'],
    ['', 'screen', 'screen'],
    ['page', 'track', 'page'],
    [undefined, 'T', 'track'],
    [undefined, 'i', 'identify'],
    [undefined, 'p', 'page'],
    [undefined, 's', 'screen'],
    [undefined, 'g', 'group'],
    [undefined, 'a', 'alias'],
  ])('body %j and path %j is %s', (type, pathType, expected) => {
    const item = { ...TRACK, groupId: 'g1', previousId: 'p1', ...(type === undefined ? { type: null } : { type }) }
    expect(eventOf(item, { pathType }).type).toBe(expected)
  })

  test.each<[Json, string | undefined, string]>([
    [null, undefined, '"type" is missing, and the path names none; it is one of identify, track,'],
    ['trakc', undefined, '"type" is "trakc"; did you mean "track"?'],
    ['delete', 'track', '"type" is "delete"; it is one of identify,'],
    [5, 'track', '"type" is "5"; it is one of'],
    [{ a: 1 }, undefined, '"type" is an object; it is one of'],
    ['constructor', undefined, '"type" is "constructor"; it is one of'],
    [null, 'batch', 'The type of the path is "batch"'],
  ])('%j with path %j is type_unknown', (type, pathType, message) => {
    const refusal = refusalOf({ ...TRACK, type }, { pathType })
    expect(refusal).toMatchObject({ code: 'type_unknown', pointer: '/type' })
    expect(refusal.message).toContain(message)
  })

  test.each<[Json, string]>([
    ['text', 'The item is "text", not an object.'],
    [null, 'The item is "null", not an object.'],
    [[TRACK], 'The item is a list, not an object.'],
    [7, 'The item is "7", not an object.'],
  ])('%j is no event at all', (item, message) => {
    expect(refusalOf(item)).toEqual({ code: 'event_invalid', pointer: '', message })
  })
})

describe('the message id', () => {
  const long = 'm'.repeat(101)
  test.each<[Json | undefined, string, boolean]>([
    ['m1', 'm1', false],
    ['  m1 ', 'm1', false],
    [17, '17', false],
    ['m'.repeat(100), 'm'.repeat(100), false],
    [long, `sha256:${hash('sha256', long)}`, true],
    [undefined, 'made-1', false],
    [null, 'made-1', false],
    ['', 'made-1', false],
    ['undefined', 'made-1', true],
    [{ id: 1 }, 'made-1', true],
    [2 ** 60, 'made-1', true],
  ])('%j becomes %j; recorded: %s', (messageId, id, isRecorded) => {
    const { messageId: _left, ...rest } = TRACK
    const event = eventOf(messageId === undefined ? rest : { ...rest, messageId })
    expect(event.id).toBe(id)
    expect(event.corrections?.map(({ member }) => member)).toEqual(isRecorded ? ['/messageId'] : undefined)
  })

  test('that is too long only for characters that are removed is the same, whatever else is removed', () => {
    const messageId = `${'m'.repeat(99)}\u0000\u0000`
    const items = [TRACK, { ...TRACK, properties: { name: 'a\u0000' } }].map((item) => eventOf({ ...item, messageId }))
    expect(items.map(({ id }) => id)).toEqual(['m'.repeat(99), 'm'.repeat(99)])
  })
})

const NAMES = [
  'type',
  'event',
  'userId',
  'anonymousId',
  'groupId',
  'previousId',
  'messageId',
  'traits',
  'context',
  'properties',
  'timestamp',
  'sentAt',
]

test('an accepted event, sent again as it stands, is the same event', () => {
  const item = fc.record(Object.fromEntries(NAMES.map((name) => [name, fc.jsonValue({ maxDepth: 2 })])), { requiredKeys: [] })
  const good = item.map((part) => ({ ...part, type: 'track', event: 'E', userId: 'u1', messageId: 'm1' }))
  fc.assert(
    fc.property(good, (item) => {
      const first = normalize(JSON.parse(JSON.stringify(item)) as Json)
      if ('refusal' in first) return
      const { id, name, occurredAt, corrections: _noted, ...rest } = first.event
      const resent = {
        ...rest,
        messageId: id,
        event: name ?? null,
        originalTimestamp: occurredAt,
        sentAt: null,
        corrections: null,
      }
      const again = eventOf(resent, { receivedAt: Date.parse(rest.receivedAt) })
      const { sentAt: _sentAt, originalTimestamp: _original, ...kept } = rest
      expect(again).toMatchObject({ ...kept, id, occurredAt })
      expect(again.corrections).toBeUndefined()
    }),
  )
})
