import { describe, expect, test } from 'vitest'
import { digestOf, type OracleEvent, SegmentOracle, TableDigest, type Toggle } from './segment-oracle.ts'

const [ts1, ts2, ts3] = ['2021-01-16T12:34:56Z', '2021-01-17T12:34:56Z', '2021-01-18T12:34:56Z'] as const
const [planes, trains, autos] = [
  { vendor: 42, name: 'planes' },
  { vendor: 32, name: 'trains' },
  { vendor: 52, name: 'autos' },
] as const

type Given = { at: string; user: string; in: OracleEvent['segment']; value?: string; remove?: true }

/** Applies events `e0`, `e1`, … */
function apply(events: Given[]) {
  const toggles: Toggle[] = []
  const oracle = new SegmentOracle((toggle) => toggles.push(toggle))
  events.forEach(({ at, in: segment, ...rest }, i) => oracle.apply({ event: `e${i}`, timestamp: at, segment, ...rest }))
  return { memberships: [...oracle.memberships()], profiles: [...oracle.profiles()], toggles }
}

// The cases of the example's tests, in full.
test('memberships: the latest state, the first and last time, a value that stays', () => {
  const { memberships } = apply([
    { at: ts1, user: 'alice', in: planes, value: 'associated value' },
    { at: ts1, user: 'bob', in: trains },
    { at: ts2, user: 'alice', in: planes, value: 'updated value' },
    { at: ts3, user: 'alice', in: planes },
    { at: ts2, user: 'bob', in: trains, remove: true },
    { at: ts3, user: 'carly', in: planes, remove: true },
  ])
  expect(new Set(memberships)).toEqual(
    new Set([
      { user: 'bob', segment: trains, first: ts1, last: ts2, member: false },
      { user: 'alice', segment: planes, first: ts1, last: ts3, member: true, value: 'updated value' },
      { user: 'carly', segment: planes, last: ts3, member: false },
    ]),
  )
})

test('profiles: all segments of a user, by name and vendor', () => {
  const { profiles } = apply([
    { at: ts1, user: 'alice', in: trains },
    { at: ts1, user: 'alice', in: planes, value: 'associated value' },
    { at: ts2, user: 'bob', in: trains },
    { at: ts2, user: 'alice', in: planes, remove: true },
    { at: ts2, user: 'alice', in: autos },
    { at: ts2, user: 'alice', in: { vendor: 5, name: 'planes' }, remove: true },
  ])
  expect(new Set(profiles)).toEqual(
    new Set([
      {
        user: 'alice',
        segments: [
          { segment: autos, first: ts2, last: ts2, member: true },
          { segment: { vendor: 5, name: 'planes' }, last: ts2, member: false },
          { segment: planes, first: ts1, last: ts2, member: false, value: 'associated value' },
          { segment: trains, first: ts1, last: ts1, member: true },
        ],
      },
      { user: 'bob', segments: [{ segment: trains, first: ts2, last: ts2, member: true }] },
    ]),
  )
})

test('toggles: changes of status after the first addition, with the last event before', () => {
  const { toggles } = apply([
    { at: ts1, user: 'alice', in: trains },
    { at: ts1, user: 'alice', in: trains },
    { at: ts1, user: 'bob', in: trains, remove: true },
    { at: ts1, user: 'bob', in: trains },
    { at: ts2, user: 'alice', in: trains, remove: true },
    { at: ts2, user: 'alice', in: trains, remove: true },
    { at: ts3, user: 'alice', in: trains },
    { at: ts3, user: 'bob', in: trains, remove: true },
  ])
  expect(toggles.map(({ event, remove, previous }) => [event, remove, previous.event, previous.remove])).toEqual([
    ['e4', true, 'e1', undefined],
    ['e6', undefined, 'e5', true],
    ['e7', true, 'e3', undefined],
  ])
})

test('first and last go by the instant, membership by the order of arrival', () => {
  const { memberships } = apply([
    { at: ts3, user: 'alice', in: planes, remove: true },
    { at: '2021-01-17T02:00:00+05:00', user: 'alice', in: planes },
    { at: '2021-01-16T22:30:00Z', user: 'alice', in: planes },
    { at: ts1, user: 'alice', in: planes, remove: true },
  ])
  expect(memberships).toEqual([{ user: 'alice', segment: planes, first: '2021-01-17T02:00:00+05:00', last: ts3, member: false }])
})

describe('a digest', () => {
  const [a, b] = [{ x: 1, y: { z: 'é', w: [1, { q: null }] } }, { x: 2 }]

  test('is the same for any order of documents and properties', () => {
    expect(digestOf([a, b])).toBe(digestOf([{ x: 2 }, { y: { w: [1, { q: null }], z: 'é' }, x: 1 }]))
    expect(digestOf([])).toBe('0 documents, 000000000000000000000000')
  })

  test.each([[[a]], [[a, a]], [[a, a, b]], [[a, { x: 3 }]], [[a, { x: '2' }]], [[a, { X: 2 }]], [[a, { x: 2, y: null }]]])(
    'differs when a document differs, is missing or occurs twice: %j',
    (documents) => {
      expect(digestOf(documents)).not.toBe(digestOf([a, b]))
    },
  )

  test('can be added to piece by piece', () => {
    expect(new TableDigest().add(b).add(a).toString()).toBe(digestOf([a, b]))
  })
})
