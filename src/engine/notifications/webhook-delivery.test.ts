import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ANN, BOB, changed, entityDocuments, idOf, stateDocument, T0, track } from './notifications.fixture.ts'
import { answering, accept, dying, type Receiver } from './webhook-receiver.fixture.ts'
import { slowestTold, WebhookMemory } from './webhook-state.ts'
import { mortal, openHook } from './webhook.fixture.ts'

test('what comes is posted as it comes, with a key, a signature and the headers of the catalog', async () => {
  const { world, receiver, start, statuses } = await openHook()
  start()
  await world.apply([[track(ANN, 'e1')]])
  await receiver.until(({ eventIds }) => eventIds.length === 1)
  await world.apply([[track(BOB, 'e2')], [track(ANN, 'e3')]])
  await receiver.until(({ eventIds }) => eventIds.length === 3)
  expect(receiver.eventIds).toEqual(['e1', 'e2', 'e3'])
  const [first] = receiver.attempts
  const { headers, body = '' } = first ?? {}
  expect(headers).toMatchObject({ authorization: 'Bearer x', 'content-type': 'application/json' })
  expect(JSON.parse(body)).toMatchObject({
    notification_id: headers?.['idempotency-key'],
    notifications: [{ channel: 'user:update' }],
  })
  const signed = `${String(headers?.['webhook-id'])}.${String(headers?.['webhook-timestamp'])}.${body}`
  expect(headers?.['webhook-signature']).toBe(`v1,${createHmac('sha256', 'secret').update(signed).digest('base64')}`)
  expect(headers?.['webhook-id']).toBe(headers?.['idempotency-key'])
  await expect.poll(() => statuses.at(-1)).toEqual({ state: 'running', position: 3, lag: 0, notifications: 3 })
})

describe('while a receiver is away', () => {
  test.each<[string, Parameters<Receiver['answers']['push']>[0], RegExp]>([
    ['that answers 500', answering(500), /answered 500: because of that\.$/],
    ['that answers 408', answering(408), /answered 408/],
    ['that does not answer', () => {}, /did not answer in time\.$/],
    ['that breaks the connection', (response) => response.destroy(), /could not be reached/],
  ])('%s, the same body is posted again under the same key, and the status says why', async (_name, answer, message) => {
    const { world, receiver, start, statuses } = await openHook({ timeoutMs: 200 })
    receiver.answers.push(answer, answer)
    await world.apply([[track(ANN, 'e1')]])
    start()
    for (const pauseMs of [1_000, 2_000]) {
      await expect.poll(() => world.clock.sleeping).toBe(1)
      expect(statuses.at(-1)).toMatchObject({
        state: 'retrying',
        lastError: { message: expect.stringMatching(message) as string },
      })
      world.clock.advance(pauseMs)
    }
    await receiver.until(({ accepted }) => accepted.size === 1)
    expect(receiver.attempts).toHaveLength(3)
    expect(new Set(receiver.attempts.map(({ key, body }) => `${key} ${body}`)).size).toBe(1)
    await expect.poll(() => statuses.at(-1)).toEqual({ state: 'running', position: 1, lag: 0, notifications: 1 })
    expect(JSON.stringify(statuses)).not.toMatch(/secret|Bearer/)
  })

  test('what comes meanwhile is told in fewer, larger notifications', async () => {
    const { world, receiver, start } = await openHook()
    receiver.answers.push(answering(503))
    await world.apply([[track(ANN, 'e1')]])
    start()
    await expect.poll(() => world.clock.sleeping).toBe(1)
    for (let i = 2; i <= 10; i++) await world.apply([[track(ANN, `e${i}`)]])
    world.clock.advance(1_000)
    await receiver.until(({ eventIds }) => eventIds.length === 10)
    expect(receiver.accepted.size).toBe(2)
  })

  test.each([
    ['in seconds', '120', 120_000],
    ['by a date', new Date(T0 + 90_000).toUTCString(), 90_000],
    ['for longer than an hour', '86400', 3_600_000],
    ['in words that mean nothing', 'soon', 1_000],
    ['by a date that is over', new Date(T0 - 1_000).toUTCString(), 1_000],
  ])('it is left alone for as long as it asks %s', async (_how, retryAfter, pauseMs) => {
    const { world, receiver, start } = await openHook()
    receiver.answers.push(answering(429, { 'retry-after': retryAfter }))
    await world.apply([[track(ANN, 'e1')]])
    start()
    await expect.poll(() => world.clock.sleeping).toBe(1)
    world.clock.advance(pauseMs - 1)
    expect(world.clock.sleeping).toBe(1)
    world.clock.advance(1)
    await receiver.until(({ accepted }) => accepted.size === 1)
  })

  test('whoever is erased is not sent to it afterwards', async () => {
    const { world, receiver, start } = await openHook()
    receiver.answers.push(answering(500))
    await world.apply([[track(ANN, 'e1'), track(BOB, 'e2')]])
    start()
    await expect.poll(() => world.clock.sleeping).toBe(1)
    const [attempt] = receiver.attempts
    expect(attempt?.body).toContain(ANN)
    await world.apply([[changed('user', ANN, { isErased: true })]], [stateDocument('user', ANN, undefined)])
    world.clock.advance(1_000)
    await receiver.until(({ eventIds }) => eventIds.length === 1)
    expect(receiver.eventIds).toEqual(['e2'])
    await receiver.until(({ notifications }) => notifications.some(({ channel }) => channel === 'user:delete'))
    expect(receiver.accepted.has(attempt?.key ?? '')).toBe(false)
  })
})

