import { describe, expect, test } from 'vitest'
import { ANN, BOB, track } from './notifications.fixture.ts'
import { orderResuming } from './webhook-orders.ts'
import { answering } from './webhook-receiver.fixture.ts'
import { type Hook, mortal, openHook } from './webhook.fixture.ts'

function bodies({ receiver }: Hook): { notification_id: string; missed?: unknown; replaces?: string[] }[] {
  return [...receiver.accepted.values()].map((body) => JSON.parse(body) as ReturnType<typeof bodies>[number])
}

/** One that stands at 0, of which e1 and e2 are no longer kept and e3 is. */
async function fallenBehind(): Promise<Hook> {
  const hook = await openHook()
  await hook.settle()
  await hook.world.apply([[track(ANN, 'e1')]])
  await hook.world.applyAndPrune([[track(BOB, 'e2')]])
  await hook.world.apply([[track(ANN, 'e3')]])
  await hook.settle()
  return hook
}

describe('a webhook that has fallen behind what is kept', () => {
  test('stops, tells nothing, and says what it needs, also after a restart', async () => {
    const { settle, statuses, receiver } = await fallenBehind()
    for (let life = 0; life < 2; life++) {
      expect(statuses.at(-1)).toMatchObject({
        state: 'stopped',
        lastError: { message: expect.stringMatching(/kept from position 2 on\.$/) as string },
        stopped: { code: 'cursor_expired', hint: expect.stringMatching(/resume crm --from start .* --from now/) as string },
      })
      await settle()
    }
    expect(receiver.attempts).toEqual([])
  })

  test.each([
    ['start', ['e3', 'e4'], { after: 0, through: 2 }],
    ['now', ['e4'], { after: 0, through: 3 }],
  ] as const)('goes on from %s, and tells the receiver of the gap, once', async (from, told, missed) => {
    const hook = await fallenBehind()
    const { world, settle, statuses, receiver } = hook
    await orderResuming(world.store, 'crm', { id: 'one', from })
    await settle()
    await world.apply([[track(BOB, 'e4')]])
    if (from === 'now') expect(statuses.at(-1)).toMatchObject({ state: 'running', missed })
    await settle()
    await world.apply([[track(BOB, 'e5')]])
    await settle()
    expect(receiver.eventIds).toEqual([...told, 'e5'])
    const [first, ...others] = bodies(hook)
    expect(first).toMatchObject({ missed })
    expect(others.filter((body) => 'missed' in body)).toEqual([])
    expect(statuses.at(-1)).toMatchObject({ state: 'running', position: 5, lag: 0 })
    expect(statuses.at(-1)).not.toHaveProperty('missed')
    expect(statuses.at(-1)).not.toHaveProperty('stopped')
  })

  test('leaves out nothing twice when an order is there that it has obeyed, whoever dies when', async () => {
    const hook = await fallenBehind()
    const { world, settle } = hook
    await orderResuming(world.store, 'crm', { id: 'one', from: 'now' })
    await expect(settle({ store: mortal(world.store, { at: 1, afterwards: true }) })).rejects.toThrow('killed')
    await world.apply([[track(BOB, 'e4')]])
    await settle()
    await settle()
    expect(hook.receiver.eventIds).toEqual(['e4'])
    expect(bodies(hook)[0]).toMatchObject({ missed: { after: 0, through: 3 } })
  })
})

describe('a webhook whose receiver has refused', () => {
  test('goes on where it stands as soon as it is told to', async () => {
    const { world, start, statuses, receiver } = await openHook()
    receiver.answers.push(answering(410))
    await world.apply([[track(ANN, 'e1')]])
    start()
    await expect.poll(() => statuses.at(-1)?.state).toBe('stopped')
    await orderResuming(world.store, 'crm', { id: 'one' })
    await world.apply([[track(BOB, 'e2')]])
    await receiver.until(({ eventIds }) => eventIds.length === 2)
    expect(receiver.eventIds).toEqual(['e1', 'e2'])
    await expect.poll(() => statuses.at(-1)).toEqual({ state: 'running', position: 2, lag: 0, notifications: 2 })
  })

  test('goes on from now if that is wanted, and says what it leaves out', async () => {
    const hook = await openHook()
    const { world, settle, receiver } = hook
    receiver.answers.push(answering(400))
    await world.apply([[track(ANN, 'e1')]])
    await settle()
    await orderResuming(world.store, 'crm', { id: 'one', from: 'now' })
    await settle()
    await world.apply([[track(BOB, 'e2')]])
    await settle()
    expect(receiver.eventIds).toEqual(['e2'])
    expect(bodies(hook)).toMatchObject([{ missed: { after: 0, through: 1 } }])
  })
})
