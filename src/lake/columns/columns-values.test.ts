/** Single conditions, all of them on all values: what random rules meet seldom. */
import { expect, test } from 'vitest'
import type { Json } from '../../base/json.ts'
import type { GroupPredicate, Predicate, Timeframe, Unit, ValueTest } from '../../model/segment/predicate.ts'
import type { SegmentDefinition } from '../../model/segment/segment.ts'
import { type Commit, matches, matching, newScene, NOW } from './columns.fixture.ts'
import { QUERIES, TEXTS } from './rules.fixture.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

const id = (number: number) => number.toString(16).padStart(24, '0')
const rule = (of: Predicate): SegmentDefinition & { predicate: GroupPredicate } => ({
  id: 's1',
  name: 'One',
  kind: 'user',
  timeZone: 'America/New_York',
  predicate: { is: 'all', of: [of], at: '' },
})

const NUMBERS = [0, -1, 1, 2.5, 0.1, 1e21, 1e-7, Number.MAX_SAFE_INTEGER]
const DATES = [
  '2026-03-29',
  '2026-03-28',
  '0000-01-01',
  '9999-12-31',
  '2026-3-29 ',
  '2026-03-29T12:00:00.000Z',
  '2026-03-29T02:00:00.000Z',
  '2026-03-29T10:00:00+02:00',
  '2026-02-30',
  '2026-03-29 12:00',
  '1774785600',
]
const PLACE = { lat: 52.5, lon: 13.4 }
const SCALARS: Json[] = [...TEXTS, ...NUMBERS, ...DATES, true, false]
const VALUES: Json[] = [
  ...SCALARS,
  PLACE,
  { lat: 0, lon: 180 },
  { deep: 'pro' },
  {},
  [],
  ['pro', 2.5, null],
  ['tab\u0001', true],
  ['2026-03-28', 'none'],
  [PLACE],
]

const negated = false
const FRAMES: Timeframe[] = [
  { frame: 'ever' },
  { frame: 'on', date: '2026-03-29' },
  { frame: 'notOn', date: '2026-03-29' },
  { frame: 'before', than: '2026-03-29' },
  { frame: 'after', than: NOW - 5 * HOUR },
  { frame: 'between', from: '2026-03-28', to: NOW },
  { frame: 'lessThan', amount: 1, unit: 'days' },
  { frame: 'exactly', amount: 1, unit: 'days' },
]
const TESTS: ValueTest[] = [
  { test: 'set', negated },
  ...SCALARS.map((value): ValueTest => ({ test: 'equals', values: [value as string], negated })),
  { test: 'equals', values: ['pro', 1, false], negated },
  ...(['contains', 'startsWith', 'endsWith'] as const).flatMap((match) =>
    QUERIES.map((query): ValueTest => ({ test: 'text', match, values: [query], negated })),
  ),
  { test: 'text', match: 'contains', values: ['world', 'é'], negated },
  ...(['greater', 'less', 'atLeast', 'atMost'] as const).flatMap((compare) =>
    NUMBERS.map((value): ValueTest => ({ test: 'number', compare, values: [value], negated })),
  ),
  { test: 'number', compare: 'less', values: [0, 1], negated },
  ...FRAMES.map((when): ValueTest => ({ test: 'time', when: [when], negated })),
  { test: 'within', areas: [{ area: 'circle', latitude: 52.5, longitude: 13.4, metres: 1000 }], negated },
  { test: 'within', areas: [{ area: 'box', north: 10, south: -10, west: 170, east: -170 }], negated },
]

const inSections = (test: ValueTest): Predicate[] =>
  (['property', 'context'] as const).map((section) => ({
    is: 'events',
    events: {
      name: 'Order',
      filters: [{ section, key: section === 'property' ? 'value' : 'deep.er', test }],
      timeZone: 'America/New_York',
    },
    when: { frame: 'ever' },
    count: { min: 1, max: null, negated: false },
    at: '',
  }))

test('every test of every value, of traits and of events, is what it is for one entity', async () => {
  const { columns, world, commit } = await newScene()
  const users = VALUES.map((value, i) => ({ id: id(i + 1), traits: { value } }))
  const events = VALUES.map((value, i) => ({
    user: id(i + 1),
    at: NOW,
    name: 'Order',
    properties: { value },
    context: { deep: { er: value } },
  }))
  await commit({ users: [...users, { id: id(1000) }], events: [...events, { user: id(1000), at: NOW, name: 'Order' }] })
  await columns.catchUp()
  for (const positive of TESTS) {
    for (const test of [positive, { ...positive, negated: true }]) {
      const conditions: Predicate[] = [
        { is: 'trait', owner: 'self', trait: 'value', test, at: '' },
        ...(positive === test ? inSections(test) : []),
      ]
      for (const condition of conditions) {
        const expected = matching(world, rule(condition), NOW)
        const found: string[] = []
        for await (const page of columns.candidates({ ...rule(condition), id: 'none' }, { now: NOW })) found.push(...page)
        expect(found, JSON.stringify(condition)).toEqual(expect.arrayContaining(expected))
        const { count, sample } = await columns.preview(rule(condition), { now: NOW })
        expect({ count, sample }, JSON.stringify(condition)).toEqual({ count: expected.length, sample: expected.slice(0, 20) })
      }
    }
  }
}, 120_000)

