/** Whatever is sent: nothing but a MillraceError is ever thrown, and every item is accounted for. Over HTTP: test/tracking-fuzz.test.ts. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FakeClock } from '../../base/clock.ts'
import { isErrorCode } from '../../base/error-codes.ts'
import { MillraceError } from '../../base/errors.ts'
import { isObject, type Json } from '../../base/json.ts'
import { openSqliteLog } from '../../log/sqlite/open-sqlite-log.ts'
import { EVENT_NESTING_MAX, inspectJson } from '../../model/event/clean-json.ts'
import { EVENT_TYPES, type TrackedEvent } from '../../model/event/event.ts'
import { type QuarantinedItem, RAW_CHARACTERS_MAX } from '../../model/event/quarantine.ts'
import { hostileEnvelope, hostileItem } from './hostile-items.fixture.ts'
import { deskOn, RECEIVED_AT, sourceOf } from './tracking.fixture.ts'
import type { Delivery, Rejection } from './tracking.ts'

const DELIVERIES = 400
const ITEMS_EACH = 20
/** `FUZZ_SEED=… npm test` runs one again; a failure names its seed. */
const SEED = process.env['FUZZ_SEED']

/** Small, so that it is met. */
const EVENT_BYTES_MAX = 700

const delivery: fc.Arbitrary<Delivery> = fc
  .record({
    items: fc.array(hostileItem, { minLength: ITEMS_EACH, maxLength: ITEMS_EACH }),
    envelope: fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: hostileEnvelope }),
    pathType: fc.constantFrom(undefined, 'track', 'T', 'identify', 'batch', '\u0000'),
    receivedAt: fc.integer({ min: RECEIVED_AT, max: RECEIVED_AT + 1_000_000 }),
    ip: fc.constantFrom(undefined, '192.0.2.7', '::1'),
    isStrict: fc.nat(9).map((n) => n === 0),
  })
  .map(({ pathType, ip, isStrict, ...rest }) => ({
    ...rest,
    source: sourceOf({ eventBytesMax: EVENT_BYTES_MAX }, isStrict),
    ...(pathType === undefined ? {} : { pathType }),
    ...(ip === undefined ? {} : { ip }),
  }))

function requireSoundEvent(event: TrackedEvent): void {
  const text = JSON.stringify(event)
  expect(EVENT_TYPES).toContain(event.type)
  expect(event.id.length >= 1 && event.id.length <= 100, event.id).toBe(true)
  expect(event.userId ?? event.anonymousId ?? event.groupId ?? event.claims?.length).toBeDefined()
  for (const id of [event.userId, event.anonymousId, event.groupId, event.previousId]) {
    if (id !== undefined) expect(id.trim() === id && !['', 'null', 'undefined'].includes(id), id).toBe(true)
  }
  expect(event.type !== 'track' || event.name !== undefined, text).toBe(true)
  expect(inspectJson(event, EVENT_NESTING_MAX + 1)).toBe('plain')
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(EVENT_BYTES_MAX)
  requireStorable(text)
  for (const instant of [event.occurredAt, event.receivedAt, event.sentAt, event.originalTimestamp]) {
    if (instant !== undefined) expect(instant).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  }
  expect(event.occurredAt >= '1970' && event.occurredAt < '2026-03-03', event.occurredAt).toBe(true)
}

function requireSoundItem(item: QuarantinedItem, rejection: Rejection | undefined): void {
  expect(item).toMatchObject({ code: rejection?.code, message: rejection?.message, source: 'web' })
  expect(item.raw.length).toBeLessThanOrEqual(RAW_CHARACTERS_MAX)
  if (!item.isCut) JSON.parse(item.raw)
  expect(item.raw).not.toContain('"writeKey":')
  requireStorable(JSON.stringify({ ...item, raw: '' }))
  // Escapes within escapes are plain text to a database.
  requireStorable(JSON.stringify(item.raw).replaceAll('\\\\', ''))
}

/** No NUL and no lone surrogate, as JSON writes them. */
function requireStorable(text: string): void {
  expect(text.replaceAll('\\\\', '')).not.toMatch(/\\u0000|\\ud[89a-f]/)
}

/** What lies in the quarantine, as it was sent. */
function sentOf({ raw, isCut }: QuarantinedItem): Json {
  return isCut ? null : (JSON.parse(raw) as Json)
}

function requireNotErased(kept: unknown): void {
  if (!isObject(kept)) return
  for (const name of ['userId', 'anonymousId', 'groupId', 'previousId']) {
    const id = kept[name]
    expect(typeof id === 'string' && id.replaceAll('\u0000', '').trim()).not.toBe('erased')
  }
}

test('sent is accepted and rejected, and all of it is found where it belongs', { timeout: 120_000 }, async () => {
  const log = await openSqliteLog({ path: ':memory:', clock: new FakeClock() })
  const desk = deskOn(log, ({ value }) => value === 'erased')
  const outcomes = new Map<string, number>()
  const count = (outcome: string, n = 1) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + n)

  const deliver = async (delivery: Delivery) => {
    const before = await log.head()
    const { accepted, rejected } = await desk.tracking.accept(delivery)
    expect(accepted + rejected.length).toBe(delivery.items.length)
    expect(rejected.every(({ index }, i) => index > (rejected[i - 1]?.index ?? -1) && index < ITEMS_EACH)).toBe(true)
    expect(rejected.every(({ code, message }) => isErrorCode(code) && message.isWellFormed())).toBe(true)
    const setAside = rejected.filter(({ code }) => code !== 'person_suppressed')
    const { events, quarantined } = await desk.written(before)
    expect([events.length, quarantined.length]).toEqual([accepted, setAside.length])
    for (const event of events) requireSoundEvent(event)
    for (const [i, item] of quarantined.entries()) requireSoundItem(item, setAside[i])
    for (const kept of [...events, ...quarantined.map(sentOf)]) requireNotErased(kept)
    count('accepted', accepted)
    for (const { code } of rejected) count(code)
  }

  const isRefusal = async (delivery: Delivery) => {
    const before = await log.head()
    try {
      await deliver(delivery)
      return
    } catch (error) {
      // Failed expectations are no MillraceErrors either.
      if (!(error instanceof MillraceError)) throw error
      expect(error.code).toBe('event_invalid')
      expect(await log.head()).toBe(before)
      count('refused deliveries')
    }
    await deliver({ ...delivery, source: sourceOf({ eventBytesMax: EVENT_BYTES_MAX }) })
  }

  await fc.assert(fc.asyncProperty(delivery, isRefusal), {
    numRuns: DELIVERIES,
    ...(SEED === undefined ? {} : { seed: Number(SEED) }),
  })
  await log.close()

  // A fuzz test that meets nothing tests nothing.
  const met = [...outcomes].filter(([, times]) => times >= 5).map(([outcome]) => outcome)
  expect(met.toSorted()).toEqual([
    'accepted', 'event_invalid', 'event_name_missing', 'event_too_large', 'identifier_invalid', 'identifier_missing', 'nesting_too_deep',
    'person_suppressed', 'refused deliveries', 'type_unknown',
  ]) // prettier-ignore
  expect([...outcomes.values()].reduce((a, b) => a + b, 0)).toBeGreaterThan(DELIVERIES * ITEMS_EACH)
})
