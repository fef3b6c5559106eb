import { describe, expect, test } from 'vitest'
import {
  ACME,
  ANN,
  BOB,
  CATALOG,
  EVE,
  changed,
  entityDocuments,
  entityOf,
  idOf,
  instantAt,
  membershipDocument,
  partOf,
  readAll,
  readWhole,
  segmentDocument,
  START,
  stateDocument,
  summary,
  track,
  userIn,
  World,
} from './notifications.fixture.ts'

describe('of an entity nothing is told', () => {
  test.each([
    ['when all that came are internal events', [[{ of: 'event', user: ANN, id: 'c', type: 'attributes_changed' } as const]]],
    [
      'when it is as it was',
      [[changed('user', ANN, { facts: { a: [1, 2] } })], [changed('user', ANN, { facts: { a: [2, 1] } })]],
    ],
    ['when it left what it had entered', [[changed('user', ANN, { entered: ['s'] })], [changed('user', ANN, { left: ['s'] })]]],
    ['when it entered what it had left', [[changed('user', ANN, { left: ['s'] })], [changed('user', ANN, { entered: ['s'] })]]],
    ['of internal segments', [[changed('user', ANN, { entered: ['~1'] })]]],
    [
      'when it came back to its account',
      [[changed('user', ANN, { account: [null, ACME] })], [changed('user', ANN, { account: [ACME, null] })]],
    ],
  ])('%s', async (_name, entries) => {
    const world = await World.open()
    await world.apply(entries, entityDocuments('user', ANN, {}))
    expect(await readWhole(world)).toEqual([])
  })
})

test('notifications come in the order in which the last of each entity came, whichever output it stands in', async () => {
  const world = await World.open()
  const documents = [ANN, BOB, EVE].flatMap((id) => entityDocuments('user', id, {}))
  await world.apply(
    [
      [track(ANN, 'e1')],
      [changed('user', BOB, { isNew: true })],
      [changed('account', ACME, { isNew: true })],
      [
        {
          of: 'segment',
          change: 'update',
          segment: { id: 's', name: 'S', kind: 'user', createdAt: instantAt(1), updatedAt: instantAt(4) },
        },
      ],
      [track(EVE, 'e2')],
      [track(ANN, 'e3')],
    ],
    [...documents, ...entityDocuments('account', ACME, {})],
  )
  const told = await readWhole(world)
  expect(told.map(summary)).toEqual([
    `user:update ${BOB}`,
    `account:update ${ACME}`,
    'users_segment:update s',
    `user:update ${EVE}`,
    `user:update ${ANN}`,
  ])
  expect(userIn(told, ANN).events.map(({ event_id }) => event_id)).toEqual(['e1', 'e3'])
  expect(userIn(told, BOB).changes.is_new).toBe(true)
})

describe('segments', () => {
  const segment = { id: 's', name: 'S', kind: 'account', createdAt: instantAt(1), updatedAt: instantAt(2) } as const

  test('tell that they changed or ended, once, and never when internal', async () => {
    const world = await World.open()
    await world.apply([
      [{ of: 'segment', change: 'update', segment }],
      [{ of: 'segment', change: 'update', segment: { ...segment, id: '~1' } }],
      [{ of: 'segment', change: 'delete', segment }],
    ])
    expect(await readWhole(world)).toEqual([
      {
        message_id: expect.any(String) as unknown,
        channel: 'accounts_segment:delete',
        segment: { id: 's', name: 'S', type: 'accounts_segment', created_at: instantAt(1), updated_at: instantAt(2) },
      },
    ])
  })

  test('that are gone are still named where somebody left them', async () => {
    const world = await World.open()
    await world.apply(
      [[changed('account', ACME, { left: ['s', 'lost'] })], [{ of: 'segment', change: 'delete', segment }]],
      entityDocuments('account', ACME, {}),
    )
    const [update] = await readWhole(world)
    expect(update).toMatchObject({
      changes: {
        account_segments: {
          left: [
            { id: 's', name: 'S' },
            { id: 'lost', name: 'lost', created_at: null },
          ],
        },
      },
    })
  })
})

