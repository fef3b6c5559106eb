import { describe, expect, test } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import type { Json } from '../../base/json.ts'
import type { LogReader } from '../../log/log.ts'
import type { Lambda } from '../../model/derivation.ts'
import { openSqliteLog } from '../../log/sqlite/open-sqlite-log.ts'
import { openSqliteStore } from '../../store/sqlite/open-sqlite-store.ts'
import {
  computePlainly,
  type Input,
  LAMBDAS,
  type Lambdas,
  SCHEMAS,
  type Session,
  World,
  wrapLog,
  wrapStore,
} from './apply.fixture.ts'

const order = (id: number, user: string, amount: number, country = 'de'): Input => ({ in: 'orders', id, user, amount, country })
const visit = (id: number, user: string): Input => ({ in: 'visits', id, user })
const lastVisit = (id: number, user: string): Input => ({ in: 'visits', id, user, isLast: true })

const ENTRIES: Input[][] = [
  [order(1, 'ann', 5, 'se'), visit(2, 'ann'), order(3, 'ann', 16, 'se'), order(4, 'bob', 20)],
  [visit(5, 'bob'), order(6, 'bob', 1), lastVisit(7, 'bob'), order(8, 'bob', 3)],
  [order(9, 'ann', 15), visit(10, 'cid'), lastVisit(11, 'cid'), order(12, 'ann', -3, 'se')],
]

async function worldOf(entries: readonly (readonly Input[])[]): Promise<World> {
  const log = await openSqliteLog({ path: ':memory:', clock: systemClock, threaded: false })
  const world = new World(log, await openSqliteStore({ path: ':memory:', threaded: false }))
  for (const entry of entries) await world.append(entry)
  return world
}

const readsOf = (count: number) => (log: LogReader) => wrapLog(log, () => count)

test('registers, several sources, chains and selected partitions yield what the inputs say one after the other', async () => {
  const world = await worldOf(ENTRIES)
  await world.settle()
  expect(await world.results()).toEqual(computePlainly(ENTRIES))
  expect(world.status).toEqual({ positions: { tallies: 3, swedish: 3, story: 3 }, stopped: [] })
  await world.close()
})

test('nothing on the log is nothing to do, and a second session adds nothing', async () => {
  const world = await worldOf([])
  await world.settle()
  expect(await world.results()).toEqual(computePlainly([]))
  for (const entry of ENTRIES) await world.append(entry)
  await world.settle()
  await world.settle()
  expect(await world.results()).toEqual(computePlainly(ENTRIES))
  await world.close()
})

test('an update in conflict is undone as a whole, and the publish lambda sees the register as it was', async () => {
  const twice: Lambdas = {
    ...LAMBDAS,
    tallies: {
      ...LAMBDAS['tallies'],
      fromOrders: {
        update: () => [
          { sum: 15, seen: ['first'] },
          { sum: 15, seen: ['second'] },
        ],
        publish: (_order, tally, previous) => [{ user: 'ann', tally, previous }],
      },
    },
  }
  const world = await worldOf([[visit(1, 'ann'), order(2, 'ann', 0)]])
  await world.settle({ lambdas: twice })
  const before = { sum: 0, seen: ['visit 1'] }
  expect(await world.outputs('tallies')).toEqual([{ from: [1, 1], document: { user: 'ann', tally: before, previous: before } }])
  expect(await world.registers('tallies', ['["ann"]'])).toEqual([before])
  await world.close()
})

test('a conflict that may not be undone stops the derivation and names lambda, register and value', async () => {
  const world = await worldOf(ENTRIES)
  await world.settle({ rollbackOnConflict: false })
  expect(world.status.positions).toEqual({ tallies: 0, swedish: 3, story: 0 })
  expect(world.status.stopped).toEqual([
    {
      derivation: 'tallies',
      position: 1,
      message:
        '/lambdas.ts:7: lambda fromOrders.update left the register ["ann"] in conflict with its schema: /sum must be <= 20.',
      hint: expect.stringContaining('nothing is lost'),
    },
  ])
  await world.close()
})

test('a register that its reduction deletes is gone from the store and begins anew', async () => {
  const world = await worldOf([[visit(1, 'ann'), visit(2, 'bob')]])
  await world.settle()
  await world.append([lastVisit(3, 'ann')])
  await world.settle()
  const keys = ['["ann"]', '["bob"]']
  expect(await world.registers('tallies', keys)).toEqual([undefined, { sum: 0, seen: ['visit 2'] }])
  await world.append([order(4, 'ann', 7)])
  await world.settle()
  expect((await world.registers('tallies', keys))[0]).toEqual({ sum: 7, seen: ['order 4'] })
  await world.close()
})

