import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Membership } from './membership.ts'

test('what is entered and left, in any order, is what is remembered, also after it was written and read', () => {
  const segment = fc.constantFrom('a', 'b', 'aa', 'a-b', 'A', 'zz_1', '~users', '10', 'm1', '0')
  const since = fc.option(fc.integer({ min: 0, max: 4e12 }), { nil: undefined })
  fc.assert(
    fc.property(fc.array(fc.tuple(segment, since)), (steps) => {
      const naive = new Map<string, number>()
      let membership = Membership.none
      for (const [id, at] of steps) {
        naive.delete(id)
        if (at !== undefined) naive.set(id, at)
        membership = Membership.read(membership.with(id, at).write())
      }
      expect(membership.entries()).toEqual([...naive])
      expect(membership.isEmpty).toBe(naive.size === 0)
      for (const [id] of steps) {
        expect(membership.since(id)).toBe(naive.get(id))
        expect(membership.has(id)).toBe(naive.has(id))
      }
    }),
  )
})

test('a membership is written as JSON', () => {
  const membership = Membership.of([
    ['vip', 1_700_000_000_000],
    ['trial-ending', 0],
  ])
  expect(JSON.parse(membership.write())).toBe(' vip=loyw3v28 trial-ending=0 ')
  expect(membership.segments()).toEqual(['vip', 'trial-ending'])
})
