import { expect, test } from 'vitest'
import type { Claim } from '../../model/event/event.ts'
import { event, openProfiles, PLAIN_CATALOG, type Profiles } from '../profiles/profiles.fixture.ts'
import { NotificationReader } from './notification-reader.ts'
import type { Notification, UserUpdate } from './notification.ts'
import { readAll, START } from './notifications.fixture.ts'

async function idOf(profiles: Profiles, kind: 'user' | 'account', claim: Claim): Promise<string> {
  return (await profiles.find(kind, claim.kind, claim.value))?.id ?? 'nobody'
}

const userId = (profiles: Profiles, value: string) => idOf(profiles, 'user', { kind: 'external_id', value })

/** What is told of users, by external id. */
function usersIn(notifications: readonly Notification[]): Map<string, UserUpdate> {
  const users = new Map<string, UserUpdate>()
  for (const one of notifications) {
    if (one.channel !== 'user:update') continue
    const { external_id: externalId } = one.user
    if (typeof externalId === 'string') users.set(externalId, one)
  }
  return users
}

test('of an account that is erased all users hear that it is gone, also those who came by a merge, page by page', async () => {
  const profiles = await openProfiles()
  const reader = new NotificationReader(profiles.store, PLAIN_CATALOG)
  await profiles.send(event({ type: 'group', userId: 'ann', groupId: 'acme', traits: { name: 'Acme' } }))
  await profiles.send(event({ type: 'group', userId: 'bob', traits: { domain: 'globex.example', name: 'Globex' } }))
  for (let i = 0; i < 5; i++)
    await profiles.send(event({ type: 'group', userId: `many-${i}`, traits: { domain: 'globex.example' } }))
  await profiles.send(event({ type: 'group', userId: 'eve', groupId: 'other', traits: { name: 'Other' } }))
  await profiles.settle()
  const acme = await idOf(profiles, 'account', { kind: 'external_id', value: 'acme' })
  const globex = await idOf(profiles, 'account', { kind: 'domain', value: 'globex.example' })
  await profiles.command({ kind: 'merge', entityKind: 'account', survivor: acme, loser: globex })
  await profiles.settle()
  const before = await readAll(reader, START, { limit: 100 })
  expect(usersIn(before.pages.flat()).get('bob')?.account).toMatchObject({ id: acme, external_id: 'acme' })
  await profiles.command({ kind: 'erase', entityKind: 'account', parts: [acme, globex] })
  await profiles.settle()
  const { pages } = await readAll(reader, before.cursor, { limit: 3 })
  expect(pages.length).toBeGreaterThan(2)
  expect(Math.max(...pages.map(({ length }) => length))).toBeLessThanOrEqual(3)
  const told = pages.flat()
  expect(told[0]).toMatchObject({ channel: 'account:delete', account: { id: acme }, merged_into: null })
  const users = usersIn(told)
  expect([...users.keys()].toSorted()).toEqual(['ann', 'bob', 'many-0', 'many-1', 'many-2', 'many-3', 'many-4'])
  expect(told.filter(({ channel }) => channel === 'user:update')).toHaveLength(users.size)
  for (const { account, account_segments, changes } of users.values()) {
    expect({ account, account_segments }).toEqual({ account: {}, account_segments: [] })
    expect(changes.account).toEqual({ id: [acme, null] })
  }
  expect(JSON.stringify(told)).not.toMatch(/acme|globex/i)
  expect(users.get('ann')?.user.id).toBe(await userId(profiles, 'ann'))
})

test('who belonged to it by the domain of an email hears it too', async () => {
  const profiles = await openProfiles()
  const reader = new NotificationReader(profiles.store, PLAIN_CATALOG)
  await profiles.send(event({ type: 'identify', userId: 'dan', traits: { email: 'dan@globex.example' } }))
  await profiles.send(event({ type: 'group', userId: 'bob', traits: { domain: 'globex.example', name: 'Globex' } }))
  await profiles.settle()
  const globex = await idOf(profiles, 'account', { kind: 'domain', value: 'globex.example' })
  const before = await readAll(reader, START, { limit: 100 })
  expect(usersIn(before.pages.flat()).get('dan')?.account).toMatchObject({ id: globex })
  await profiles.command({ kind: 'erase', entityKind: 'account', parts: [globex] })
  await profiles.settle()
  const users = usersIn((await readAll(reader, before.cursor, { limit: 100 })).pages.flat())
  expect([...users.keys()].toSorted()).toEqual(['bob', 'dan'])
  expect(users.get('dan')).toMatchObject({ account: {}, changes: { account: { id: [globex, null] } } })
})
