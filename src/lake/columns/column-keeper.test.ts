import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { CHANGES, EVENTS } from '../../model/system-collections.ts'
import type { KeyRange } from '../../store/store.ts'
import { Columns, type ColumnsOptions } from './columns.ts'
import {
  ADA,
  all,
  BOB,
  CYD,
  matching,
  newScene,
  NOW,
  order,
  ordered,
  sampleOf,
  type Scene,
  SHOP,
  STORE,
  traitIs,
} from './columns.fixture.ts'

test('what changes, merges, and ends is seen with the next catching up', async () => {
  const { columns, commit } = await newScene()
  await commit({ users: [{ id: ADA, traits: { plan: 'pro' } }, { id: BOB }], events: [order(ADA), order(BOB)] })
  await columns.catchUp()
  expect(await sampleOf(columns, all([traitIs('plan', 'pro')]))).toEqual([ADA])
  await commit({
    users: [
      { id: ADA, traits: { plan: 'free', seats: 3 } },
      { id: CYD, traits: { plan: 'pro' } },
    ],
  })
  expect(await columns.catchUp()).toBe(2)
  expect(await sampleOf(columns, all([traitIs('plan', 'pro')]))).toEqual([CYD])
  await commit({ users: [{ id: ADA, parts: [BOB] }], gone: [{ kind: 'user', id: BOB, mergedInto: ADA }] })
  await columns.catchUp()
  expect(await sampleOf(columns, all([ordered(2)]))).toEqual([ADA])
  await commit({ users: [{ id: ADA }, { id: BOB }], gone: [{ kind: 'user', id: CYD }] })
  await columns.catchUp()
  expect(await columns.preview(all([ordered(1)]), { now: NOW })).toMatchObject({ entities: 2, sample: [ADA, BOB] })
})

test('users of an account that is part of another one belong to that', async () => {
  const { columns, commit, world } = await newScene()
  await commit({ users: [{ id: ADA, account: STORE }], accounts: [{ id: SHOP, traits: { plan: 'pro' } }, { id: STORE }] })
  await columns.catchUp()
  const pro = all([{ ...traitIs('plan', 'pro'), owner: 'account' }])
  expect(await sampleOf(columns, pro)).toEqual([])
  // The user itself is not among the changes.
  world.user.set(ADA, { id: ADA, account: SHOP })
  await commit({
    accounts: [{ id: SHOP, traits: { plan: 'pro' }, parts: [STORE] }],
    gone: [{ kind: 'account', id: STORE, mergedInto: SHOP }],
  })
  await columns.catchUp()
  expect(await sampleOf(columns, pro)).toEqual([ADA])
})

test('changes that are gone from the store are made up for by looking at everybody', async () => {
  let pruned = 0
  const { columns, commit, prune } = await newScene({ changesPrunedThrough: async () => pruned })
  await commit({ users: [{ id: ADA }] })
  await columns.catchUp()
  await commit({ users: [{ id: BOB }], gone: [{ kind: 'user', id: ADA }] })
  pruned = 2
  await prune(CHANGES)
  await columns.catchUp()
  expect(await sampleOf(columns, all([]))).toEqual([BOB])
})

test('events that are filed and pruned just when the store is asked for them are taken from the lake', async () => {
  const scene = await newScene()
  await scene.commit({ users: [{ id: ADA }], events: [order(ADA)] })
  const readOutputs: ColumnsOptions['store']['readOutputs'] = async (collection, after, maxBytes) => {
    if (collection === EVENTS) {
      await scene.file()
      await scene.prune()
    }
    return await scene.store.readOutputs(collection, after, maxBytes)
  }
  const store = {
    readOutputs,
    load: (space: string, keys: readonly string[]) => scene.store.load(space, keys),
    scan: (space: string, range: KeyRange, limit: number) => scene.store.scan(space, range, limit),
    checkpoints: () => scene.store.checkpoints(),
  }
  const columns = new Columns({ ...scene.options, store })
  await columns.catchUp()
  expect(await sampleOf(columns, all([ordered(1)]))).toEqual([ADA])
  await columns.close()
})

/** Six people, and as many orders of each as went by. */
async function expectOrders({ columns, world }: Scene): Promise<void> {
  for (let min = 1; min < 9; min++)
    expect(await sampleOf(columns, all([ordered(min)]))).toEqual(matching(world, all([ordered(min)]), NOW))
}

const doings = fc.array(fc.constantFrom('commit', 'commit', 'file', 'prune', 'catchUp', 'reopen'), {
  minLength: 4,
  maxLength: 14,
})

test('no event is counted twice or not at all, whatever is filed, pruned and opened again meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(doings, async (all) => {
      const scene = await newScene()
      let users: string[] = [ADA]
      for (const doing of all) {
        if (doing === 'commit')
          await scene.commit({ users: users.map((id) => ({ id })), events: users.flatMap((id) => [order(id), order(ADA)]) })
        if (doing === 'commit') users = users.length === 1 ? [ADA, BOB] : [ADA, BOB, CYD]
        if (doing === 'file') await scene.file()
        if (doing === 'prune') await scene.prune()
        if (doing === 'catchUp') await scene.columns.catchUp()
        if (doing === 'reopen') await scene.columns.close()
      }
      await scene.columns.catchUp()
      await expectOrders(scene)
      await scene.columns.close()
    }),
    { numRuns: 25 },
  )
}, 120_000)

test('however small changes are written, a page of entities or a few more is taken in at once', async () => {
  const steps: string[] = []
  const scene = await newScene({ pageEntities: 2, onStep: (step) => steps.push(step) })
  await scene.columns.catchUp()
  for (const id of [ADA, BOB, CYD]) await scene.commit({ users: [{ id }] })
  await scene.columns.catchUp()
  expect(steps.filter((step) => step === 'changed')).toHaveLength(2)
  expect(await sampleOf(scene.columns, all([]))).toEqual([ADA, BOB, CYD])
})

test('after a crash at any step it goes on, and ends as without', async () => {
  for (let crashAt = 1; ; crashAt++) {
    let steps = 0
    const onStep = () => {
      if (++steps === crashAt) throw new Error('crash')
    }
    const scene = await newScene({ pageEntities: 1, onStep })
    await scene.commit({ users: [{ id: ADA }, { id: BOB }], accounts: [{ id: SHOP }], events: [order(ADA), order(BOB)] })
    await scene.file()
    await scene.columns.catchUp().catch((error: unknown) => expect(String(error)).toBe('Error: crash'))
    await scene.commit({
      users: [{ id: CYD }, { id: ADA, parts: [BOB] }],
      gone: [{ kind: 'user', id: BOB, mergedInto: ADA }],
      events: [order(CYD), order(ADA)],
    })
    await scene.columns.catchUp().catch((error: unknown) => expect(String(error)).toBe('Error: crash'))
    await scene.columns.close()
    await scene.columns.catchUp()
    await expectOrders(scene)
    expect(await sampleOf(scene.columns, all([]))).toEqual([ADA, CYD])
    if (steps < crashAt) break
  }
}, 60_000)
