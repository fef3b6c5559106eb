import { describe, expect, test } from 'vitest'
import type { EventSketch } from '../../profiles/profiles.fixture.ts'
import { resolveReferences } from './member-references.ts'
import { SegmentWorld } from './segment-world.fixture.ts'

const PEOPLE: EventSketch[] = [
  { type: 'identify', userId: 'ada', anonymousId: 'a1', traits: { email: 'ada@acme.com' } },
  { type: 'identify', userId: 'bob', traits: { email: 'bob@acme.com' } },
  { type: 'identify', anonymousId: 'bob' },
  { type: 'page', anonymousId: 'phone' },
  { type: 'page', anonymousId: 'laptop' },
]

async function resolve(world: SegmentWorld, refs: string[]) {
  const { store, profiles } = world.reader
  return await resolveReferences(refs, { store, identity: profiles.identity, kind: 'user' })
}

describe('many references at once', () => {
  test('lead to whom each leads by itself', async () => {
    const world = await SegmentWorld.open(...PEOPLE)
    const laptop = await world.idOf('user', 'laptop')
    // In two steps, so that ids lead on and on.
    await world.send(
      { type: 'identify', userId: 'cyd', anonymousId: 'phone' },
      { type: 'alias', userId: 'cyd', previousId: 'laptop' },
    )
    const refs = [
      'ada',
      'email:ADA@acme.com',
      'anonymous_id:bob',
      'bob',
      'phone',
      'laptop',
      laptop,
      `id:${laptop}`,
      'nobody',
      '',
      'id:x',
      'a'.repeat(24),
    ]
    const found = await resolve(world, refs)
    const one = await Promise.all(refs.map(async (ref) => (await world.reader.profiles.lookup.find('user', ref))?.id))
    expect(found).toEqual(one)
    expect(found.map((id) => id === undefined)).toEqual([...Array<boolean>(8).fill(false), true, true, true, true])
    expect(found[2]).not.toBe(found[3])
    expect(found[6]).toBe(found[4])
    expect(await resolve(world, [laptop])).toEqual([found[4]])
  })

  test('are more than one load takes', async () => {
    const world = await SegmentWorld.open(...PEOPLE)
    const refs = Array.from({ length: 2_500 }, (_, i) => (i === 2_400 ? 'ada' : `nobody-${i}`))
    const found = await resolve(world, refs)
    expect(found.flatMap((id, i) => (id === undefined ? [] : [i]))).toEqual([2_400])
  })
})
