import { describe, expect, test } from 'vitest'
import { ANN, BOB, changed, stateDocument, track } from './notifications.fixture.ts'
import { WebhookBodies } from './webhook-bodies.ts'
import { answering, dying, type Receiver } from './webhook-receiver.fixture.ts'
import { type Hook, openHook } from './webhook.fixture.ts'

const ERASE_ANN = [[changed('user', ANN, { isErased: true })]]

/** Bob invites Ann: an event of his own that names her, which an erasure takes out of the outputs. */
const INVITATION = track(BOB, 'e2', { properties: { invited: 'ann@acme.com' } })

async function eraseAnn({ world }: Hook): Promise<number> {
  await world.erase('ann@acme.com')
  await world.apply(ERASE_ANN, [stateDocument('user', ANN, undefined)])
  return world.position
}

function erasing({ world }: Hook, webhooks: readonly string[]) {
  let wakes = 0
  const bodies = new WebhookBodies({ store: world.store, webhooks, wake: () => wakes++ })
  return { forget: (through: number) => bodies.forget(through), wakes: () => wakes }
}

function bodyOf(receiver: Receiver, attempt: number): { notification_id: string; replaces?: string[] } {
  return JSON.parse(receiver.attempts.at(attempt)?.body ?? '') as { notification_id: string; replaces?: string[] }
}

describe('after an erasure, a body that was made before', () => {
  test('goes while the receiver is left alone, and another takes its place that says so', async () => {
    const hook = await openHook()
    const { world, receiver, start, statuses } = hook
    receiver.answers.push(answering(429, { 'retry-after': '3600' }))
    await world.apply([[track(ANN, 'e1'), INVITATION, track(BOB, 'e3')]])
    start()
    await expect.poll(() => world.clock.sleeping).toBe(1)
    const through = await eraseAnn(hook)
    const { forget } = erasing(hook, ['crm'])
    expect(await forget(through)).toBe(false)
    // The engine wakes it.
    await world.apply([[track(BOB, 'e4')]])
    await expect.poll(() => forget(through)).toBe(true)
    expect(await world.store.loadCursor('notifications/crm/body')).toBe('')
    // It is left alone for as long as it has asked for all the same.
    world.clock.advance(3_599_999)
    expect(receiver.attempts).toHaveLength(1)
    world.clock.advance(1)
    await receiver.until(({ accepted }) => accepted.size === 1)
    expect(receiver.eventIds).toEqual(['e3', 'e4'])
    const [first, second] = [bodyOf(receiver, 0), bodyOf(receiver, 1)]
    expect(second.replaces).toEqual([first.notification_id])
    expect(second.notification_id).not.toBe(first.notification_id)
    await expect.poll(() => statuses.at(-1)).toMatchObject({ state: 'running', erasedThrough: through })
  })

  test('goes though Millrace is started anew, and though it may have arrived', async () => {
    const hook = await openHook()
    const { world, receiver, settle, start } = hook
    receiver.answers.push(dying(receiver))
    await world.apply([[INVITATION]])
    const ending = new AbortController()
    await expect(
      settle({
        fetch: async (...args) => await fetch(...args).finally(() => ending.abort(new Error('gone'))),
        clock: dead(ending),
      }),
    ).rejects.toThrow('gone')
    const through = await eraseAnn(hook)
    const { forget } = erasing(hook, ['crm'])
    expect(await forget(through)).toBe(false)
    await world.apply([[track(BOB, 'e3')]])
    start()
    await expect.poll(() => forget(through)).toBe(true)
    await receiver.until(({ attempts }) => attempts.length === 2)
    expect(receiver.attempts.at(1)?.body).not.toContain('ann@acme.com')
    expect(bodyOf(receiver, 1).replaces).toEqual([bodyOf(receiver, 0).notification_id])
  })

  test('stays when it was made after the erasure: it tells nothing of who is gone', async () => {
    const hook = await openHook()
    const { world, receiver, start } = hook
    const through = await eraseAnn(hook)
    receiver.answers.push(answering(500))
    await world.apply([[track(BOB, 'e3')]])
    start()
    await expect.poll(() => world.clock.sleeping).toBe(1)
    const { forget } = erasing(hook, ['crm'])
    await forget(through)
    await world.apply([[track(BOB, 'e4')]])
    await expect.poll(() => forget(through)).toBe(true)
    world.clock.advance(1_000)
    await receiver.until(({ accepted }) => accepted.size === 2)
    expect(receiver.attempts[0]?.body).toBe(receiver.attempts[1]?.body)
    expect(receiver.eventIds).toEqual(['e3', 'e4'])
  })
})

describe('an erasure waits', () => {
  test('for every webhook that was ever told something, and wakes them', async () => {
    const hook = await openHook()
    await hook.settle()
    const { forget, wakes } = erasing(hook, ['crm', 'never-started'])
    expect(await forget(4)).toBe(false)
    expect(wakes()).toBe(1)
    await hook.settle()
    expect(await forget(4)).toBe(true)
    expect(await forget(5)).toBe(false)
    expect(await forget(4)).toBe(true)
  })

  test('for a stopped one as well, which has nothing and says so', async () => {
    const hook = await openHook()
    const { world, receiver, start, statuses } = hook
    receiver.answers.push(answering(400))
    await world.apply([[INVITATION]])
    start()
    await expect.poll(() => statuses.at(-1)?.state).toBe('stopped')
    const through = await eraseAnn(hook)
    const { forget } = erasing(hook, ['crm'])
    await forget(through)
    await world.apply([[track(BOB, 'e3')]])
    await expect.poll(() => forget(through)).toBe(true)
    expect(receiver.attempts).toHaveLength(1)
  })

  test('for none that the catalog no longer has: its body is deleted, its key never used again, its place kept', async () => {
    const hook = await openHook()
    const { world, receiver, settle } = hook
    const ending = new AbortController()
    receiver.answers.push(answering(500))
    await world.apply([[INVITATION]])
    await expect(settle({ clock: dead(ending) })).rejects.toThrow('gone')
    expect(await world.store.loadCursor('notifications/crm/body')).toContain('ann@acme.com')
    const through = await eraseAnn(hook)
    expect(await erasing(hook, ['another']).forget(through)).toBe(true)
    expect(await world.store.loadCursor('notifications/crm/body')).toBe('')
    await world.apply([[track(BOB, 'e3')]])
    await settle()
    expect(receiver.eventIds).toEqual(['e3'])
    expect(bodyOf(receiver, 1).replaces).toEqual([bodyOf(receiver, 0).notification_id])
  })
})

/** The process dies as soon as anybody waits. */
function dead(ending: AbortController) {
  return {
    now: () => 0,
    sleep: () => {
      ending.abort()
      return Promise.reject(new Error('gone'))
    },
  }
}
