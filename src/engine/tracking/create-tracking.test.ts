import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { MillraceError } from '../../base/errors.ts'
import type { Json, JsonObject } from '../../base/json.ts'
import type { Log } from '../../log/log.ts'
import { openSqliteLog } from '../../log/sqlite/open-sqlite-log.ts'
import { BATCH_DOCUMENTS_MAX } from '../../model/document-batch.ts'
import type { Claim } from '../../model/event/event.ts'
import { RAW_CHARACTERS_MAX } from '../../model/event/quarantine.ts'
import type { EntityKind } from '../../model/profile/entity.ts'
import { INBOX, QUARANTINE } from '../../model/system-collections.ts'
import { RefusedDelivery } from './refused-delivery.ts'
import { type Desk, deskOn, RECEIVED_AT, sourceOf, TRACK } from './tracking.fixture.ts'

let log: Log
let desk: Desk
beforeEach(async () => {
  log = await openSqliteLog({ path: ':memory:', clock: new FakeClock() })
  desk = deskOn(log)
})
afterEach(() => log.close())

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}

const UNNAMED = { ...TRACK, event: '', messageId: 'm2' }

test('a request is one entry: its events in order, and what was set aside', async () => {
  const receipt = await desk.send([TRACK, UNNAMED, 7, { ...TRACK, messageId: 'm3' }])
  expect(receipt).toEqual({
    accepted: 2,
    rejected: [
      { index: 1, messageId: 'm2', code: 'event_name_missing', message: 'A track event needs a name, and "event" is "".' },
      { index: 2, messageId: null, code: 'event_invalid', message: 'The item is "7", not an object.' },
    ],
    position: 1,
  })
  const { events, quarantined, entries } = await desk.written()
  expect(entries).toEqual([[INBOX, QUARANTINE]])
  expect(events.map(({ id }) => id)).toEqual(['m1', 'm3'])
  expect(quarantined).toMatchObject([
    { source: 'web', receivedAt: '2026-03-01T08:00:10.000Z', code: 'event_name_missing', pointer: '/event', messageId: 'm2' },
    { code: 'event_invalid', pointer: '', raw: '7' },
  ])
  expect(desk.seen).toEqual({ events, quarantined })
})

test('a request without items is answered and writes nothing', async () => {
  expect(await desk.send([])).toEqual({ accepted: 0, rejected: [] })
  expect(await log.head()).toBe(0)
  expect(desk.seen.events).toEqual([])
})

test('a repeat is accepted again: dropping it is the business of whoever applies the log', async () => {
  await desk.send([TRACK, TRACK])
  expect((await desk.written()).events).toHaveLength(2)
})

test('message ids that clients left out are made, each once', async () => {
  const { messageId: _left, ...nameless } = TRACK
  await desk.send([nameless, nameless, nameless])
  const ids = (await desk.written()).events.map(({ id }) => id)
  expect(new Set(ids).size).toBe(3)
  for (const id of ids) expect(id).toMatch(/^millrace-[0-9a-f]{24}$/)
})

test('watchers are not shown what could not be written', async () => {
  await log.close()
  expect(await failureOf(desk.send([TRACK]))).toBeInstanceOf(Error)
  expect(desk.seen.events).toEqual([])
  log = await openSqliteLog({ path: ':memory:', clock: new FakeClock() })
})

async function setAsideOf(item: Json, more: Parameters<Desk['send']>[1] = {}) {
  await desk.send([item], more)
  const { quarantined } = await desk.written()
  return quarantined.at(-1)
}

