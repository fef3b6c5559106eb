import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../../base/json.ts'
import { eventOf, refusalOf, TRACK } from './normalize-event.fixture.ts'

describe('the name', () => {
  test.each<[JsonObject, string | undefined]>([
    [{ type: 'track', event: 'Order Completed' }, 'Order Completed'],
    [{ type: 'track', event: ' kept as sent ' }, ' kept as sent '],
    [{ type: 'track', event: 404 }, '404'],
    [{ type: 'page', name: 'Home' }, 'Home'],
    [{ type: 'page', properties: { name: 'Home' } }, 'Home'],
    [{ type: 'screen', event: 'Main' }, 'Main'],
    [{ type: 'page', name: '' }, undefined],
    [{ type: 'identify', name: 'x', event: 'y' }, undefined],
  ])('of %j is %j', (item, name) => {
    expect(eventOf({ userId: 'u1', ...item }).name).toBe(name)
  })

  test.each<[Json, string]>([
    [null, 'A track event needs a name, and "event" is missing.'],
    ['', 'A track event needs a name, and "event" is "".'],
    ['  ', 'A track event needs a name, and "event" is "  ".'],
    [{}, 'A track event needs a name, and "event" is an object.'],
    [true, 'A track event needs a name, and "event" is "true".'],
  ])('a track with the event %j is event_name_missing', (event, message) => {
    expect(refusalOf({ ...TRACK, event })).toEqual({ code: 'event_name_missing', pointer: '/event', message })
  })

  test('a category beside the properties goes into them', () => {
    expect(eventOf({ type: 'page', userId: 'u', category: 'Docs', properties: { a: 1 } }).properties).toEqual({
      a: 1,
      category: 'Docs',
    })
    expect(eventOf({ type: 'page', userId: 'u', category: 'Docs', properties: { category: 'Own' } }).properties).toEqual({
      category: 'Own',
    })
  })
})

describe('traits, context and integrations', () => {
  test.each<[string, JsonObject, JsonObject]>([
    [
      'identify takes both, its own win',
      { type: 'identify', traits: { a: 1 }, context: { traits: { a: 0, b: 2 }, x: 1 } },
      { traits: { a: 1, b: 2 }, context: { x: 1 } },
    ],
    [
      'identify with those of the context only',
      { type: 'identify', context: { traits: { a: 1 } } },
      { traits: { a: 1 }, context: {} },
    ],
    ['identify without any', { type: 'identify', context: { traits: 'none' } }, { context: { traits: 'none' } }],
    [
      'track keeps those of the context there',
      { type: 'track', event: 'E', context: { traits: { plan: 'pro' } } },
      { context: { traits: { plan: 'pro' } } },
    ],
    [
      'track puts its own there',
      { type: 'track', event: 'E', traits: { a: 1 }, context: { traits: { a: 0, b: 2 } } },
      { context: { traits: { a: 1, b: 2 } } },
    ],
    ['track without a context', { type: 'track', event: 'E', traits: { a: 1 } }, { context: { traits: { a: 1 } } }],
    [
      'group: of the account and of the user',
      { type: 'group', groupId: 'g', traits: { seats: 5 }, context: { traits: { a: 1 } } },
      { traits: { seats: 5 }, context: { traits: { a: 1 } } },
    ],
  ])('%s', (_name, item, expected) => {
    const { traits, context } = eventOf({ userId: 'u1', ...item })
    expect(JSON.parse(JSON.stringify({ traits, context }))).toEqual(expected)
  })

  test('what should be an object and is none is left out, and recorded', () => {
    const event = eventOf({ ...TRACK, traits: [1], properties: 'text', context: 5, integrations: true })
    expect(Object.keys(event)).toEqual(['id', 'type', 'name', 'source', 'userId', 'occurredAt', 'receivedAt', 'corrections'])
    expect(event.corrections).toEqual([
      { member: '/context', reason: 'is no object: left out', was: 5 },
      { member: '/traits', reason: 'is no object: left out' },
      { member: '/properties', reason: 'is no object: left out', was: 'text' },
      { member: '/integrations', reason: 'is no object: left out', was: true },
    ])
  })

  test('what the envelope says holds where the item says nothing', () => {
    const envelope = { context: { app: 'shop', locale: 'de' }, integrations: { All: false }, sentAt: '2026-03-01T08:00:09.000Z' }
    expect(eventOf({ ...TRACK, context: { locale: 'fr' }, integrations: { Mail: true } }, { envelope })).toMatchObject({
      context: { app: 'shop', locale: 'fr' },
      integrations: { All: false, Mail: true },
      sentAt: '2026-03-01T08:00:09.000Z',
    })
    expect(eventOf(TRACK, { envelope }).context).toEqual(envelope.context)
    expect(eventOf({ ...TRACK, sentAt: '2026-03-01T08:00:08.000Z' }, { envelope }).sentAt).toBe('2026-03-01T08:00:08.000Z')
  })
})

const library = (name: string, more: JsonObject = {}) => ({ library: { name, ...more } })

describe('the address', () => {
  test.each<[JsonObject | null, string | undefined]>([
    [library('analytics.js'), '192.0.2.7'],
    [library('RudderLabs JavaScript SDK'), '192.0.2.7'],
    [library('@jitsu/js', { env: 'browser' }), '192.0.2.7'],
    [library('@jitsu/js', { env: 'node' }), undefined],
    [library('analytics-ios'), '192.0.2.7'],
    [library('analytics-swift'), '192.0.2.7'],
    [library('analytics-android'), '192.0.2.7'],
    [library('analytics-kotlin'), '192.0.2.7'],
    [library('@segment/analytics-react-native'), '192.0.2.7'],
    [library('analytics_flutter'), '192.0.2.7'],
    [library('rudder-ios-library'), '192.0.2.7'],
    [library('com.rudderstack.android.sdk.core'), '192.0.2.7'],
    [library('@segment/analytics-node'), undefined],
    [library('@customerio/cdp-analytics-node'), undefined],
    [library('@rudderstack/rudder-sdk-node'), undefined],
    [library('analytics-python'), undefined],
    [library('studios-server'), undefined],
    [{ ...library('analytics-python'), direct: true }, '192.0.2.7'],
    [{ direct: true }, '192.0.2.7'],
    [{ direct: 'true' }, undefined],
    [{ library: 'analytics.js' }, undefined],
    [null, undefined],
  ])('of an event with the context %j is %j', (context, ip) => {
    expect(eventOf({ ...TRACK, context }, { ip: '192.0.2.7' }).context?.['ip']).toBe(ip)
  })

  test.each<Json>(['203.0.113.5', '0.0.0.0', '0', null])('that the client gives stays: %j', (ip) => {
    expect(eventOf({ ...TRACK, context: { ...library('analytics.js'), ip } }, { ip: '192.0.2.7' }).context?.['ip']).toBe(ip)
  })
})
