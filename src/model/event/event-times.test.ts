import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../../base/json.ts'
import { parseTime } from './event-times.ts'
import { eventOf, RECEIVED_AT, TRACK } from './normalize-event.fixture.ts'

const DAY_MS = 86_400_000
const received = Date.parse(RECEIVED_AT)

describe('an instant', () => {
  test.each<[Json, string | undefined]>([
    ['2026-03-01T08:00:00.123Z', '2026-03-01T08:00:00.123Z'],
    ['2026-03-01T08:00:00.123456Z', '2026-03-01T08:00:00.123Z'],
    ['2026-03-01T09:30:00+01:30', '2026-03-01T08:00:00.000Z'],
    ['2026-03-01T09:30:00+0130', '2026-03-01T08:00:00.000Z'],
    ['2026-03-01T03:00:00-05', '2026-03-01T08:00:00.000Z'],
    ['2026-03-01t08:00:00z', '2026-03-01T08:00:00.000Z'],
    ['2026-03-01 08:00:00', '2026-03-01T08:00:00.000Z'],
    ['2026-03-01 08:00:00.5 UTC', undefined],
    ['2026-03-01T08:00', '2026-03-01T08:00:00.000Z'],
    [' 2026-03-01 ', '2026-03-01T00:00:00.000Z'],
    [1_772_352_000, '2026-03-01T08:00:00.000Z'],
    [1_772_352_000_000, '2026-03-01T08:00:00.000Z'],
    [1_772_352_000.25, '2026-03-01T08:00:00.250Z'],
    ['1772352000', '2026-03-01T08:00:00.000Z'],
    ['1772352000000', '2026-03-01T08:00:00.000Z'],
    [0, '1970-01-01T00:00:00.000Z'],
    ['0000-01-01T00:00:00.000Z', '0000-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
    ['9999-12-31T23:59:59.999-01:00', undefined],
    ['0000-01-01T00:00:00.000+00:01', undefined],
    ['+275760-09-13T00:00:00.000Z', undefined],
    [8_640_000_000_000_000, undefined],
    [Infinity, undefined],
    ['2026-02-29T08:00:00.000Z', undefined],
    ['2026-13-01', undefined],
    ['2016-12-31T23:59:60.000Z', undefined],
    ['yesterday', undefined],
    ['Sun Mar 01 2026', undefined],
    ['9'.repeat(1_000), undefined],
    [true, undefined],
    [['2026-03-01'], undefined],
    [{}, undefined],
  ])('%j is %j', (value, text) => {
    const time = parseTime(value)
    expect(time?.text).toBe(text)
    expect(time?.millis).toBe(text === undefined ? undefined : Date.parse(text))
  })
})

describe('when an event happened', () => {
  const future = new Date(received + DAY_MS + 1).toISOString()
  const stillToday = new Date(received + DAY_MS).toISOString()
  test.each<[string, JsonObject, { occurredAt: string; sentAt?: string; originalTimestamp?: string; corrected?: string }]>([
    ['nothing is said', {}, { occurredAt: RECEIVED_AT }],
    ['only sentAt', { sentAt: '2020-01-01T00:00:00.000Z' }, { occurredAt: RECEIVED_AT, sentAt: '2020-01-01T00:00:00.000Z' }],
    [
      'only a timestamp',
      { timestamp: '2019-05-01T00:00:00Z' },
      { occurredAt: '2019-05-01T00:00:00.000Z', originalTimestamp: '2019-05-01T00:00:00.000Z' },
    ],
    [
      'both, of a right clock',
      { timestamp: '2026-03-01T08:00:00.000Z', sentAt: '2026-03-01T08:00:10.000Z' },
      {
        occurredAt: '2026-03-01T08:00:00.000Z',
        sentAt: '2026-03-01T08:00:10.000Z',
        originalTimestamp: '2026-03-01T08:00:00.000Z',
      },
    ],
    [
      'both, of a clock that is decades behind',
      { timestamp: '1970-01-01T00:01:00.000Z', sentAt: '1970-01-01T00:01:05.000Z' },
      {
        occurredAt: '2026-03-01T08:00:05.000Z',
        sentAt: '1970-01-01T00:01:05.000Z',
        originalTimestamp: '1970-01-01T00:01:00.000Z',
      },
    ],
    [
      'both, of a clock that is centuries ahead',
      { timestamp: '2999-01-01T00:00:00.000Z', sentAt: '2999-01-01T01:00:00.000Z' },
      {
        occurredAt: '2026-03-01T07:00:10.000Z',
        sentAt: '2999-01-01T01:00:00.000Z',
        originalTimestamp: '2999-01-01T00:00:00.000Z',
      },
    ],
    [
      'originalTimestamp before timestamp',
      { originalTimestamp: '2026-03-01T08:00:00.000Z', timestamp: '2026-02-01T08:00:00.000Z' },
      { occurredAt: '2026-03-01T08:00:00.000Z', originalTimestamp: '2026-03-01T08:00:00.000Z' },
    ],
    [
      'an empty originalTimestamp',
      { originalTimestamp: '', timestamp: '2026-02-01T08:00:00.000Z', sentAt: null },
      { occurredAt: '2026-02-01T08:00:00.000Z', originalTimestamp: '2026-02-01T08:00:00.000Z' },
    ],
    ['a day ahead', { timestamp: stillToday }, { occurredAt: stillToday, originalTimestamp: stillToday }],
    [
      'more than a day ahead',
      { timestamp: future },
      { occurredAt: RECEIVED_AT, originalTimestamp: future, corrected: '/timestamp' },
    ],
    [
      'before 1970',
      { originalTimestamp: '1969-12-31T23:59:59.999Z' },
      { occurredAt: RECEIVED_AT, originalTimestamp: '1969-12-31T23:59:59.999Z', corrected: '/originalTimestamp' },
    ],
    ['the year 275760', { timestamp: '+275760-09-13T00:00:00.000Z' }, { occurredAt: RECEIVED_AT, corrected: '/timestamp' }],
    ['no time', { timestamp: 'soon' }, { occurredAt: RECEIVED_AT, corrected: '/timestamp' }],
    [
      'a sentAt that is no time',
      { timestamp: '2026-03-01T08:00:00.000Z', sentAt: {} },
      { occurredAt: '2026-03-01T08:00:00.000Z', originalTimestamp: '2026-03-01T08:00:00.000Z', corrected: '/sentAt' },
    ],
    [
      'a sentAt long before the timestamp',
      { timestamp: '2026-03-01T08:00:00.000Z', sentAt: '2020-03-01T08:00:00.000Z' },
      {
        occurredAt: RECEIVED_AT,
        sentAt: '2020-03-01T08:00:00.000Z',
        originalTimestamp: '2026-03-01T08:00:00.000Z',
        corrected: '/timestamp',
      },
    ],
  ])('%s', (_name, times, { corrected, ...expected }) => {
    const { occurredAt, receivedAt, sentAt, originalTimestamp, corrections } = eventOf({ ...TRACK, ...times })
    expect(receivedAt).toBe(RECEIVED_AT)
    expect(JSON.parse(JSON.stringify({ occurredAt, sentAt, originalTimestamp }))).toEqual(expected)
    expect(corrections?.map(({ member }) => member)).toEqual(corrected === undefined ? undefined : [corrected])
  })

  test('the envelope’s sentAt is as good as the item’s, and each item says when it is none', () => {
    const item = { ...TRACK, timestamp: '2026-03-01T08:00:00.000Z' }
    expect(eventOf(item, { envelope: { sentAt: 1_772_352_009 } }).occurredAt).toBe('2026-03-01T08:00:01.000Z')
    expect(eventOf(item, { envelope: { sentAt: 'never' } }).corrections).toEqual([
      { member: '/sentAt', reason: 'is no instant between the years 0 and 9999: taken as absent', was: 'never' },
    ])
  })

  const exported = '2024-05-01T12:00:00.000Z'
  test.each<[string, JsonObject, { occurredAt: string; originalTimestamp?: string; corrected?: string }]>([
    ['a timestamp', { timestamp: exported }, { occurredAt: exported, originalTimestamp: exported }],
    ['an originalTimestamp', { originalTimestamp: exported }, { occurredAt: exported, originalTimestamp: exported }],
    [
      'both, the first of which its exporter has corrected',
      { timestamp: exported, originalTimestamp: '2031-01-01T00:00:00.000Z' },
      { occurredAt: exported, originalTimestamp: '2031-01-01T00:00:00.000Z' },
    ],
    [
      'a timestamp that is none',
      { timestamp: 'soon', originalTimestamp: exported },
      { occurredAt: exported, originalTimestamp: exported, corrected: '/timestamp' },
    ],
    ['a timestamp ahead', { timestamp: future }, { occurredAt: RECEIVED_AT, originalTimestamp: future, corrected: '/timestamp' }],
    ['none', {}, { occurredAt: RECEIVED_AT }],
  ])('of history counts as it is said, whatever sentAt says: %s', (_name, times, { corrected, ...expected }) => {
    const sentAt = '2024-05-01T12:00:05.000Z'
    for (const [item, envelope] of [
      [{ ...times, sentAt }, {}],
      [times, { sentAt }],
    ] as const) {
      const event = eventOf({ ...TRACK, ...item }, { envelope, keepsTimes: true })
      const { occurredAt, originalTimestamp, corrections } = event
      expect(JSON.parse(JSON.stringify({ occurredAt, originalTimestamp }))).toEqual(expected)
      expect([event.sentAt, event.receivedAt]).toEqual([sentAt, RECEIVED_AT])
      expect(corrections?.map(({ member }) => member)).toEqual(corrected === undefined ? undefined : [corrected])
    }
  })

  test('whatever clients say, it is an instant in text of one form, never more than a day after it was received', () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 1 }),
      fc.string(),
      fc.double(),
      fc.integer(),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.stringMatching(/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?$/),
    )
    const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
    fc.assert(
      fc.property(fc.option(value, { nil: undefined }), fc.option(value, { nil: undefined }), (timestamp, sentAt) => {
        const times = { ...(timestamp === undefined ? {} : { timestamp }), ...(sentAt === undefined ? {} : { sentAt }) }
        const event = eventOf({ ...TRACK, ...(times as JsonObject) })
        for (const text of [event.occurredAt, event.sentAt, event.originalTimestamp]) {
          if (text === undefined) continue
          expect(text).toMatch(form)
          expect(new Date(text).toISOString()).toBe(text)
        }
        expect(event.occurredAt >= '1970').toBe(true)
        expect(Date.parse(event.occurredAt)).toBeLessThanOrEqual(received + DAY_MS)
      }),
      { numRuns: 2_000 },
    )
  })

  test('of two events of one request the order and the distance stay, whatever the clock shows', () => {
    const instant = fc.integer({ min: Date.UTC(1975, 0), max: Date.UTC(2200, 0) })
    fc.assert(
      fc.property(instant, fc.nat(1_000_000), fc.nat(1_000_000), (sent, before, between) => {
        const occurred = [sent - before, sent - before - between].map((timestamp) =>
          Date.parse(eventOf({ ...TRACK, timestamp, sentAt: sent }).occurredAt),
        )
        expect(occurred).toEqual([received - before, received - before - between])
      }),
    )
  })
})
