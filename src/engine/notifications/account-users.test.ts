import { describe, expect, test } from 'vitest'
import {
  ACME,
  ANN,
  BOB,
  EVE,
  GLOBEX,
  changed,
  entityDocuments,
  idOf,
  partOf,
  readAll,
  readWhole,
  START,
  stateDocument,
  summary,
  track,
  userIn,
  World,
} from './notifications.fixture.ts'

describe('the account of a user', () => {
  test('that the user came to is shown whole, and its id as changed', async () => {
    const world = await World.open()
    await world.apply(
      [[changed('user', ANN, { account: [null, ACME] })], [changed('user', ANN, { account: [ACME, GLOBEX] })]],
      [
        ...entityDocuments('user', ANN, { link: GLOBEX }),
        ...entityDocuments('account', ACME, {}),
        ...entityDocuments('account', GLOBEX, { traits: { name: 'Globex' } }),
      ],
    )
    const { account, changes } = userIn(await readWhole(world), ANN)
    expect(account).toMatchObject({ id: GLOBEX, name: 'Globex' })
    expect(changes.account).toEqual({ id: [null, GLOBEX] })
  })

  const change = [[changed('account', ACME, { facts: { name: ['A', 'B'] }, entered: ['big'] })]]

  test('brings its changes to every user, by link and by domain, and to nobody who belongs elsewhere', async () => {
    const world = await World.open()
    await world.apply(change, [
      ...entityDocuments('account', ACME, { identifiers: [['domain', 'acme.com']] }),
      ...entityDocuments('account', GLOBEX, {}),
      ...entityDocuments('user', ANN, { link: ACME, identifiers: [['email', 'ann@acme.com']] }),
      ...entityDocuments('user', BOB, { identifiers: [['email', 'bob@acme.com']] }),
      ...entityDocuments('user', EVE, { link: GLOBEX, identifiers: [['email', 'eve@acme.com']] }),
    ])
    const told = await readWhole(world)
    expect(told.map(summary)).toEqual([`account:update ${ACME}`, `user:update ${BOB}`, `user:update ${ANN}`])
    for (const id of [ANN, BOB]) {
      const { changes, events } = userIn(told, id)
      expect(events).toEqual([])
      expect(changes).toMatchObject({ user: {}, account: { name: ['A', 'B'] }, account_segments: { entered: [{ id: 'big' }] } })
    }
  })

  test('brings them in one notification with those of the user itself', async () => {
    const world = await World.open()
    await world.apply(
      [...change, [track(ANN, 'e1')]],
      [...entityDocuments('account', ACME, {}), ...entityDocuments('user', ANN, { link: ACME })],
    )
    const told = await readWhole(world)
    expect(told.map(summary)).toEqual([`account:update ${ACME}`, `user:update ${ANN}`])
    expect(userIn(told, ANN)).toMatchObject({ events: [{ event_id: 'e1' }], changes: { account: { name: ['A', 'B'] } } })
  })

  test('that became part of another is another for its users alone', async () => {
    const world = await World.open()
    const merges = [{ survivor: GLOBEX, loser: ACME, cause: partOf(ACME, {}).created }]
    await world.apply(
      [[changed('account', ACME, { mergedInto: GLOBEX }), changed('account', GLOBEX, { absorbed: [ACME] })]],
      [
        ...entityDocuments('user', ANN, { link: ACME }),
        ...entityDocuments('user', BOB, { link: GLOBEX }),
        stateDocument('account', ACME, { mergedInto: GLOBEX }),
        stateDocument('account', GLOBEX, { parts: [partOf(GLOBEX, {}), partOf(ACME, {})], merges }),
      ],
    )
    const told = await readWhole(world)
    expect(told.map(summary)).toEqual([`account:delete ${ACME}`, `user:update ${ANN}`])
    expect(userIn(told, ANN).changes.account).toEqual({ id: [ACME, GLOBEX] })
  })

  test('is another as well for who came with an earlier merge', async () => {
    const world = await World.open()
    const first = idOf('account', 3)
    const { created: cause } = partOf(ACME, {})
    const merges = [
      { survivor: ACME, loser: first, cause },
      { survivor: GLOBEX, loser: ACME, cause },
    ]
    await world.apply(
      [[changed('account', GLOBEX, { absorbed: [ACME] })]],
      [
        ...entityDocuments('user', ANN, { link: first }),
        stateDocument('account', first, { mergedInto: ACME }),
        stateDocument('account', ACME, { mergedInto: GLOBEX }),
        stateDocument('account', GLOBEX, { parts: [GLOBEX, ACME, first].map((id) => partOf(id, {})), merges }),
      ],
    )
    expect(userIn(await readWhole(world), ANN).changes.account).toEqual({ id: [ACME, GLOBEX] })
  })

  test('that was erased is gone for its users', async () => {
    const world = await World.open()
    await world.apply(
      [[changed('account', ACME, { isErased: true })]],
      [...entityDocuments('user', ANN, { link: ACME }), ...entityDocuments('user', BOB, { link: GLOBEX })],
    )
    const told = await readWhole(world)
    expect(told.map(summary)).toEqual([`account:delete ${ACME}`, `user:update ${ANN}`])
    expect(userIn(told, ANN)).toMatchObject({ account: {}, changes: { account: { id: [ACME, null] } } })
    expect(userIn(told, ANN).account).toEqual({})
  })
})