test('sums have the digits of numbers added from the smallest on', async () => {
  const { columns, commit } = await newScene()
  const totals = [[0.3, 0.2, 0.1], [0.1, 0.2, 0.3], [0.6], [1e16, 1, -1e16]]
  const events = totals.flatMap((numbers, i) =>
    numbers.map((total, j) => ({ user: id(i + 1), at: NOW - 10 + j, name: 'Order', properties: { total } })),
  )
  await commit({ users: totals.map((_, i) => ({ id: id(i + 1) })), events })
  await columns.catchUp()
  const membersOf = async (aggregate: 'sum' | 'average', value: number) => {
    const test: ValueTest = { test: 'equals', values: [value], negated }
    const { sample } = await columns.preview(
      rule({
        is: 'value',
        events: { name: 'Order', filters: [] },
        property: 'total',
        aggregate,
        when: { frame: 'ever' },
        test,
        at: '',
      }),
      { now: NOW },
    )
    return sample
  }
  expect(0.1 + 0.2 + 0.3).not.toBe(0.6)
  expect(await membersOf('sum', 0.1 + 0.2 + 0.3)).toEqual([id(1), id(2)])
  expect(await membersOf('sum', 0.6)).toEqual([id(3)])
  expect(await membersOf('sum', -1e16 + 1 + 1e16)).toEqual([id(4)])
  expect(await membersOf('average', (0.1 + 0.2 + 0.3) / 3)).toEqual([id(1), id(2)])
})

test('texts that differ only behind their first hundred characters are different ones', async () => {
  const { columns, world, commit } = await newScene()
  const notes = [
    ['a', 'b'],
    ['a', 'a'],
  ]
  const events = notes.flatMap((ends, i) =>
    ends.map((end, j) => ({ user: id(i + 1), at: NOW - 10 + j, name: 'Order', properties: { note: 'é'.repeat(200) + end } })),
  )
  await commit({ users: notes.map((_, i) => ({ id: id(i + 1) })), events })
  await columns.catchUp()
  const twoNotes = rule({
    is: 'value',
    events: { name: 'Order', filters: [] },
    property: 'note',
    aggregate: 'distinctCount',
    when: { frame: 'ever' },
    test: { test: 'equals', values: [2], negated },
    at: '',
  })
  expect((await columns.preview(twoNotes, { now: NOW })).sample).toEqual([id(1)])
  expect(matching(world, twoNotes, NOW)).toEqual([id(1)])
})

const UNITS: Unit[] = ['hours', 'days', 'months']
const MOVING = UNITS.flatMap((unit): Timeframe[] => [
  { frame: 'lessThan', amount: 2, unit },
  { frame: 'moreThan', amount: 2, unit },
  { frame: 'exactly', amount: 2, unit },
  { frame: 'betweenAgo', min: 1, max: 2, unit },
])

test('nobody who comes to match by time alone is missing among the candidates of a single condition', async () => {
  const { columns, world, commit } = await newScene()
  const agos = [0, 1, 2 * HOUR, 2 * DAY, 60 * DAY, 70 * DAY].flatMap((ago) => [ago - 1, ago, ago + 1, ago + 20 * HOUR, -ago - 1])
  const users: Commit['users'] = agos.map((ago, i) => ({
    id: id(i + 1),
    traits: { when: new Date(NOW - ago).toISOString(), day: new Date(NOW - ago).toISOString().slice(0, 10) },
  }))
  const events = agos.flatMap((ago, i) => [
    { user: id(i + 1), at: NOW - ago - HOUR, name: 'Visit' },
    { user: id(i + 1), at: NOW - ago, name: 'Order', properties: { total: 1 } },
  ])
  await commit({ users: [...users, { id: id(1000) }], events })
  await columns.catchUp()
  const [visit, order] = ['Visit', 'Order'].map((name) => ({ name, filters: [] }))
  const laters = [0, 1, HOUR, 2 * HOUR, DAY, 2 * DAY, 3 * DAY, 59 * DAY, 62 * DAY, 200 * DAY].map((later) => NOW + later)
  for (const when of [...FRAMES, ...MOVING]) {
    const conditions = [true, false].flatMap((negated): Predicate[] => [
      { is: 'trait', owner: 'self', trait: 'when', test: { test: 'time', when: [when], negated }, at: '' },
      { is: 'trait', owner: 'self', trait: 'day', test: { test: 'time', when: [when], negated }, at: '' },
      { is: 'events', events: order ?? { name: '', filters: [] }, when, count: { min: 1, max: null, negated }, at: '' },
      {
        is: 'sequence',
        first: visit ?? { name: '', filters: [] },
        second: order ?? { name: '', filters: [] },
        withinMs: HOUR,
        when,
        negated,
        at: '',
      },
      {
        is: 'value',
        events: order ?? { name: '', filters: [] },
        property: 'total',
        aggregate: 'sum',
        when,
        test: { test: 'equals', values: [1], negated },
        at: '',
      },
      ...(['first', 'last'] as const).map((which): Predicate => {
        const time: Predicate = { is: 'time', events: order ?? { name: '', filters: [] }, which, when, at: '' }
        return negated ? { is: 'none', of: [time], at: '' } : time
      }),
    ])
    for (const condition of conditions) {
      const expected = [...world.user.keys()].filter((one) => laters.some((later) => matches(world, one, rule(condition), later)))
      const found: string[] = []
      for await (const page of columns.candidates(rule(condition), { now: NOW })) found.push(...page)
      expect(found, JSON.stringify(condition)).toEqual(expect.arrayContaining(expected))
      const isStill = when.frame === 'on' || when.frame === 'before'
      if (isStill && condition.is === 'trait' && condition.trait === 'when')
        expect(found).toEqual(matching(world, rule(condition), NOW))
    }
  }
}, 120_000)
