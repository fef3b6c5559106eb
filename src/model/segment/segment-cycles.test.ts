import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { MemberPredicate, Predicate } from './predicate.ts'
import { cycleText, placeOfReference, segmentCycles, segmentsIn, type SegmentLinks } from './segment-cycles.ts'

const member = (...segments: string[]): MemberPredicate => ({ is: 'member', owner: 'self', segments, negated: false, at: '' })
const definition = (id: string, ...of: Predicate[]): SegmentLinks => ({ id, predicate: { is: 'all', of, at: '' } })

test('a cycle is named once, in its order', () => {
  const definitions = [
    definition('x', member('a')),
    definition('a', member('b')),
    definition('b', member('c')),
    definition('c', member('a')),
  ]
  expect(segmentCycles(definitions)).toEqual([['a', 'b', 'c']])
  expect(cycleText(['a', 'b', 'c'])).toBe('"a" → "b" → "c" → "a"')
})

test('a segment that asks for itself is one', () => {
  expect(segmentCycles([definition('a', member('b', 'a')), { id: 'b' }])).toEqual([['a']])
})

test('two ways to the same segment are none, nor is one that does not exist', () => {
  const definitions = [
    definition('a', member('b', 'c')),
    definition('b', member('d')),
    definition('c', member('d', 'gone')),
    { id: 'd' },
  ]
  expect(segmentCycles(definitions)).toEqual([])
})

test('users of accounts and groups are looked into', () => {
  const inner: Predicate = { is: 'any', of: [member('active')], at: '' }
  const users: Predicate = { is: 'users', segment: '~1', predicate: inner, count: { min: 1, max: null, negated: false }, at: '' }
  const definitions = [definition('big', users), definition('active', { is: 'none', of: [member('big')], at: '' })]
  expect(segmentsIn({ is: 'all', of: [users, member('active')], at: '' })).toEqual(['active'])
  expect(segmentCycles(definitions)).toEqual([['big', 'active']])
})

test('the place where one is asked for is told', () => {
  const inner: Predicate = { is: 'any', of: [{ ...member('active'), at: '/users/0' }], at: '' }
  const users: Predicate = { is: 'users', segment: '~1', predicate: inner, count: { min: 1, max: null, negated: false }, at: '' }
  const rule: Predicate = { is: 'all', of: [users, { ...member('vip', 'active'), at: '/1' }], at: '' }
  expect(placeOfReference(rule, 'active')).toBe('/users/0/options/value')
  expect(placeOfReference(rule, 'vip')).toBe('/1/options/value')
  expect(placeOfReference(rule, 'gone')).toBeUndefined()
})

/** Reachable from its own links. */
function isOnCycle(id: string, links: ReadonlyMap<string, readonly string[]>): boolean {
  const reached = new Set(links.get(id))
  for (const next of reached) for (const further of links.get(next) ?? []) reached.add(further)
  return reached.has(id)
}

test('there is a cycle exactly when a segment can be reached from itself, and each that is named is one', () => {
  const ids = ['a', 'b', 'c', 'd', 'e']
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...ids), fc.constantFrom(...ids)), { maxLength: 8 }), (edges) => {
      const links = new Map(ids.map((id) => [id, edges.flatMap(([from, to]) => (from === id ? [to] : []))]))
      const cycles = segmentCycles(ids.map((id) => definition(id, member(...(links.get(id) ?? [])))))
      expect(cycles.length > 0).toBe(ids.some((id) => isOnCycle(id, links)))
      for (const cycle of cycles)
        for (const [i, id] of cycle.entries()) expect(links.get(id)).toContain(cycle[(i + 1) % cycle.length])
    }),
  )
})
