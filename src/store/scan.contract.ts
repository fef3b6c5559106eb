/** What the store's port promises of `scan`, as tests; part of `storeContract`. */
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { naiveScan } from './naive-scan.fixture.ts'
import { SCANNED_KEY_LENGTH_MAX, type DocumentChange, type KeyRange, type Store } from './store.ts'

const PARTITION = '0'
const EVERYTHING = 1_000

export function scanContract(name: string, open: () => Promise<{ store: Store; openAnother: () => Promise<Store> }>): void {
  describe(`${name} keeps the promises of a scan`, () => {
    let openAnother: () => Promise<Store>
    let store: Store
    let fence: number
    beforeEach(async () => {
      ;({ store, openAnother } = await open())
      fence = (await store.acquire(PARTITION)).fence
    })
    afterEach(() => store.close())

    const commit = (documents: DocumentChange[]) => store.commit(PARTITION, fence, { documents, outputs: [], checkpoints: [] })
    const put = (keys: readonly string[], space = 'space') =>
      commit(keys.map((key) => ({ space, key, value: `value of ${key}` })))
    const keysOf = async (range: KeyRange, limit = EVERYTHING, space = 'space') =>
      (await store.scan(space, range, limit)).map(({ key }) => key)

    test('a space that nobody has written to has no documents', async () => {
      expect(await keysOf({})).toEqual([])
      await put(['a'], 'other')
      expect(await keysOf({})).toEqual([])
    })

    test('documents come in the order of their keys, with their values, those of the space only', async () => {
      await put(['b', 'a', 'c'])
      await put(['aa', 'd'], 'spac')
      await put(['bb', 'e'], 'space2')
      expect(await store.scan('space', {}, EVERYTHING)).toEqual(['a', 'b', 'c'].map((key) => ({ key, value: `value of ${key}` })))
    })

    test.each<{ title: string; range: KeyRange; limit?: number; expected: string[] }>([
      { title: 'behind a key', range: { after: 'b' }, expected: ['b/1', 'b/2', 'b0', 'c'] },
      { title: 'behind a key that does not exist', range: { after: 'b/10' }, expected: ['b/2', 'b0', 'c'] },
      { title: 'behind the last key', range: { after: 'c' }, expected: [] },
      { title: 'behind the empty key', range: { after: '' }, expected: ['a', 'b', 'b/1', 'b/2', 'b0', 'c'] },
      { title: 'from a key', range: { from: 'b/2' }, expected: ['b/2', 'b0', 'c'] },
      { title: 'from a key that does not exist', range: { from: 'b/3' }, expected: ['b0', 'c'] },
      { title: 'before a key', range: { until: 'b/1' }, expected: ['', 'a', 'b'] },
      { title: 'before the first key', range: { until: '' }, expected: [] },
      { title: 'of a prefix', range: { from: 'b/', until: 'b0' }, expected: ['b/1', 'b/2'] },
      { title: 'of the next page of a prefix', range: { from: 'b/', after: 'b/1', until: 'b0' }, expected: ['b/2'] },
      { title: 'from a key that is behind `after`', range: { from: 'b0', after: 'a' }, expected: ['b0', 'c'] },
      { title: 'of an empty range', range: { from: 'b', until: 'b' }, expected: [] },
      { title: 'of a range that ends before it begins', range: { from: 'c', until: 'a' }, expected: [] },
      { title: 'as many as are asked for', range: { from: 'a' }, limit: 2, expected: ['a', 'b'] },
      { title: 'none', range: {}, limit: 0, expected: [] },
    ])('documents $title', async ({ range, limit, expected }) => {
      await put(['', 'a', 'b', 'b/1', 'b/2', 'b0', 'c'])
      expect(await keysOf(range, limit)).toEqual(expected)
    })

    test('what a commit has changed is seen when it has resolved, and as before or after while it runs', async () => {
      await put(['a', 'b'])
      const running = commit([
        { space: 'space', key: 'a', value: undefined },
        { space: 'space', key: 'c', value: 'new' },
      ])
      expect([['a', 'b'], ['b', 'c']]).toContainEqual(await keysOf({})) // prettier-ignore
      await running
      expect(await keysOf({})).toEqual(['b', 'c'])
      const another = await openAnother()
      expect(await another.scan('space', { after: 'b' }, 1)).toEqual([{ key: 'c', value: 'new' }])
      await another.close()
    })

    test('10,000 documents come in pages, each once', async () => {
      const keys = Array.from({ length: 10_000 }, (_, i) => `${(i * 7_919) % 10_007}/${i}`)
      await put(keys)
      const found: string[] = []
      for (let page = await keysOf({}, 700); page.length > 0; page = await keysOf({ after: page.at(-1) }, 700))
        found.push(...page)
      expect(found).toEqual(keys.toSorted())
    })

    test('keys as long as may be scanned come back', async () => {
      const longest = ['\0', '\u0001', 'x', '\u{1F600}'].map((unit) => unit.repeat(SCANNED_KEY_LENGTH_MAX / unit.length))
      await put(longest)
      expect(await keysOf({})).toEqual(longest)
    })

    test('a lone surrogate is refused in the space and in every bound', async () => {
      for (const broken of ['\ud800', 'a\udc00b']) {
        await expect(store.scan(broken, {}, 1)).rejects.toThrow('well-formed')
        for (const bound of ['after', 'from', 'until']) {
          await expect(store.scan('space', { [bound]: broken }, 1)).rejects.toThrow('well-formed')
        }
      }
    })

    test('whatever the keys, their order is that of their bytes', async () => {
      const unit = fc.constantFrom(
        '\0',
        '\u0001',
        '\u0002',
        '0',
        '1',
        'h',
        'A',
        'a',
        'z',
        'ä',
        '\ud7ff',
        '\ue000',
        '\uffff',
        '\u{1F600}',
      )
      const key = fc.oneof(fc.string({ unit, maxLength: 4 }), fc.string({ unit: 'binary', maxLength: 3 }))
      const bound = fc.option(key, { nil: undefined })
      const range = fc.record({ after: bound, from: bound, until: bound, limit: fc.nat(12) })
      let spaces = 0
      await fc.assert(
        fc.asyncProperty(fc.uniqueArray(key, { maxLength: 10 }), fc.array(range, { maxLength: 5 }), async (keys, ranges) => {
          const space = `space ${++spaces}`
          await put(keys, space)
          for (const { limit, ...bounds } of ranges) {
            expect(await keysOf(bounds, limit, space)).toEqual(naiveScan(keys, bounds).slice(0, limit))
          }
        }),
        { numRuns: 60 },
      )
    })
  })
}
