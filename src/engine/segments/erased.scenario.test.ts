import { expect, test } from 'vitest'
import { type EntityKind, entitySpace } from '../../model/profile/entity.ts'
import { event } from '../profiles/profiles.fixture.ts'
import { all, did, openSegments, type SegmentWorld, trait } from './segments.fixture.ts'

const SKU = 'a-rare-book'
const SPACES = ['activity', 'part', 'membership'].flatMap((space) => [`${space}/user`, `${space}/account`])

/** Where segments keep it. */
async function placesOf({ store }: SegmentWorld, text: string): Promise<string[]> {
  const spaces = await Promise.all(
    [...SPACES, 'deadline', 'account-user'].map(async (space) =>
      (await store.scan(space, {}, 1_000)).some(({ key, value }) => `${key} ${value}`.includes(text)) ? [space] : [],
    ),
  )
  return spaces.flat()
}

async function idOf({ store }: SegmentWorld, kind: EntityKind): Promise<string> {
  const [first] = await store.scan(entitySpace(kind), {}, 1)
  if (first === undefined) throw new Error(`There is no ${kind}.`)
  return first.key
}

/** One user of one account has bought it. */
async function openBought(): Promise<SegmentWorld> {
  const world = await openSegments()
  const bought = all(did('Order', 'distinct_count', { property: 'sku', comparison: 'is_greater_or_equal', value: 1 }))
  await world.define('buyers', bought)
  await world.define('recent', all(did('Order', 'at_least_once', { timeframe: 'less_than', days: 3 })))
  await world.define('companies', { type: 'accounts_segment', predicate: bought })
  await world.define('of-companies', all(trait('account.plan', 'is_set')))
  await world.send(event({ userId: 'u', type: 'group', groupId: 'acme', traits: { plan: 'pro' } }))
  await world.send(event({ userId: 'u', name: 'Order', properties: { sku: SKU } }))
  await world.settle()
  return world
}

test('segments keep nothing of who is erased, nor of what its account counted of it', async () => {
  const world = await openBought()
  const user = await idOf(world, 'user')
  expect(await placesOf(world, SKU)).toEqual(['activity/user', 'activity/account'])
  expect(await placesOf(world, user)).toEqual(['activity/user', 'part/user', 'membership/user', 'deadline', 'account-user'])
  await world.command({ kind: 'erase', entityKind: 'user', parts: [user] })
  await world.settle()
  expect([...(await placesOf(world, SKU)), ...(await placesOf(world, user))]).toEqual([])
  expect(await world.state('buyers')).toMatchObject({ members: 0 })
  expect(await world.state('companies')).toMatchObject({ members: 0 })
})

test('nor does an account whose segment was deleted before', async () => {
  const world = await openBought()
  await world.command({ kind: 'delete-segment', segment: 'companies' })
  await world.settle()
  expect(await placesOf(world, SKU)).toContain('activity/account')
  await world.command({ kind: 'erase', entityKind: 'user', parts: [await idOf(world, 'user')] })
  await world.settle()
  expect(await placesOf(world, SKU)).toEqual([])
})

test('users of an account that is erased belong to none', async () => {
  const world = await openBought()
  const account = await idOf(world, 'account')
  await world.command({ kind: 'erase', entityKind: 'account', parts: [account] })
  await world.settle()
  // The profile of the user keeps what it was linked to, by id.
  expect(await placesOf(world, account)).toEqual(['part/user', 'account-user'])
  expect(await world.state('of-companies')).toMatchObject({ members: 0 })
  expect(await world.state('buyers')).toMatchObject({ members: 1 })
})