async function merged(): Promise<World> {
  const world = await World.open()
  await world.apply(
    [[track(ANN, 'e1'), changed('user', ANN, { isNew: true, facts: { a: [null, 1] } })], [track(BOB, 'e2')]],
    [ANN, BOB].flatMap((id) => entityDocuments('user', id, {})),
  )
  return world
}
describe('merges', () => {
  const merge = [
    [
      changed('user', ANN, { mergedInto: BOB }),
      changed('user', BOB, { absorbed: [ANN], facts: { a: [null, 1] } }),
      track(BOB, 'm', { type: 'user_merged' }),
    ],
  ]
  const after = [
    stateDocument('user', ANN, { mergedInto: BOB }),
    stateDocument('user', BOB, entityOf([partOf(BOB, {}), partOf(ANN, {})])),
  ]

  test('tell of the one that ended what it is part of, and of the other all events of both', async () => {
    const world = await merged()
    await world.apply(merge, after)
    const told = await readWhole(world)
    expect(told.map(summary)).toEqual([`user:delete ${ANN}`, `user:update ${BOB}`])
    expect(told[0]).toMatchObject({ user: { id: ANN }, merged_into: BOB })
    const { events, changes } = userIn(told, BOB)
    expect(events.map(({ event_id, user_id }) => [event_id, user_id])).toEqual([
      ['e1', BOB],
      ['e2', BOB],
      ['m', BOB],
    ])
    expect(changes.user).toEqual({ a: [null, 1] })
  })

  test.each([1, 2, 3])('that come while pages of %i are read lose and repeat no event', async (limit) => {
    const world = await merged()
    const reader = world.reader()
    const first = await reader.read(START, { limit })
    await world.apply(merge, after)
    const { pages } = await readAll(reader, first.cursor, { limit })
    const told = [first.notifications, ...pages].flat()
    const events = told.flatMap((one) => (one.channel === 'user:update' ? one.events : []))
    expect(events.map(({ event_id }) => event_id).toSorted()).toEqual(['e1', 'e2', 'm'])
    expect(told.map(summary)).toContain(`user:delete ${ANN}`)
  })

  test('that came after what is told leave the changes of the one that ended out: its end is told', async () => {
    const world = await merged()
    await world.apply(merge, after)
    const { pages } = await readAll(world.reader(), START, { limit: 1 })
    const changes = pages.flat().flatMap((one) => (one.channel === 'user:update' ? [one.changes.user] : []))
    expect(changes.filter((facts) => 'a' in facts)).toEqual([{ a: [null, 1] }])
  })

  test('of who was split off again, it lives on', async () => {
    const world = await merged()
    await world.apply(merge, after)
    await world.apply(
      [[changed('user', ANN, { isNew: true, facts: { a: [null, 1] } })]],
      [ANN, BOB].flatMap((id) => entityDocuments('user', id, {})),
    )
    expect((await readWhole(world)).map(summary)).toEqual([`user:update ${BOB}`, `user:update ${ANN}`])
  })
})

test('of an erased user only the end is told', async () => {
  const world = await World.open()
  await world.apply([[track(ANN, 'e1'), changed('user', ANN, { isNew: true })]], entityDocuments('user', ANN, {}))
  await world.apply([[changed('user', ANN, { isErased: true })]], [stateDocument('user', ANN, undefined)])
  expect(await readWhole(world)).toMatchObject([{ channel: 'user:delete', user: { id: ANN }, merged_into: null }])
})

describe('a filter by segments', () => {
  test('lets through who is in one, or has just entered or left it, by itself or by its account; and everybody who ended', async () => {
    const world = await World.open()
    const ids = Array.from({ length: 5 }, (_, i) => idOf('user', i))
    const [member, leaver, byAccount, other, gone] = ids as [string, string, string, string, string]
    await world.apply(
      [
        ...[member, byAccount, other].map((id) => [track(id, id)]),
        [changed('user', leaver, { left: ['vip'] })],
        [changed('user', gone, { isErased: true })],
      ],
      [
        ...[member, leaver, other].flatMap((id) => entityDocuments('user', id, {})),
        ...entityDocuments('user', byAccount, { link: ACME }),
        ...entityDocuments('account', ACME, {}),
        segmentDocument('user', 'vip', 'VIP'),
        segmentDocument('account', 'big', 'Big'),
        membershipDocument('user', member, 'vip'),
        membershipDocument('account', ACME, 'big'),
      ],
    )
    const { notifications } = await world.reader().read(START, { limit: 100, filter: { segments: ['vip', 'big'] } })
    expect(notifications.map(summary)).toEqual([
      `user:update ${member}`,
      `user:update ${byAccount}`,
      `user:update ${leaver}`,
      `user:delete ${gone}`,
    ])
  })
})

