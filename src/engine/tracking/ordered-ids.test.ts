import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededRandom } from '../../base/random.ts'
import { OrderedIds } from './ordered-ids.ts'

test('an id is 24 hex digits: the millisecond, a count within it, and chance', () => {
  const ids = new OrderedIds(seededRandom(7))
  const at = Date.UTC(2026, 2, 1)
  const [first, second] = [ids.next(at), ids.next(at)]
  expect([first.slice(0, 16), second.slice(0, 16)]).toEqual(['019ca6b1dc000000', '019ca6b1dc000001'])
  expect(first.slice(16)).toMatch(/^[0-9a-f]{8}$/)
  expect(first.slice(16)).not.toBe(second.slice(16))
})

test('ids grow whatever the clock does, also when a millisecond is full', () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.array(fc.tuple(fc.nat(2 ** 42), fc.constantFrom(1, 2, 70_000)), { maxLength: 4 }),
      (seed, times) => {
        const ids = new OrderedIds(seededRandom(seed))
        let last = ''
        for (const [millis, count] of times) {
          for (let i = 0; i < count; i++) {
            const id = ids.next(millis)
            if (id <= last || id.length !== 24) throw new Error(`${id} after ${last}`)
            last = id
          }
        }
      },
    ),
    { numRuns: 20 },
  )
})