describe('the quarantine', () => {
  test('keeps an item with all that it shares with its request, but for the write key', async () => {
    const item = { ...UNNAMED, writeKey: 'secret', context: { locale: 'fr' } }
    const library = { name: 'analytics.js' }
    const envelope = {
      sentAt: '2026-03-01T08:00:09Z',
      context: { locale: 'de', library },
      integrations: { All: false },
    }
    const setAside = await setAsideOf(item, { envelope, pathType: 'track', ip: '192.0.2.7' })
    expect(setAside).toMatchObject({ sentAt: '2026-03-01T08:00:09.000Z', pathType: 'track' })
    expect(JSON.parse(setAside?.raw ?? '')).toEqual({
      ...UNNAMED,
      context: { locale: 'fr', library, ip: '192.0.2.7' },
      integrations: { All: false },
    })
  })

  test('has ids of 24 hex digits that grow', async () => {
    for (let i = 0; i < 3; i++) await desk.send([1, 2, 3], { receivedAt: RECEIVED_AT - i * 5_000 })
    const ids = (await desk.written()).quarantined.map(({ id }) => id)
    expect(ids).toHaveLength(9)
    expect(ids.toSorted()).toEqual(ids)
    expect(new Set(ids).size).toBe(9)
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{24}$/)
  })

  test('cuts an item that is too large, and says so', async () => {
    const setAside = await setAsideOf({ ...TRACK, properties: { text: `x${'😀'.repeat(100_000)}` } })
    expect(setAside).toMatchObject({ code: 'event_too_large', isCut: true, messageId: 'm1' })
    expect(setAside?.raw.length).toBeLessThanOrEqual(RAW_CHARACTERS_MAX)
    expect(setAside?.raw.isWellFormed()).toBe(true)
  })

  test.each([100, 1_000, 2_000_000])('keeps an item of %i nested levels, as far as there is room', async (levels) => {
    const text = `{"type":"identify","userId":"u1","traits":{"x":${'['.repeat(levels)}{"a":[],"b":{}}${']'.repeat(levels)}}}`
    const setAside = await setAsideOf(JSON.parse(text) as Json)
    expect(setAside?.code).toBe('nesting_too_deep')
    expect(setAside?.raw).toBe(text.slice(0, RAW_CHARACTERS_MAX))
    expect(setAside?.isCut).toBe(text.length > RAW_CHARACTERS_MAX ? true : undefined)
  })

  test('holds no NUL and no lone surrogate outside of escapes', async () => {
    const setAside = await setAsideOf({ type: '\uD800\u0000', messageId: 'm\u0000\uDFFF1' }, { pathType: '\u0000' })
    expect(setAside).toMatchObject({ messageId: 'm1', pathType: '' })
    expect(JSON.stringify(setAside)).not.toMatch(/(?<!\\)\\(?:u0000|ud)/)
    expect(JSON.parse(setAside?.raw ?? '')).toEqual({ type: '\uD800\u0000', messageId: 'm\u0000\uDFFF1' })
  })
})

describe('a strict source', () => {
  test('takes nothing of a request with a bad event, and names each', async () => {
    const source = sourceOf({}, true)
    const failure = await failureOf(desk.send([TRACK, UNNAMED, null], { source }))
    expect(failure).toBeInstanceOf(RefusedDelivery)
    expect(failure).toMatchObject({
      code: 'event_invalid',
      retryable: false,
      message: '2 of 3 events were refused, so none was taken. Event 1: A track event needs a name, and "event" is "".',
      rejected: [
        { index: 1, messageId: 'm2', code: 'event_name_missing' },
        { index: 2, messageId: null, code: 'event_invalid' },
      ],
    })
    expect(await log.head()).toBe(0)
    expect(desk.seen.quarantined).toEqual([])
    expect(await desk.send([TRACK], { source })).toMatchObject({ accepted: 1, rejected: [] })
  })

  test('takes the others when one is about a person who is kept out: that is no mistake of the client', async () => {
    desk = deskOn(log, ({ value }) => value === 'erased')
    const receipt = await desk.send([TRACK, { ...TRACK, userId: 'erased' }], { source: sourceOf({}, true) })
    expect(receipt).toMatchObject({ accepted: 1, rejected: [{ index: 1, code: 'person_suppressed' }] })
  })
})

describe('limits', () => {
  test('more events than the source may send are body_too_large, and nothing is written', async () => {
    const source = sourceOf({ batchEventsMax: 2 })
    const failure = await failureOf(desk.send([TRACK, TRACK, TRACK], { source }))
    expect(failure).toBeInstanceOf(MillraceError)
    expect(failure).toMatchObject({
      code: 'body_too_large',
      message: 'The request holds 3 events; the limit of source "web" is 2.',
    })
    expect(await log.head()).toBe(0)
    expect(await desk.send([TRACK, TRACK], { source })).toMatchObject({ accepted: 2 })
  })

  test('no source may send more than a batch of the log can hold', async () => {
    const items = Array.from({ length: BATCH_DOCUMENTS_MAX + 1 }, () => 0)
    const failure = await failureOf(desk.send(items, { source: sourceOf({ batchEventsMax: 1_000_000 }) }))
    expect(failure).toMatchObject({ code: 'body_too_large' })
  })

  test('the size of an event is the source’s to limit', async () => {
    const receipt = await desk.send([TRACK, { ...TRACK, properties: { text: 'x'.repeat(200) } }], {
      source: sourceOf({ eventBytesMax: 250 }),
    })
    expect(receipt).toMatchObject({ accepted: 1, rejected: [{ index: 1, code: 'event_too_large' }] })
  })
})

