import { describe, expect, test } from 'vitest'
import type { Json } from '../../base/json.ts'
import { compareNewestFirst, placeOf } from './event-order.ts'
import { indexProperty, reportEvent } from './event-report.ts'
import type { TimelineEvent } from './timeline-event.ts'

const base = {
  user: '65a000000123456789abcdef',
  position: 7,
  index: 2,
  id: 'm1',
  source: 'web',
  occurredAt: '2026-03-01T08:00:00.000Z',
  receivedAt: '2026-03-01T08:00:01.000Z',
} satisfies Partial<TimelineEvent>

test('a change of attributes has the shape of the index', () => {
  const report = reportEvent({
    ...base,
    id: 'm1:changed',
    type: 'attributes_changed',
    source: 'datanyze',
    properties: { 'to/matching_technologies': 2, 'from/matching_technologies': 1, 'from/plan': null },
    context: { days_since_signup: 10 },
  })
  expect(report).toEqual({
    event_id: 'm1:changed',
    event: 'Attributes changed',
    type: 'attributes_changed',
    created_at: '2026-03-01T08:00:00.000Z',
    indexed_at: '2026-03-01T08:00:01.000Z',
    app_id: 'datanyze',
    app_name: 'datanyze',
    source: 'datanyze',
    session_id: null,
    props: [
      { field_name: 'to/matching_technologies', num_value: 2, text_value: '2' },
      { field_name: 'from/matching_technologies', num_value: 1, text_value: '1' },
      { field_name: 'from/plan' },
    ],
    properties: { 'to/matching_technologies': 2, 'from/matching_technologies': 1, 'from/plan': null },
    context: { days_since_signup: 10 },
    position: 7,
    index: 2,
  })
})

test.each<[Json, object]>([
  ['trial', { text_value: 'trial' }],
  [true, { text_value: 'true', bool_value: true }],
  [-1.5, { text_value: '-1.5', num_value: -1.5 }],
  ['2026-03-01', { text_value: '2026-03-01', date_value: '2026-03-01T00:00:00.000Z' }],
  ['2026-03-01T10:00:00+02:00', { text_value: '2026-03-01T10:00:00+02:00', date_value: '2026-03-01T08:00:00.000Z' }],
  ['2016-12-31T23:59:60Z', { text_value: '2016-12-31T23:59:60Z', date_value: '2016-12-31T23:59:60Z' }],
  ['1e3', { text_value: '1e3' }],
  [['a', 1, null, { b: 2 }], { text_value: ['a', '1', 'null', '{"b":2}'] }],
  [{ sku: 'x' }, { text_value: '{"sku":"x"}' }],
  [null, {}],
])('the property %j is indexed by its type', (value, expected) => {
  expect(indexProperty('p', value)).toEqual({ field_name: 'p', ...expected })
})

describe('the name of an event', () => {
  test.each<[Partial<TimelineEvent>, string]>([
    [{ type: 'track', name: 'Order Completed' }, 'Order Completed'],
    [{ type: 'page', name: 'Pricing' }, 'page'],
    [{ type: 'identify' }, 'identify'],
    [{ type: 'user_created' }, 'User created'],
    [{ type: 'segment', name: 'Segments changed today' }, 'Segments changed today'],
  ])('of %j is %s', (part, name) => {
    expect(reportEvent({ ...base, type: 'track', ...part }).event).toBe(name)
  })

  test('of a page stands among its properties, unless these have one', () => {
    expect(reportEvent({ ...base, type: 'page', name: 'Pricing', properties: { url: '/p' } }).properties).toEqual({
      name: 'Pricing',
      url: '/p',
    })
    expect(reportEvent({ ...base, type: 'page', name: 'Pricing', properties: { name: 'own' } }).properties).toEqual({
      name: 'own',
    })
  })
})

test('an identify shows its traits, and which were not taken', () => {
  const refused = [{ trait: 'age', code: 'trait_type_conflict', message: 'It is a number.' }]
  const report = reportEvent({ ...base, type: 'identify', traits: { plan: 'trial', age: 'x' }, refused })
  expect(report.properties).toEqual({ plan: 'trial', age: 'x' })
  expect(report.refused).toEqual(refused)
})

test.each<[TimelineEvent['context'], string | null]>([
  [{ sessionId: 1_719_000_000 }, '1719000000'],
  [{ session_id: 's1' }, 's1'],
  [{ session: { id: 's2' } }, 's2'],
  [{ session: { start: true } }, null],
  [{}, null],
])('the session of the context %j is %s', (context, session) => {
  expect(reportEvent({ ...base, type: 'track', name: 'x', ...(context && { context }) }).session_id).toBe(session)
})

function place(id: string, type: TimelineEvent['type'], part: Partial<TimelineEvent> = {}) {
  return placeOf({ ...base, id, type, ...part })
}

test('a timeline begins with the newest; what one event caused lies above it, and who it made below', () => {
  const places = [
    place('made', 'user_created'),
    place('changed', 'attributes_changed'),
    place('itself', 'identify'),
    place('later', 'track', { occurredAt: '2026-03-01T08:00:00.001Z', position: 1 }),
    place('next', 'track', { index: 3 }),
    place('before', 'track', { position: 6, index: 9 }),
    place('segments', 'segment'),
  ]
  expect(places.toSorted(compareNewestFirst).map(({ id }) => id)).toEqual([
    'later',
    'next',
    'segments',
    'changed',
    'itself',
    'made',
    'before',
  ])
})