test('lambdas cannot change what others see', async () => {
  const changing: Lambdas = {
    ...LAMBDAS,
    swedish: {
      fromOrders: {
        publish: (source) => {
          ;(source as Record<string, Json>)['amount'] = 100
          return []
        },
      },
    },
  }
  const world = await worldOf(ENTRIES)
  await world.settle({ lambdas: changing })
  expect(world.status.stopped).toMatchObject([
    {
      derivation: 'swedish',
      message: expect.stringMatching(/fromOrders\.publish threw: Cannot assign to read only property 'amount'/),
    },
  ])
  expect(await world.outputs('tallies')).toEqual(computePlainly(ENTRIES).outputs['tallies'])
  await world.close()
})

type Fault = [collection: string, transform: string, lambda: 'update' | 'publish', result: () => unknown]

/** The usual lambdas, but one of them does something else with number 6. */
function failing(...[collection, transform, lambda, result]: Fault): Session {
  const transforms = LAMBDAS[collection] ?? {}
  const usual = transforms[transform]?.[lambda]
  const broken: Lambda = (source, ...rest) => ((source as { id: number }).id === 6 ? result() : usual?.(source, ...rest))
  return { lambdas: { ...LAMBDAS, [collection]: { ...transforms, [transform]: { ...transforms[transform], [lambda]: broken } } } }
}

function fail(): never {
  throw new Error('no luck')
}

function cyclicList(): unknown[] {
  const list: unknown[] = []
  list.push(list)
  return [list]
}

describe('a derivation that stops', () => {
  test.each<[string, Fault, string]>([
    ['an update that throws', ['tallies', 'fromOrders', 'update', fail], 'fromOrders.update threw: no luck'],
    ['a publish that throws', ['tallies', 'fromOrders', 'publish', fail], 'fromOrders.publish threw: no luck'],
    [
      'no list',
      ['tallies', 'fromOrders', 'publish', () => ({ user: 'x' })],
      'fromOrders.publish returned {"user":"x"} instead of a list of documents',
    ],
    [
      'nothing',
      ['tallies', 'fromOrders', 'update', () => undefined],
      'fromOrders.update returned undefined instead of a list of documents',
    ],
    [
      'a promise',
      ['tallies', 'fromOrders', 'publish', async () => []],
      'fromOrders.publish returned a promise (lambdas are synchronous) instead of a list of documents',
    ],
    [
      'what JSON cannot write',
      ['tallies', 'fromOrders', 'publish', cyclicList],
      'fromOrders.publish returned something that JSON cannot write: ',
    ],
    [
      'a document that breaks its schema',
      ['tallies', 'fromOrders', 'publish', () => [{ tally: {} }]],
      'fromOrders.publish published a document that breaks the schema of "tallies": the document must have required property "user"',
    ],
    [
      'a document without a usable key',
      ['tallies', 'fromOrders', 'publish', () => [{ user: 2 ** 53, tally: {} }]],
      'fromOrders.publish published a document without a usable key: The key at /user is 9007199254740992.',
    ],
    [
      'a delta that breaks its schema',
      ['tallies', 'fromOrders', 'update', () => [{ sum: 'much' }]],
      'fromOrders.update returned a register delta that breaks the register’s schema: /sum must be integer',
    ],
    [
      'a delta that cannot be reduced',
      [
        'tallies',
        'fromOrders',
        'update',
        () => [
          { sum: -(2 ** 53 - 1), seen: [] },
          { sum: -(2 ** 53 - 1), seen: [] },
        ],
      ],
      'fromOrders.update cannot change the register ["bob"]: Reduction at "/sum" failed: ',
    ],
  ])('because of %s, holds before that entry, and its readers with it', async (_name, what, message) => {
    const world = await worldOf(ENTRIES)
    await world.settle(failing(...what))
    expect(world.status).toEqual({
      positions: { tallies: 1, swedish: 3, story: 1 },
      stopped: [expect.objectContaining({ derivation: 'tallies', position: 2 })],
    })
    expect(world.status.stopped[0]?.message).toContain(message)
    const { outputs } = computePlainly(ENTRIES)
    const first = computePlainly(ENTRIES.slice(0, 1))
    expect((await world.results()).outputs).toEqual({ ...first.outputs, swedish: outputs['swedish'] })

    // Mended and started again, nothing is lost and nothing comes twice.
    await world.append([order(13, 'cid', 2, 'se')])
    await world.settle()
    expect(await world.results()).toEqual(computePlainly([...ENTRIES, [order(13, 'cid', 2, 'se')]]))
    await world.close()
  })

  test('and another, each hold at their own place', async () => {
    const world = await worldOf(ENTRIES)
    const { lambdas: one } = failing('tallies', 'fromOrders', 'publish', fail)
    const other = { fromOrders: { publish: (source: Json) => ((source as { id: number }).id === 12 ? fail() : []) } }
    await world.settle({ lambdas: { ...one, swedish: other } })
    expect(world.status.positions).toEqual({ tallies: 1, swedish: 2, story: 1 })
    expect(world.status.stopped.map(({ derivation, position }) => [derivation, position])).toEqual([
      ['tallies', 2],
      ['swedish', 3],
    ])
    await world.close()
  })

  test('is not tried again in the same process, whatever comes', async () => {
    const world = await worldOf(ENTRIES)
    const apply = world.begin(failing('tallies', 'fromOrders', 'publish', fail))
    await apply.run(new AbortController().signal, { untilIdle: true })
    await world.append([order(13, 'cid', 2, 'se')])
    await apply.run(new AbortController().signal, { untilIdle: true })
    expect(world.status.positions).toEqual({ tallies: 1, swedish: 4, story: 1 })
    expect(world.status.stopped).toHaveLength(1)
    await world.close()
  })
})

