/** Identity over random histories: the order of events makes no difference, and no entity ever has two external ids. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonObject } from '../../base/json.ts'
import type { TrackedEvent } from '../../model/event/event.ts'
import { event, openProfiles } from './profiles.fixture.ts'

const identify = (members: Parameters<typeof event>[0]) => event({ type: 'identify', ...members })

/** Identifiers of a few people, and events that each name some of one person's, with a trait or two. */
const histories = fc
  .array(
    fc.record({
      person: fc.integer({ min: 0, max: 2 }),
      claims: fc.subarray(['external', 'email0', 'email1', 'anonymous0', 'anonymous1', 'anonymous2'], { minLength: 1 }),
      traits: fc.dictionary(fc.constantFrom('plan', 'city', 'visits'), fc.integer({ min: 0, max: 9 })),
    }),
    { minLength: 1, maxLength: 14 },
  )
  .chain((events) => fc.tuple(fc.constant(events), fc.shuffledSubarray([...events.keys()], { minLength: events.length })))

type Sketch = { person: number; claims: string[]; traits: Record<string, number> }

/** A client has one id of a kind at a time; the rest are other ids of the same person. */
function toEvent({ person, claims, traits }: Sketch, at: number): TrackedEvent {
  const claimed = claims.map((claim) => ({
    kind: claim.startsWith('email') ? 'email' : claim.startsWith('anonymous') ? 'anonymous_id' : 'external_id',
    value: claim.startsWith('email') ? `p${person}-${claim}@example.com` : `p${person}-${claim}`,
  }))
  const operations = Object.entries(traits).map(([name, value]): [string, number | JsonObject] => [
    name,
    name === 'visits' ? { operation: 'inc', value } : value,
  ])
  return { ...identify({ at, traits: Object.fromEntries(operations) }), claims: claimed }
}

/** The naive model: people are what is connected by shared identifiers; a trait is what the newest event says, counters are sums. */
function naive(events: readonly TrackedEvent[]): { identifiers: string[]; traits: JsonObject }[] {
  let people: { ids: Set<string>; events: TrackedEvent[] }[] = []
  for (const one of events) {
    const ids = new Set(one.claims?.map(({ kind, value }) => `${kind}=${value}`))
    const same = people.filter((person) => !person.ids.isDisjointFrom(ids))
    people = people.filter((person) => !same.includes(person))
    people.push({
      ids: same.reduce((all, person) => all.union(person.ids), ids),
      events: [...same.flatMap((person) => person.events), one],
    })
  }
  return people.map(({ ids, events: own }) => {
    const traits: JsonObject = {}
    for (const one of own.toSorted((a, b) => (a.occurredAt < b.occurredAt ? -1 : 1))) {
      for (const [name, value] of Object.entries(one.traits ?? {})) {
        const added = typeof value === 'object' && value !== null && 'value' in value ? Number(value['value']) : undefined
        traits[name] = added === undefined ? value : Number(traits[name] ?? 0) + added
      }
    }
    return { identifiers: [...ids].toSorted(), traits }
  })
}

test('whatever the order in which events arrive, people and their traits are those of the naive model', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async ([sketches, order]) => {
      const events = sketches.map(toEvent)
      const profiles = await openProfiles()
      for (const i of order) await profiles.send(events[i] as TrackedEvent)
      await profiles.settle()
      for (const expected of naive(events)) {
        for (const identifier of expected.identifiers) {
          const [kind = '', value = ''] = identifier.split('=')
          const found = await profiles.find('user', kind, value)
          expect({ identifiers: found?.identifiers, traits: found?.traits }).toEqual(expected)
        }
      }
    }),
    { numRuns: 150 },
  )
}, 60_000)

test('no entity ever has two external ids, whatever is claimed', async () => {
  const claims = fc.array(
    fc.record({
      userId: fc.option(fc.constantFrom('u1', 'u2', 'u3'), { nil: undefined }),
      anonymousId: fc.constantFrom('a1', 'a2', 'a3'),
      email: fc.option(fc.constantFrom('x@example.com', 'y@example.com'), { nil: undefined }),
      previousId: fc.option(fc.constantFrom('a1', 'a2', 'u1', 'u2'), { nil: undefined }),
    }),
    { maxLength: 12 },
  )
  await fc.assert(
    fc.asyncProperty(claims, async (sketches) => {
      const profiles = await openProfiles()
      for (const { userId, anonymousId, email, previousId } of sketches) {
        const members = { anonymousId, ...(userId && { userId }), ...(email && { traits: { email } }) }
        await profiles.send(event({ ...members, ...(previousId ? { type: 'alias', previousId } : { type: 'identify' }) }))
      }
      await profiles.settle()
      const sent = new Set(sketches.flatMap(({ userId }) => userId ?? []))
      for (const userId of sent) {
        const found = await profiles.find('user', 'external_id', userId)
        const externals = found?.identifiers.filter((identifier) => identifier.startsWith('external_id='))
        expect(externals).toEqual([`external_id=${userId}`])
      }
    }),
    { numRuns: 100 },
  )
}, 60_000)
