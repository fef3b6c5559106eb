import { expect, test } from 'vitest'
import type { EventSketch } from '../../profiles/profiles.fixture.ts'
import type { Filling, SegmentState } from '../../../model/segment/segment.ts'
import { reportSegment } from './segment-report.ts'
import { all, SegmentWorld, trait } from './segment-world.fixture.ts'

const ADA: EventSketch = {
  type: 'identify',
  userId: 'ada',
  traits: { email: 'ada@acme.com', first_name: 'Ada', last_name: 'Byron' },
}

test('segments are listed by id with what people need to know, and internal ones are not', async () => {
  const world = await SegmentWorld.open(ADA)
  const document = all(trait('plan', 'is_set'))
  await world.define('b', document, { members: 3, owner: 'catalog' })
  const { definition } = await world.define('a', { name: 'By hand', kind: 'account', manual: true })
  const internal: SegmentState = {
    ...(await world.reader.require('b')),
    definition: { ...definition, id: '~x' },
    owner: 'internal',
  }
  await world.put({ space: 'segment', key: '~x', value: JSON.stringify(internal) })
  const list = await world.reader.list()
  expect(list).toEqual([
    expect.objectContaining({ id: 'a', name: 'By hand', kind: 'account', type: 'accounts_segment', isManual: true }),
    {
      id: 'b',
      name: 'All of it',
      kind: 'user',
      type: 'users_segment',
      isManual: false,
      document,
      timeZone: 'UTC',
      owner: 'catalog',
      version: 7,
      members: 3,
      createdAt: '2026-03-05T00:00:00.000Z',
      updatedAt: '2026-03-05T00:00:00.000Z',
      state: 'live',
    },
  ])
  expect(await world.reader.read('b')).toEqual(list[1])
  await expect(world.reader.read('~x')).rejects.toMatchObject({ code: 'segment_unknown' })
})

test('of more segments than one page holds none is missing', async () => {
  const world = await SegmentWorld.open(ADA)
  const { definition, ...rest } = await world.define('a', { name: 'A', manual: true })
  const ids = Array.from({ length: 1_100 }, (_, i) => `s${String(i).padStart(4, '0')}`)
  await world.put(
    ...ids.map((id) => ({ space: 'segment', key: id, value: JSON.stringify({ definition: { ...definition, id }, ...rest }) })),
  )
  expect((await world.reader.list()).map(({ id }) => id)).toEqual(['a', ...ids])
})

const filling: Filling = { step: 'members', cursor: '', done: 1, total: 3, startedAt: '2026-03-05T00:00:00.000Z' }

test.each<[string, Partial<SegmentState>, object]>([
  ['live', {}, { state: 'live' }],
  ['filling', { filling }, { state: 'filling', progress: { step: 'members', done: 1, total: 3, percent: 33 } }],
  [
    'of an unknown size',
    { filling: { ...filling, total: null } },
    { progress: { step: 'members', done: 1, total: null, percent: null } },
  ],
  [
    'of nobody',
    { filling: { ...filling, done: 0, total: 0 } },
    { progress: { step: 'members', done: 0, total: 0, percent: 100 } },
  ],
  [
    'more than was thought',
    { filling: { ...filling, done: 4 } },
    { progress: { step: 'members', done: 4, total: 3, percent: 100 } },
  ],
  ['being deleted', { filling, isDeleting: true }, { state: 'deleting' }],
])('a segment that is %s says so', async (_name, further, expected) => {
  const world = await SegmentWorld.open()
  const report = reportSegment(await world.define('a', { name: 'A', manual: true }, further))
  expect(report).toMatchObject(expected)
  expect('progress' in report).toBe('progress' in expected)
})

test('the segments of somebody are told with since when', async () => {
  const world = await SegmentWorld.open(ADA, { type: 'page', anonymousId: 'a1' })
  await world.define('vip', { name: 'VIP', manual: true })
  await world.define('old', { name: 'Old', manual: true })
  await world.enter('user', 'ada', {
    vip: '2026-03-02T00:00:00.000Z',
    '~x': '2026-03-01T00:00:00.000Z',
    gone: '2026-03-01T00:00:00.000Z',
    old: '2026-03-01T00:00:00.000Z',
  })
  expect(await world.reader.ofEntity('user', 'email:ada@acme.com')).toEqual({
    entity: { id: await world.idOf('user', 'ada'), identifier: 'email:ada@acme.com', name: 'Ada Byron' },
    segments: [
      { id: 'old', name: 'Old', type: 'users_segment', state: 'live', since: '2026-03-01T00:00:00.000Z' },
      { id: 'vip', name: 'VIP', type: 'users_segment', state: 'live', since: '2026-03-02T00:00:00.000Z' },
    ],
  })
  expect(await world.reader.ofEntity('user', 'a1')).toMatchObject({
    entity: { identifier: 'anonymous_id:a1', name: null },
    segments: [],
  })
  await expect(world.reader.ofEntity('user', 'nobody')).rejects.toMatchObject({ code: 'entity_unknown' })
})
