import { expect, test } from 'vitest'
import { Doorbell } from '../../base/doorbell.ts'
import { Apply, type ApplyStatus } from '../apply/apply.ts'
import { event, PLAIN_CATALOG } from '../profiles/profiles.fixture.ts'
import { profilesMember } from '../profiles/profiles-runner.ts'
import { all, did, MINUTE, openSegments, type SegmentWorld } from './segments.fixture.ts'

/** What a new session says before anything comes. */
async function firstStatus({ log, store, clock }: SegmentWorld): Promise<ApplyStatus | undefined> {
  const plan = { members: [profilesMember(PLAIN_CATALOG, { messageDays: 7, notificationHours: 24 })], collections: new Map() }
  const statuses: ApplyStatus[] = []
  const report = (status: ApplyStatus) => void statuses.push(status)
  const apply = new Apply({ plan, log, store, clock, partition: '0', bell: new Doorbell(), report })
  await apply.run(new AbortController().signal, { untilIdle: true })
  return statuses[0]
}

test('a new session knows what is due and what waits for history, though nothing comes', async () => {
  const world = await openSegments()
  await world.define('recent', all(did('Order', 'at_least_once', { timeframe: 'less_than', minutes: 10 })))
  await world.send(event({ userId: 'u', name: 'Order', at: 0 }))
  await world.settle()
  expect((await firstStatus(world))?.wants).toEqual({
    dueAt: world.clock.now() + 10 * MINUTE,
    isFilling: false,
    hasSegments: true,
  })
  await world.define('often', all(did('Order', 'is_at_least', { count: 2 })))
  expect((await firstStatus(world))?.wants).toMatchObject({ isFilling: true })
})