describe('an account with 10,000 users', () => {
  const users = Array.from({ length: 10_000 }, (_, i) => idOf('user', i))
  async function crowd(): Promise<World> {
    const world = await World.open()
    await world.apply(
      [[changed('account', ACME, { facts: { name: ['A', 'B'] } })], [track(idOf('user', 77), 'e1')]],
      [...users.flatMap((id) => entityDocuments('user', id, { link: ACME })), ...entityDocuments('account', ACME, {})],
    )
    return world
  }

  test('is told of in bounded pages, each user once', async () => {
    const world = await crowd()
    const { pages, cursor } = await readAll(world.reader(), START, { limit: 300 })
    expect(Math.max(...pages.map(({ length }) => length))).toBeLessThanOrEqual(300)
    const told = pages.flat().filter(({ channel }) => channel === 'user:update')
    expect(told.map(summary).toSorted()).toEqual(users.map((id) => `user:update ${id}`).toSorted())
    expect(told.every((one) => one.channel === 'user:update' && one.changes.account['name']?.[1] === 'B')).toBe(true)
    expect(cursor).toEqual({ at: { position: 2 } })
  })

  test('holds up nothing that comes meanwhile, and takes nothing from it', async () => {
    const world = await crowd()
    const reader = world.reader()
    const first = await reader.read(START, { limit: 100 })
    expect(first.cursor.fanOut).toBeDefined()
    await world.apply([[changed('account', ACME, { facts: { name: ['B', 'C'] } })], [track(idOf('user', 9_999), 'e2')]])
    const { pages } = await readAll(reader, first.cursor, { limit: 500 })
    const told = [first.notifications, ...pages].flat()
    const names = told.flatMap((one) => (one.channel === 'user:update' ? [one.changes.account['name']] : []))
    expect(names.filter((change) => change?.[0] === 'A')).toHaveLength(10_000)
    expect(names.filter((change) => change?.[0] === 'B')).toHaveLength(10_000)
    expect(told.filter((one) => one.channel === 'user:update' && one.events.length > 0)).toHaveLength(2)
  })

  test('costs nothing to who does not want users', async () => {
    const world = await crowd()
    const page = await world.reader().read(START, { limit: 10, filter: { channels: ['account:update'] } })
    expect(page.notifications.map(summary)).toEqual([`account:update ${ACME}`])
    expect(page.hasMore).toBe(false)
  })
})

test('a page looks at so many users that left the account, and the next goes on behind them', async () => {
  const world = await World.open()
  const left = Array.from({ length: 25 }, (_, i) => idOf('user', i))
  const stays = idOf('user', 99)
  await world.apply(
    [[changed('account', ACME, { facts: { name: ['A', 'B'] } })]],
    [
      ...entityDocuments('account', ACME, { identifiers: [['domain', 'acme.com']] }),
      ...entityDocuments('account', GLOBEX, {}),
      ...left.flatMap((id) => entityDocuments('user', id, { link: GLOBEX, identifiers: [['email', `${id}@acme.com`]] })),
      ...entityDocuments('user', stays, { identifiers: [['email', 'z@acme.com']] }),
    ],
  )
  const { pages } = await readAll(world.reader({ candidates: 10 }), START, { limit: 100 })
  expect(pages.map((page) => page.map(summary))).toEqual([[`account:update ${ACME}`], [], [`user:update ${stays}`]])
})
