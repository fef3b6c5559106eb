import { expect, test } from 'vitest'
import { event, openProfiles, PLAIN_CATALOG } from '../profiles/profiles.fixture.ts'
import { NotificationReader } from './notification-reader.ts'
import { readAll, START, userIn } from './notifications.fixture.ts'

test('what apply publishes of real events is told: who came into being, what changed, who turned out to be one', async () => {
  const profiles = await openProfiles()
  const reader = new NotificationReader(profiles.store, PLAIN_CATALOG)
  await profiles.send(event({ id: 'm1', anonymousId: 'phone' }))
  await profiles.send(
    event({ id: 'm2', type: 'identify', userId: '42', traits: { plan: 'trial' } }),
    event({ id: 'm3', type: 'group', userId: '42', groupId: 'acme', traits: { name: 'Acme' } }),
  )
  await profiles.settle()
  const first = await reader.read(START, { limit: 100 })
  const [anonymous, ada] = [
    await profiles.find('user', 'anonymous_id', 'phone'),
    await profiles.find('user', 'external_id', '42'),
  ]
  expect(userIn(first.notifications, anonymous?.id ?? '').changes.is_new).toBe(true)
  expect(userIn(first.notifications, ada?.id ?? '')).toMatchObject({
    user: { external_id: '42', traits_plan: 'trial' },
    account: { external_id: 'acme', name: 'Acme' },
    changes: { user: { traits_plan: [null, 'trial'], external_id: [null, '42'] }, is_new: true },
  })
  await profiles.send(event({ id: 'm4', type: 'identify', userId: '42', anonymousId: 'phone', traits: { plan: 'pro' } }))
  await profiles.send(event({ id: 'm5', type: 'group', groupId: 'acme', traits: { name: 'Acme Inc' } }))
  await profiles.settle()
  const { pages } = await readAll(reader, first.cursor, { limit: 100 })
  const told = pages.flat()
  expect(told).toContainEqual(
    expect.objectContaining({ channel: 'user:delete', user: { id: anonymous?.id }, merged_into: ada?.id }) as unknown,
  )
  const { changes, events } = userIn(told, ada?.id ?? '')
  expect(changes).toMatchObject({
    user: { traits_plan: ['trial', 'pro'] },
    account: { name: ['Acme', 'Acme Inc'] },
    is_new: false,
  })
  expect(events.map(({ event }) => event)).toEqual(['User merged', 'identify'])
})
