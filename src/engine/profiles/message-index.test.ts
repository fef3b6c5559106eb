import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DocumentChange } from '../../store/store.ts'
import { MessageIndex } from './message-index.ts'

const DAY_MS = 86_400_000

/** A store of one space, as `load` and `commit` see it. */
class Space {
  readonly documents = new Map<string, string>()
  async load(_space: string, keys: readonly string[]) {
    return keys.map((key) => this.documents.get(key))
  }
  commit(changes: readonly DocumentChange[]) {
    for (const { key, value } of changes) {
      if (value === undefined) this.documents.delete(key)
      else this.documents.set(key, value)
    }
  }
}

test('a message id is taken once per source, and again by another source', async () => {
  const index = await MessageIndex.open(new Space(), 7)
  expect([index.add('web', 'a', 0), index.add('web', 'a', 5), index.add('app', 'a', 5), index.add('web', 'b', 5)]).toEqual([
    true,
    false,
    true,
    true,
  ])
})

test('ids are known again after a restart, whatever the transactions were', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 1_500 }), { minLength: 1, maxLength: 5 }), async (sizes) => {
      const space = new Space()
      let next = 0
      for (const size of sizes) {
        const index = await MessageIndex.open(space, 7)
        expect(index.size).toBe(next)
        for (let i = 0; i < size; i++) expect(index.add('web', `m${next++}`, next * 1_000)).toBe(true)
        space.commit(index.changes())
      }
      const reopened = await MessageIndex.open(space, 7)
      for (let i = 0; i < next; i++) expect(reopened.add('web', `m${i}`, next * 1_000)).toBe(false)
    }),
    { numRuns: 20 },
  )
})

test('an id is kept for seven days after its own and then forgotten, in the store as well', async () => {
  const space = new Space()
  const index = await MessageIndex.open(space, 7)
  index.add('web', 'old', 0)
  for (let day = 1; day <= 7; day++) expect(index.add('web', 'old', day * DAY_MS)).toBe(false)
  space.commit(index.changes())
  expect(space.documents.has('0/0')).toBe(true)
  index.add('web', 'other', 7 * DAY_MS + 1)
  expect(index.add('web', 'old', 7 * DAY_MS + 2)).toBe(false)
  index.add('web', 'next', 8 * DAY_MS)
  expect(index.add('web', 'old', 8 * DAY_MS + 1)).toBe(true)
  space.commit(index.changes())
  space.commit(index.changes())
  expect([...space.documents.keys()].toSorted()).toEqual(['7/0', '8/0', 'days'])
})

test('a day of many pages is deleted a stretch at a time', async () => {
  const space = new Space()
  const index = await MessageIndex.open(space, 0)
  for (let i = 0; i < 512 * 2_100; i++) index.add('web', `m${i}`, 0)
  space.commit(index.changes())
  expect(space.documents.size).toBe(2_101)
  index.add('web', 'next', DAY_MS)
  space.commit(index.changes())
  expect(space.documents.size).toBe(102)
  space.commit(index.changes())
  expect([...space.documents.keys()].toSorted()).toEqual(['1/0', 'days'])
})

test('an event that was received before the newest day is kept with that one', async () => {
  const space = new Space()
  const index = await MessageIndex.open(space, 7)
  index.add('web', 'new', 10 * DAY_MS)
  index.add('web', 'late', 5 * DAY_MS)
  space.commit(index.changes())
  const reopened = await MessageIndex.open(space, 7)
  expect(reopened.add('web', 'late', 17 * DAY_MS)).toBe(false)
})
