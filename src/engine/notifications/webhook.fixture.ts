/** A webhook with a real receiver, over outputs that a test commits by hand, in as many lives of Millrace as wanted. */
import { onTestFinished } from 'vitest'
import { seededRandom } from '../../base/random.ts'
import type { Store } from '../../store/store.ts'
import { ANN, BOB, entityDocuments, World } from './notifications.fixture.ts'
import { deliverNotifications, type WebhookOptions, type WebhookStatus } from './webhook-delivery.ts'
import { Receiver } from './webhook-receiver.fixture.ts'

export type Hook = {
  world: World
  receiver: Receiver
  statuses: WebhookStatus[]
  /** One life of Millrace, until everything is told. */
  settle: (more?: Partial<WebhookOptions>) => Promise<void>
  /** Until the test ends. */
  start: (more?: Partial<WebhookOptions>) => void
}

let seed = 1

export async function openHook(options: Partial<WebhookOptions> = {}): Promise<Hook> {
  const world = await World.open()
  await world.apply(
    [],
    [ANN, BOB].flatMap((id) => entityDocuments('user', id, {})),
  )
  const receiver = await Receiver.open()
  const statuses: WebhookStatus[] = []
  const optionsOf = (more: Partial<WebhookOptions>): WebhookOptions => ({
    name: 'crm',
    target: { url: receiver.url, headers: { authorization: 'Bearer x', 'content-type': 'text/plain' }, secret: 'whsec_c2VjcmV0' },
    filter: {},
    batch: 100,
    begin: 'start',
    reader: world.reader(),
    store: world.store,
    clock: world.clock,
    random: seededRandom(seed++),
    fetch,
    waitForMore: world.waitForMore,
    report: (status) => statuses.push(status),
    ...options,
    ...more,
  })
  const settle = (more = {}) => deliverNotifications(optionsOf(more), new AbortController().signal, { untilIdle: true })
  const start = (more = {}) => {
    const ending = new AbortController()
    const ended = deliverNotifications(optionsOf(more), ending.signal)
    onTestFinished(async () => {
      ending.abort()
      await ended
    })
  }
  return { world, receiver, statuses, settle, start }
}

/** A store that dies at the n-th write of a cursor, before or after it. */
export function mortal(store: Store, dies: { at: number; afterwards: boolean }): Store {
  let writes = 0
  return new Proxy(store, {
    get: (target, name: keyof Store) => {
      if (name !== 'saveCursor') return target[name].bind(target)
      return async (...args: Parameters<Store['saveCursor']>) => {
        const isLast = ++writes === dies.at
        if (isLast && !dies.afterwards) throw new Error('killed')
        await target.saveCursor(...args)
        if (isLast) throw new Error('killed')
      }
    },
  })
}
