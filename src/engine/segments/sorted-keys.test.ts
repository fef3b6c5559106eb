import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { SortedKeys } from './sorted-keys.ts'

/** Enough for several blocks, in no order. */
const MANY = Array.from({ length: 3_000 }, (_, i) => String((i * 7_919) % 10_007).padStart(5, '0'))

const allOf = (keys: SortedKeys, from = '') => [...keys.from(from)]
const filled = (texts: readonly string[]) => {
  const keys = new SortedKeys()
  for (const text of texts) keys.add(text)
  return keys
}

test('keys come in order, from any place on', () => {
  const keys = filled(MANY)
  const sorted = MANY.toSorted()
  expect(allOf(keys)).toEqual(sorted)
  expect(keys.first).toBe(sorted[0])
  for (const place of [0, 1, 511, 512, 1_500, 2_999]) {
    expect(allOf(keys, sorted[place])).toEqual(sorted.slice(place))
    expect(allOf(keys, `${sorted[place]}!`)).toEqual(sorted.slice(place + 1))
  }
})

test('a key is there once, and deleted once', () => {
  const keys = filled(MANY)
  expect(MANY.filter((key) => keys.add(key))).toEqual([])
  expect(keys.size).toBe(MANY.length)
  expect(MANY.every((key) => keys.delete(key))).toBe(true)
  expect(MANY.filter((key) => keys.delete(key))).toEqual([])
  expect([keys.size, keys.first, allOf(keys)]).toEqual([0, undefined, []])
})

test.each([0, 1, 255, 256, 512, 513, 2_999, 3_000, 4_000])('the first %i are kept when the others are dropped', (count) => {
  const keys = filled(MANY)
  const sorted = MANY.toSorted()
  expect(keys.keepFirst(count)).toBe(sorted[count])
  expect(keys.size).toBe(Math.min(count, sorted.length))
  expect(allOf(keys)).toEqual(sorted.slice(0, count))
  keys.add('~')
  expect(allOf(keys)).toEqual([...sorted.slice(0, count), '~'])
})

test('whatever is added and deleted, it is a sorted set', () => {
  const change = fc.tuple(fc.boolean(), fc.nat(40).map(String))
  fc.assert(
    fc.property(fc.array(change, { maxLength: 100 }), fc.nat(40).map(String), (changes, from) => {
      const [keys, naive] = [new SortedKeys(), new Set<string>()]
      for (const [isAdded, key] of changes) {
        expect(isAdded ? keys.add(key) : keys.delete(key)).toBe(naive.has(key) !== isAdded)
        if (isAdded) naive.add(key)
        else naive.delete(key)
      }
      const expected = [...naive].toSorted().filter((key) => key >= from)
      expect([keys.size, allOf(keys, from)]).toEqual([naive.size, expected])
    }),
  )
})