test('a document on the log that breaks a later schema stops its readers and no others, and says where', async () => {
  const world = await worldOf(ENTRIES)
  const strict = { ...(SCHEMAS['visits'] as object), properties: { user: { maxLength: 3 }, id: { maximum: 9 } } }
  await world.settle({ schemas: { visits: strict } })
  expect(world.status.positions).toEqual({ tallies: 2, swedish: 3, story: 2 })
  expect(world.status.stopped).toEqual([
    {
      derivation: 'tallies',
      position: 3,
      message: 'A document of "visits" at log position 3 breaks today’s schema: /id must be <= 9.',
      hint: expect.stringContaining('Change it so that earlier documents remain valid'),
    },
  ])
  await world.settle()
  expect(await world.results()).toEqual(computePlainly(ENTRIES))
  await world.close()
})

describe('a derivation that is added later', () => {
  test.each([
    ['at once', 100],
    ['an entry at a time', 1],
  ])('is filled from all of history, %s, as if it had always been there', async (_name, entriesPerRead) => {
    const world = await worldOf(ENTRIES)
    await world.settle({ derived: ['tallies'] })
    await world.settle({ derived: ['tallies', 'swedish'] })
    for (const entry of ENTRIES) await world.append(entry)
    await world.settle({ wrapLog: readsOf(entriesPerRead) })
    expect(await world.results()).toEqual(computePlainly([...ENTRIES, ...ENTRIES]))
    await world.close()
  })

  test('reads what its source publishes meanwhile, also while that is not committed yet', async () => {
    const world = await worldOf(ENTRIES)
    await world.settle({ derived: ['tallies', 'swedish'] })
    const more = Array.from({ length: 20 }, (_, i) => [order(100 + i, 'bob', 1, 'se'), visit(200 + i, 'ann')])
    for (const entry of more) await world.append(entry)
    await world.settle({ wrapLog: readsOf(2) })
    expect(await world.results()).toEqual(computePlainly([...ENTRIES, ...more]))
    await world.close()
  })

  test('can be left out for a while and goes on where it was', async () => {
    const world = await worldOf(ENTRIES.slice(0, 1))
    await world.settle()
    await world.append(ENTRIES[1] ?? [])
    await world.settle({ derived: ['tallies', 'swedish'] })
    await world.append(ENTRIES[2] ?? [])
    await world.settle()
    expect(await world.results()).toEqual(computePlainly(ENTRIES))
    await world.close()
  })
})

test('an apply that another one has replaced commits nothing more, and says so', async () => {
  const world = await worldOf(ENTRIES)
  const older = world.settle({
    wrapStore: (store) => wrapStore(store, async (call) => (call === 'commit' ? world.settle() : undefined)),
  })
  await expect(older).rejects.toMatchObject({ code: 'store_fenced' })
  expect(await world.results()).toEqual(computePlainly(ENTRIES))
  await world.close()
})