describe('a person who was erased', () => {
  type Mention = [kind: string, value: string, entity: EntityKind]
  const suppressing = (...mentions: Mention[]) =>
    deskOn(log, (claim: Claim, entity: EntityKind) =>
      mentions.some(([kind, value, of]) => claim.kind === kind && claim.value === value && entity === of),
    )

  const email = 'ada@example.com'
  test.each<[string, Mention, JsonObject]>([
    ['userId', ['external_id', 'x', 'user'], { userId: 'x' }],
    ['a numeric userId', ['external_id', '7', 'user'], { userId: 7 }],
    ['anonymousId', ['anonymous_id', 'x', 'user'], { anonymousId: ' x ' }],
    ['groupId', ['external_id', 'x', 'account'], { groupId: 'x' }],
    ['context.groupId', ['external_id', 'x', 'account'], { context: { groupId: 'x' } }],
    ['previousId that was an external id', ['external_id', 'x', 'user'], { type: 'alias', previousId: 'x' }],
    ['previousId that was an anonymous id', ['anonymous_id', 'x', 'user'], { type: 'alias', previousId: 'x' }],
    ['previousId that was an address', ['email', email, 'user'], { type: 'alias', previousId: email }],
    ['traits.email', ['email', email, 'user'], { type: 'identify', traits: { email } }],
    ['context.traits.email', ['email', email, 'user'], { context: { traits: { email } } }],
    ['previousId that was of an account', ['domain', 'x', 'account'], { type: 'unalias', previousId: 'x' }],
    ['traits.domain of a group', ['domain', 'x', 'account'], { type: 'group', groupId: 'g', traits: { domain: 'x' } }],
    ['traits.website of a group', ['domain', 'x', 'account'], { type: 'group', groupId: 'g', traits: { website: 'x' } }],
    [
      'an external id of a kind that is unknown',
      ['anonymous_id', 'crm:x', 'user'],
      { context: { externalIds: [{ type: 'crm', id: 'x' }] } },
    ],
    ['externalIds', ['crm', 'x', 'user'], { context: { externalIds: [{ type: 'crm', id: 'x' }] } }],
    ['externalId', ['crm', 'x', 'user'], { context: { externalId: [{ type: 'crm', id: 'x' }] } }],
    [
      'externalIds of an account',
      ['crm', 'x', 'account'],
      { context: { externalIds: [{ type: 'crm', id: 'x', collection: 'accounts' }] } },
    ],
    [
      'an external id of an account, of a kind that is unknown',
      ['anonymous_id', 'crm:x', 'account'],
      { context: { externalIds: [{ type: 'crm', id: 'x', collection: 'groups' }] } },
    ],
    [
      'mergeProperties',
      ['email', email, 'user'],
      { type: 'merge', anonymousId: 'a', mergeProperties: [{ type: 'email', value: email }] },
    ],
  ])('is known by %s, in good events and bad ones, and nothing is kept', async (_name, mention, part) => {
    desk = suppressing(mention)
    const item = { ...TRACK, ...part }
    const dirty = JSON.parse(JSON.stringify(item).replaceAll('"x"', '"\\u0000x"').replaceAll(email, `${email}\\ud800`)) as Json
    const bad = { ...item, type: 'nothing' }
    const deep = { ...item, properties: { deep: JSON.parse('['.repeat(99) + ']'.repeat(99)) as Json } }
    const dirtyAndBad = { ...(dirty as JsonObject), type: 'nothing' }
    const receipt = await desk.send([item, dirty, bad, dirtyAndBad, deep])
    expect(receipt.accepted).toBe(0)
    expect(receipt.rejected.map(({ code }) => code)).toEqual(Array.from({ length: 5 }, () => 'person_suppressed'))
    expect(receipt.rejected[0]).toEqual({
      index: 0,
      messageId: 'm1',
      code: 'person_suppressed',
      message: 'The event is about a person or an account that was erased and is kept out. Nothing of it was kept.',
    })
    expect(await log.head()).toBe(0)
    expect(desk.seen).toEqual({ events: [], quarantined: [] })
  })

  test('in the envelope is found in each item', async () => {
    desk = suppressing(['email', email, 'user'])
    const receipt = await desk.send([TRACK, UNNAMED], { envelope: { context: { traits: { email } } } })
    expect(receipt.rejected.map(({ code }) => code)).toEqual(['person_suppressed', 'person_suppressed'])
  })

  test('is not known by the address of an account, nor an account by the domain of a user', async () => {
    desk = suppressing(['email', email, 'user'], ['domain', 'x', 'account'])
    const group = { type: 'group', groupId: 'g', traits: { email } }
    const identify = { type: 'identify', userId: 'u1', traits: { domain: 'x' } }
    expect(await desk.send([group, identify])).toMatchObject({ accepted: 2 })
  })

  test('does not keep an account of the same id out, nor others', async () => {
    desk = suppressing(['external_id', 'x', 'user'])
    expect(
      await desk.send([
        { ...TRACK, groupId: 'x' },
        { ...TRACK, anonymousId: 'x' },
        { ...TRACK, context: { externalIds: [{ type: 'groupId', id: 'x', collection: 'accounts' }] } },
      ]),
    ).toMatchObject({ accepted: 3 })
  })
})
