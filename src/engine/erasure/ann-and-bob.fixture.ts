/** Two people for tests of erasures: Ann, who is to be forgotten, and Bob, who stays; her traces are everywhere. */
import type { TrackedEvent } from '../../model/event/event.ts'
import type { QuarantinedItem } from '../../model/event/quarantine.ts'
import { event } from '../profiles/profiles.fixture.ts'
import { newWorld, type World } from './erasure.fixture.ts'

export const ANN = {
  userId: 'ann-0123456789abcdef',
  email: 'ann.secret@example.com',
  anonymous: ['anon-1111-2222-3333-a', 'anon-1111-2222-3333-b'],
  phrase: 'only Ann says this',
}
export const BOB = { userId: 'bob', email: 'bob@example.com' }
export const ANNS_TEXTS = [ANN.userId, ANN.email, ...ANN.anonymous, ANN.phrase, 'ANN.Secret@Example.com']

export const byEmail = { kind: 'user', isDryRun: false, identifier: { kind: 'email', value: ' ANN.Secret@Example.com' } } as const

export function item(id: string, raw: unknown): QuarantinedItem {
  const text = typeof raw === 'string' ? raw : JSON.stringify(raw)
  const receivedAt = '2026-03-01T08:00:00.000Z'
  return { id, source: 'web', receivedAt, code: 'event_invalid', message: 'It is none.', pointer: '', raw: text }
}

/** Ann and Bob in turn, alone and together in entries, large ones (compressed) and small ones. */
function entries(): { events: TrackedEvent[]; items?: QuarantinedItem[] }[] {
  const [first, second] = ANN.anonymous as [string, string]
  const filler = (i: number) => event({ ...BOB_EVENT, name: `Viewed ${i}`, properties: { page: `/products/${i}`, i } })
  return [
    { events: [event({ anonymousId: first, name: 'Landed' })] },
    { events: [event({ type: 'identify', userId: BOB.userId, traits: { email: BOB.email } }), filler(0)] },
    { events: [event({ anonymousId: second, name: 'Looked', properties: { text: ANN.phrase } })] },
    {
      events: [
        filler(1),
        event({
          type: 'identify',
          userId: ANN.userId,
          anonymousId: first,
          traits: { email: 'ANN.Secret@Example.com', plan: 'pro' },
        }),
        ...Array.from({ length: 30 }, (_, i) => filler(i)),
        event({ userId: ANN.userId, name: 'Bought', properties: { price: 3 } }),
      ],
      items: [
        item('a'.repeat(24), { type: 'identify', userId: 7, context: { traits: { email: ANN.email } } }),
        item('b'.repeat(24), { type: 'track', userId: BOB.userId }),
      ],
    },
    { events: [event({ type: 'alias', userId: ANN.userId, previousId: second })] },
    { events: [filler(2)], items: [item('c'.repeat(24), `{"broken": "${ANN.userId}"`)] },
    { events: [event({ type: 'group', userId: ANN.userId, groupId: 'acme', traits: { name: 'Acme' } })] },
    { events: [event({ ...BOB_EVENT, name: 'Invited', properties: { invited: [`Ann <${ANN.email}>`] } }), filler(3)] },
  ]
}

const BOB_EVENT = { userId: BOB.userId, source: 'web' }

/** Four of the entries are in the lake, the next ones in the outputs. */
export async function settledWorld(): Promise<World> {
  const world = await newWorld()
  const all = entries()
  for (const { events, items } of all.slice(0, 4)) await world.send(events, items)
  await world.apply()
  await world.file()
  for (const { events, items } of all.slice(4)) await world.send(events, items)
  await world.apply()
  return world
}
