import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BloomFilter } from './bloom-filter.ts'

test('it has every key that was added, whatever the text', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (keys) => {
      const filter = new BloomFilter(1)
      for (const key of keys) filter.add(key)
      expect(keys.filter((key) => !filter.mayHave(key))).toEqual([])
    }),
  )
})

test.each([
  { title: 'filled as expected', expected: 100_000, wrongMax: 0.02 },
  { title: 'grown far beyond what was expected', expected: 1, wrongMax: 0.1 },
])('few absent keys seem present when it is $title', ({ expected, wrongMax }) => {
  const filter = new BloomFilter(expected)
  for (let i = 0; i < 100_000; i++) filter.add(`[${i % 10},"seg-${i}","usr-${i}"]`)
  let wrong = 0
  for (let i = 0; i < 100_000; i++) {
    if (filter.mayHave(`[${i % 10},"seg-${i}","usr-x${i}"]`)) wrong++
  }
  expect(wrong / 100_000).toBeLessThan(wrongMax)
})

test('a filter made from the layers of another has the same keys, and takes more', () => {
  const original = new BloomFilter(1)
  for (let i = 0; i < 20_000; i++) original.add(`key ${i}`)
  const copy = BloomFilter.from(structuredClone(original.layers))
  for (let i = 20_000; i < 40_000; i++) copy.add(`key ${i}`)
  expect(Array.from({ length: 40_000 }, (_, i) => `key ${i}`).filter((key) => !copy.mayHave(key))).toEqual([])
  expect(original.mayHave('key 39999') && original.mayHave('key 39998') && original.mayHave('key 39997')).toBe(false)
})

test('an empty filter has nothing', () => {
  expect(new BloomFilter(0).mayHave('')).toBe(false)
})
