import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import type { Json } from '../../base/json.ts'
import type { Log } from '../../log/log.ts'
import { openSqliteLog } from '../../log/sqlite/open-sqlite-log.ts'
import type { QuarantinedItem } from '../../model/event/quarantine.ts'
import { COMMANDS, INBOX } from '../../model/system-collections.ts'
import { mergePatch } from './merge-patch.ts'
import { type Desk, deskOn, TRACK } from './tracking.fixture.ts'

let log: Log
let desk: Desk
beforeEach(async () => {
  log = await openSqliteLog({ path: ':memory:', clock: new FakeClock() })
  desk = deskOn(log)
})
afterEach(() => log.close())

const UNNAMED = { type: 'track', userId: 'u1', messageId: 'm1', timestamp: '2026-03-01T08:00:00Z', properties: { a: 1 } }

async function setAside(item: Json, more: Parameters<Desk['send']>[1] = {}): Promise<QuarantinedItem> {
  await desk.send([item], more)
  const [quarantined] = desk.seen.quarantined.splice(0)
  if (quarantined === undefined) throw new Error('accepted')
  return quarantined
}

describe('replay', () => {
  test('a mended item becomes an event with the times of its request, and is released in the same entry', async () => {
    const envelope = { sentAt: '2026-03-01T08:00:05.000Z', context: { app: 'shop' } }
    const item = await setAside(UNNAMED, { envelope, pathType: 'track' })
    const outcome = await desk.replay.replay(item, { patch: { event: 'Signed Up', properties: { b: 2 } } })
    expect(outcome).toMatchObject({
      position: 2,
      event: {
        id: 'm1',
        name: 'Signed Up',
        source: 'web',
        properties: { a: 1, b: 2 },
        context: { app: 'shop' },
        occurredAt: '2026-03-01T08:00:05.000Z',
        receivedAt: '2026-03-01T08:00:10.000Z',
        sentAt: '2026-03-01T08:00:05.000Z',
      },
    })
    const { events, commands, entries } = await desk.written(1)
    expect(entries).toEqual([[INBOX, COMMANDS]])
    expect(events).toEqual(desk.seen.events)
    expect(commands).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{24}$/) as string,
        at: '2026-03-01T08:01:10.000Z',
        kind: 'release',
        items: [item.id],
      },
    ])
  })

  test('what is still wrong is said, and nothing is written', async () => {
    const item = await setAside(UNNAMED)
    expect(await desk.replay.replay(item)).toMatchObject({ refusal: { code: 'event_name_missing', pointer: '/event' } })
    expect(await desk.replay.replay(item, { patch: { event: 'E', userId: null } })).toMatchObject({
      refusal: { code: 'identifier_missing' },
    })
    expect(await log.head()).toBe(1)
    expect(desk.seen.events).toEqual([])
  })

  test('the type of the path still holds', async () => {
    const item = await setAside({ userId: 'u1' }, { pathType: 'track' })
    expect(await desk.replay.replay(item, { patch: { event: 'E' } })).toMatchObject({ event: { type: 'track' } })
  })

  test('an item without a message id gets the same one at each replay', async () => {
    const item = await setAside({ type: 'track', userId: 'u1' })
    const change = { patch: { event: 'E' } }
    for (let i = 0; i < 2; i++)
      expect(await desk.replay.replay(item, change)).toMatchObject({ event: { id: `millrace-${item.id}` } })
  })

  test('what came as history stays that', async () => {
    const item = await setAside({ ...UNNAMED, sentAt: '2026-03-01T08:00:05.000Z' }, { keepsTimes: true })
    expect(await desk.replay.replay(item, { patch: { event: 'E' } })).toMatchObject({
      event: { occurredAt: '2026-03-01T08:00:00.000Z', sentAt: '2026-03-01T08:00:05.000Z' },
    })
  })

  test('the address of the connection is kept', async () => {
    const item = await setAside({ type: 'page', context: { library: { name: 'analytics.js' } } }, { ip: '192.0.2.7' })
    expect(await desk.replay.replay(item, { patch: { userId: 'u1' } })).toMatchObject({ event: { context: { ip: '192.0.2.7' } } })
  })

  test('an item that was cut, or is no JSON, can only be replaced', async () => {
    const large = await setAside({ ...TRACK, properties: { text: 'x'.repeat(100_000) } })
    expect(await desk.replay.replay(large, { patch: { properties: null } })).toEqual({
      refusal: {
        code: 'event_invalid',
        pointer: '',
        message: `Item "${large.id}" cannot be replayed as it is: only its first 65536 characters were kept. Replace it whole.`,
      },
    })
    const { isCut: _cut, ...garbled } = { ...large, raw: '{"type":' }
    expect(await desk.replay.replay(garbled)).toMatchObject({ refusal: { code: 'event_invalid' } })
    expect(await desk.replay.replay(large, { replacement: TRACK })).toMatchObject({ event: { id: 'm1' } })
  })

  test('a patch may be hostile', async () => {
    const item = await setAside(UNNAMED)
    const deep = JSON.parse(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`) as Json
    expect(await desk.replay.replay(item, { patch: deep })).toMatchObject({ refusal: { code: 'nesting_too_deep' } })
    const proto = JSON.parse('{"event":"E","__proto__":{"anonymousId":"bad"},"properties":{"__proto__":{"x":1}}}') as Json
    const outcome = await desk.replay.replay(item, { patch: proto })
    expect(outcome).toMatchObject({ event: { name: 'E', properties: { a: 1 } } })
    expect('event' in outcome && outcome.event.anonymousId).toBe(undefined)
  })

  test('a person who was erased meanwhile stays out', async () => {
    const item = await setAside(UNNAMED)
    desk = deskOn(log, ({ value }) => value === 'u1')
    expect(await desk.replay.replay(item, { patch: { event: 'E' } })).toMatchObject({ refusal: { code: 'person_suppressed' } })
    expect(await desk.replay.replay(item)).toMatchObject({ refusal: { code: 'person_suppressed' } })
    expect(await log.head()).toBe(1)
  })

  test('what is not wanted is discarded', async () => {
    expect(await desk.replay.discard(['a', 'b'])).toBe(1)
    expect((await desk.written()).commands).toMatchObject([{ kind: 'release', items: ['a', 'b'] }])
  })
})

describe('a merge patch', () => {
  // The examples of RFC 7386, appendix A.
  test.each<[Json, Json, Json]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('of %j with %j is %j', (target, patch, expected) => {
    expect(mergePatch(target, patch)).toEqual(expected)
  })

  test('applied twice is applied once, and neither part is changed', () => {
    const json = fc.jsonValue({ maxDepth: 4 }).filter((value) => !JSON.stringify(value).includes('__proto__'))
    fc.assert(
      fc.property(json, json, (target, patch) => {
        const before = JSON.stringify([target, patch])
        const once = mergePatch(target as Json, patch as Json)
        expect(mergePatch(once, patch as Json)).toEqual(once)
        expect(JSON.stringify([target, patch])).toBe(before)
      }),
    )
  })
})