describe('a receiver that refuses', () => {
  test.each([400, 401, 404, 410, 301])(
    'with %i stops the webhook, and is told all of it when Millrace starts again',
    async (status) => {
      const { world, receiver, settle, statuses } = await openHook()
      receiver.answers.push(answering(status))
      await world.apply([[track(ANN, 'e1')]])
      await settle()
      expect(receiver.attempts).toHaveLength(1)
      expect(statuses.at(-1)).toMatchObject({
        state: 'stopped',
        position: 0,
        lag: 1,
        lastError: { attempts: 1 },
        stopped: { code: 'webhook_refused', hint: expect.stringContaining('millrace notifications resume crm') as string },
      })
      // What was refused is kept nowhere.
      expect(await new WebhookMemory(world.store, 'crm').loadBody()).toBeUndefined()
      await world.apply([[track(ANN, 'e2')]])
      await settle()
      expect(receiver.eventIds).toEqual(['e1', 'e2'])
      expect(new Set(receiver.attempts.map(({ key }) => key)).size).toBe(2)
      expect(statuses.at(-1)).toMatchObject({ state: 'running', position: 2 })
    },
  )

  test('is not asked again while Millrace runs, and the lag goes on being told', async () => {
    const { world, receiver, start, statuses } = await openHook()
    receiver.answers.push(answering(400))
    await world.apply([[track(ANN, 'e1')]])
    start()
    await expect.poll(() => statuses.at(-1)?.state).toBe('stopped')
    await world.apply([[track(ANN, 'e2')]])
    await expect.poll(() => statuses.at(-1)?.lag).toBe(2)
    expect(receiver.attempts).toHaveLength(1)
  })
})

test('a body that was received is not sent again, though Millrace died before it could forget it', async () => {
  const { world, receiver, settle } = await openHook()
  await world.apply([[track(ANN, 'e1')]])
  // Its state at first, the body, and that it was received.
  const store = mortal(world.store, { at: 3, afterwards: true })
  await expect(settle({ store })).rejects.toThrow('killed')
  expect(await new WebhookMemory(world.store, 'crm').loadBody()).toBeDefined()
  await settle()
  expect(receiver.attempts).toHaveLength(1)
  expect(await new WebhookMemory(world.store, 'crm').loadBody()).toBeUndefined()
})

test('a body that was received is kept nowhere', async () => {
  const { world, settle } = await openHook()
  await world.apply([[track(ANN, 'e1')]])
  await settle()
  expect(await world.store.loadCursor('notifications/crm/body')).toBe('')
})

describe('a webhook', () => {
  test('begins now, if the catalog says so, and keeps its place', async () => {
    const { world, receiver, settle } = await openHook({ begin: 'now' })
    await world.apply([[track(ANN, 'e1')]])
    await settle()
    await world.apply([[track(ANN, 'e2')]])
    await settle()
    expect(receiver.eventIds).toEqual(['e2'])
  })

  test('is told what its filter wants, in bodies of so many', async () => {
    const { world, receiver, settle } = await openHook({ batch: 3, filter: { channels: ['user:update'] } })
    const users = Array.from({ length: 10 }, (_, i) => idOf('user', 100 + i))
    const documents = [...users.flatMap((id) => entityDocuments('user', id, {})), ...entityDocuments('account', BOB, {})]
    await world.apply([...users.map((id) => [track(id, id)]), [changed('account', BOB, { isNew: true })]], documents)
    await settle()
    expect(receiver.eventIds).toEqual(users)
    const sizes = [...receiver.accepted.values()].map(
      (body) => (JSON.parse(body) as { notifications: unknown[] }).notifications.length,
    )
    expect(Math.max(...sizes)).toBe(3)
  })

  test('of which the filter leaves nothing remembers now and then how far it is', async () => {
    const { world, start } = await openHook({ filter: { channels: ['user:delete'] } })
    start()
    await expect.poll(() => world.followers).toBe(1)
    const told = () => slowestTold(world.store, ['crm', 'another'])
    expect(await told()).toBe(0)
    await world.apply([[track(ANN, 'e1')]])
    world.clock.advance(60_000)
    await world.apply([[track(ANN, 'e2')]])
    await expect.poll(told).toBe(2)
  })
})

test('whatever dies when, each body arrives, the same under its key, and all together tell everything once', async () => {
  const life = fc.record({
    events: fc.array(fc.constantFrom(ANN, BOB), { maxLength: 4 }),
    dies: fc.option(fc.record({ at: fc.integer({ min: 1, max: 8 }), afterwards: fc.boolean() }), { nil: undefined }),
    receiver: fc.array(fc.constantFrom('accept', 'die', 'refuse'), { maxLength: 3 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 3 }), async (lives, batch) => {
      const { world, receiver, settle } = await openHook({ batch })
      const sent: string[] = []
      // Time passes whenever somebody waits for it.
      const clock = { now: () => world.clock.now(), sleep: async () => {} }
      for (const { events, dies, receiver: answers } of lives) {
        for (const user of events) {
          sent.push(`e${sent.length}`)
          await world.apply([[track(user, sent.at(-1) ?? '')]])
        }
        receiver.answers.splice(0)
        receiver.answers.push(
          ...answers.map((what) => (what === 'accept' ? accept : what === 'die' ? dying(receiver) : answering(400))),
        )
        const store = dies ? mortal(world.store, dies) : world.store
        await settle({ store, clock }).catch((error: unknown) => expect(String(error)).toContain('killed'))
      }
      receiver.answers.splice(0)
      await settle({ clock })
      expect(receiver.eventIds.toSorted()).toEqual(sent.toSorted())
      const bodies = new Map<string, string>()
      for (const { key, body } of receiver.attempts) {
        expect(bodies.get(key) ?? body).toBe(body)
        bodies.set(key, body)
      }
    }),
    { numRuns: 60 },
  )
})
