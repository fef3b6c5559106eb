import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DatabaseSync } from 'node:sqlite'
import { KeyFilter } from './key-filter.ts'
import { scanKeys } from './scan-keys.ts'
import { openStoreDatabase } from './store-database.ts'

const OWNER = { partition: '0', fence: 1 }
const written = (...keys: string[]) => keys.map((key) => ({ space: 'space', key, value: '1' }))
const own = (number: number) => ({ number, ...OWNER })
const others = (number: number) => ({ number, partition: '0', fence: 2 })

function filterOf(commits: number): KeyFilter {
  const filter = new KeyFilter(OWNER, { commits })
  filter.addScanned([])
  return filter
}

describe('a filter of keys', () => {
  test('has no opinion until the keys of before have been scanned', () => {
    const filter = new KeyFilter(OWNER, { commits: 3 })
    expect(filter.mayHave('space', own(3))).toBe(undefined)
    filter.addScanned([])
    expect(filter.mayHave('space', own(3))?.('key')).toBe(false)
  })

  test('knows written keys by space, before and after their commit has been confirmed', () => {
    const filter = filterOf(0)
    filter.addWritten(written('a'))
    for (const last of [undefined, own(1)]) expect(filter.mayHave('space', last)?.('a')).toBe(true)
    filter.endCommit(1)
    expect(filter.mayHave('space', own(1))?.('a')).toBe(true)
    expect(filter.mayHave('other', own(1))?.('a')).toBe(false)
  })

  test('has no opinion any more when somebody else has committed', () => {
    const filter = filterOf(5)
    expect(filter.mayHave('space', others(6))).toBe(undefined)
  })

  test('has no opinion any more when somebody else has committed before the owner did', () => {
    const filter = filterOf(5)
    filter.addWritten(written('a'))
    expect(filter.mayHave('space', own(7))).toBe(undefined)
    filter.endCommit(7)
    for (const number of [6, 7, 8])
      expect(filter.mayHave('space', { ...own(number), fence: number === 6 ? 2 : 1 })).toBe(undefined)
  })

  test('has no opinion about spaces that are read in order, and one about those written beside them', () => {
    const filter = new KeyFilter(OWNER, { commits: 0, orderedSpaces: ['ordered'] })
    filter.addScanned([])
    filter.addWritten([...written('a'), { space: 'ordered', key: 'b', value: '1' }, ...written('c')])
    expect(filter.mayHave('ordered', own(1))).toBe(undefined)
    const mayHave = filter.mayHave('space', own(1))
    expect(['a', 'b', 'c'].map((key) => mayHave?.(key))).toEqual([true, false, true])
  })
})

describe('a scan of keys', () => {
  let db: DatabaseSync
  beforeEach(() => {
    db = openStoreDatabase({ path: ':memory:' })
  })
  afterEach(() => db.close())

  const insert = (space: number, keys: Iterable<string>) => {
    for (const key of keys)
      db.prepare('insert or ignore into documents (space, key, value) values (?, ?, ?)').run(space, key, '1')
  }

  test('leaves out the spaces that it is told to', () => {
    db.exec("insert into spaces (id, name) values (1, 'one'), (2, 'two')")
    expect(scanKeys(db, { except: ['one'] }).map(({ space }) => space)).toEqual(['two'])
  })

  test('finds every key of every space, however it is sliced', () => {
    const key = fc.oneof(fc.constantFrom('', '\0', 'a', 'a\0', '\u{10FFFF}'), fc.string({ unit: 'grapheme', maxLength: 4 }))
    fc.assert(
      fc.property(fc.array(key), fc.array(key), fc.integer({ min: 1, max: 5 }), (ones, twos, sliceKeys) => {
        db.exec("delete from documents; insert or ignore into spaces (id, name) values (1, 'one'), (2, 'two'), (3, 'none')")
        insert(1, ones)
        insert(2, twos)
        const filter = new KeyFilter(OWNER, { commits: 0 })
        filter.addScanned(scanKeys(db, { sliceKeys }))
        expect(ones.every((each) => filter.mayHave('one', undefined)?.(each))).toBe(true)
        expect(twos.every((each) => filter.mayHave('two', undefined)?.(each))).toBe(true)
        expect(filter.mayHave('none', undefined)?.('a')).toBe(false)
      }),
    )
  })
})
