import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSqliteStore } from '../../store/sqlite/open-sqlite-store.ts'
import type { Store } from '../../store/store.ts'
import { naiveScan } from '../../store/naive-scan.fixture.ts'
import { HeldCommits } from './held-commits.fixture.ts'
import { OrderedKeys, prefixEnd } from './ordered-keys.ts'

let store: Store
let commits: HeldCommits
let spaces = 0
const newSpace = () => `space ${++spaces}`
beforeAll(async () => {
  store = await openSqliteStore({ path: ':memory:' })
  commits = await HeldCommits.open(store)
})
afterAll(() => store.close())

test('what is added and removed is seen at once, before its transaction is committed, and after', async () => {
  const keys = new OrderedKeys(store, newSpace())
  keys.add('b')
  keys.add('a')
  expect(await keys.page({}, 10)).toEqual(['a', 'b'])
  await commits.cut(keys)
  keys.remove('a')
  keys.add('c')
  expect(await keys.page({}, 10)).toEqual(['b', 'c'])
  await commits.settle()
  expect(await keys.page({}, 10)).toEqual(['b', 'c'])
  await commits.cut(keys)
  expect(await keys.page({}, 10)).toEqual(['b', 'c'])
  await commits.settle()
  expect(await keys.page({}, 10)).toEqual(['b', 'c'])
})

test('a transaction changes each key once, to what it was at last', () => {
  const keys = new OrderedKeys(store, 'space')
  for (const key of ['a', 'b', 'a', 'c']) keys.add(key)
  keys.remove('b')
  keys.remove('d')
  expect(keys.changedKeys).toBe(4)
  expect(keys.close()).toEqual([
    { space: 'space', key: 'a', value: '""' },
    { space: 'space', key: 'b', value: undefined },
    { space: 'space', key: 'c', value: '""' },
    { space: 'space', key: 'd', value: undefined },
  ])
  expect(keys.changedKeys).toBe(0)
  expect(keys.close()).toEqual([])
})

test('a page is full also when most that the store has there are removed', async () => {
  const keys = new OrderedKeys(store, newSpace())
  const all = Array.from({ length: 1_000 }, (_, i) => String(i).padStart(4, '0'))
  for (const key of all) keys.add(key)
  await commits.cut(keys)
  await commits.settle()
  for (const key of all) if (!key.endsWith('77')) keys.remove(key)
  expect(await keys.page({ after: '0077' }, 3)).toEqual(['0177', '0277', '0377'])
  expect(await keys.page({}, 11)).toHaveLength(10)
})

test('the keys of a prefix are those from it to its end', async () => {
  const keys = new OrderedKeys(store, newSpace())
  for (const key of ['a', 'a/', 'a/1', 'a/\u{10FFFF}', 'a0', 'a!', 'b/1']) keys.add(key)
  const range = { from: 'a/', until: prefixEnd('a/') }
  expect(await keys.page(range, 10)).toEqual(['a/', 'a/1', 'a/\u{10FFFF}'])
  expect(await keys.page({ ...range, after: 'a/' }, 1)).toEqual(['a/1'])
  expect(() => prefixEnd('')).toThrow('invariant')
  expect(() => prefixEnd('ä')).toThrow('invariant')
})

const key = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.nat(2), fc.nat(9)).map(([prefix, i]) => `${prefix}/${i}`) },
  { weight: 1, arbitrary: fc.constantFrom('1/\uffff', '1/\u{1F600}', '1/ä', '\0', '') },
)
const bound = fc.option(key, { nil: undefined })
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('add', 'remove'), key }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('page'), range: fc.record({ after: bound, from: bound, until: bound }), limit: fc.nat(6) }) }, // prettier-ignore
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('cut', 'settle', 'restart') }) },
)

test('wherever transactions are cut, the keys are a sorted set', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80, size: 'max' }), async (steps) => {
      const space = newSpace()
      let keys = new OrderedKeys(store, space)
      const naive = new Set<string>()
      for (const step of steps) {
        if ('range' in step)
          expect(await keys.page(step.range, step.limit)).toEqual(naiveScan(naive, step.range).slice(0, step.limit))
        else if ('key' in step) {
          keys[step.kind === 'add' ? 'add' : 'remove'](step.key)
          naive[step.kind === 'add' ? 'add' : 'delete'](step.key)
        } else if (step.kind === 'settle') await commits.settle()
        else await commits.cut(keys)
        if (step.kind !== 'restart') continue
        await commits.settle()
        keys = new OrderedKeys(store, space)
      }
      expect(await keys.page({}, 100)).toEqual(naiveScan(naive, {}))
      await commits.settle()
    }),
    { numRuns: 300 },
  )
})