describe('a cursor', () => {
  test('of now leads to what comes from now on, one of the start to all that is kept', async () => {
    const world = await World.open()
    const reader = world.reader()
    await world.apply([[track(ANN, 'e1')]], entityDocuments('user', ANN, {}))
    await world.prune()
    const now = await reader.begin('now')
    const start = await reader.begin('start')
    await world.apply([[track(ANN, 'e2')]])
    for (const cursor of [now, start]) {
      expect((await reader.read(cursor, { limit: 10 })).notifications).toMatchObject([{ events: [{ event_id: 'e2' }] }])
    }
  })

  test('to what is no longer kept is refused with cursor_expired, and what to do', async () => {
    const world = await World.open()
    await world.apply([[track(ANN, 'e1')], [track(ANN, 'e2')]], entityDocuments('user', ANN, {}))
    await world.prune()
    const reader = world.reader()
    await expect(reader.read({ at: { position: 1 } }, { limit: 10 })).rejects.toMatchObject({
      code: 'cursor_expired',
      message: 'The cursor stands at position 1 of the log; notifications are kept from position 2 on.',
    })
    await expect(reader.read({ at: { position: 2, within: { index: 0, key: '' } } }, { limit: 10 })).rejects.toMatchObject({
      code: 'cursor_expired',
    })
    expect((await reader.read({ at: { position: 2 } }, { limit: 10 })).notifications).toEqual([])
  })

  test('ahead of what is committed waits for it', async () => {
    const world = await World.open()
    await world.apply([[track(ANN, 'e1')]], entityDocuments('user', ANN, {}))
    const reader = world.reader()
    expect(await reader.read({ at: { position: 2 } }, { limit: 10 })).toMatchObject({
      notifications: [],
      cursor: { at: { position: 2 } },
    })
    await world.apply([[track(ANN, 'e2')], [track(ANN, 'e3')]])
    expect((await reader.read({ at: { position: 2 } }, { limit: 10 })).notifications).toMatchObject([
      { events: [{ event_id: 'e3' }] },
    ])
  })
})

test('what was erased from the outputs is told no more, though it was read before', async () => {
  const world = await World.open()
  await world.apply(
    [[track(ANN, 'e1'), track(BOB, 'e2')]],
    [ANN, BOB].flatMap((id) => entityDocuments('user', id, {})),
  )
  const reader = world.reader()
  const told = async () => (await reader.read(START, { limit: 10 })).notifications.map(summary)
  expect(await told()).toHaveLength(2)
  await world.erase(ANN)
  expect(await told()).toEqual([`user:update ${BOB}`])
})

test('the same page has the same message ids, another stretch has others', async () => {
  const world = await World.open()
  await world.apply([[track(ANN, 'e1')]], entityDocuments('user', ANN, {}))
  const reader = world.reader()
  const ids = async (cursor = START) =>
    (await reader.read(cursor, { limit: 10 })).notifications.map(({ message_id }) => message_id)
  const first = await ids()
  expect(await ids()).toEqual(first)
  await world.apply([[track(ANN, 'e2')]])
  expect(await ids()).not.toEqual(first)
})

test('hidden traits are in no report', async () => {
  const world = await World.open()
  await world.apply([[track(ANN, 'e1')]], entityDocuments('user', ANN, { traits: { salary: 1, plan: 'pro' } }))
  const rule = { visibility: 'hidden', order: 'newest', isForbidden: false } as const
  const reader = world.reader({}, { ...CATALOG, traits: { user: { salary: rule }, account: {} } })
  const [update] = (await reader.read(START, { limit: 10 })).notifications
  expect(update).toMatchObject({ user: { traits_plan: 'pro' } })
  expect(JSON.stringify(update)).not.toContain('salary')
})
