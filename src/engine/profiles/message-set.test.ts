import { expect, test } from 'vitest'
import { fingerprintOf, MessageSet } from './message-set.ts'

test('a million ids that differ little have a million fingerprints, each word well spread', () => {
  const ids = 250_000
  const words = [new Set<number>(), new Set<number>(), new Set<number>()]
  const set = new MessageSet()
  for (const prefix of ['', 'node-next-1795306717183-', 'a'.repeat(90), 'ø']) {
    for (let i = 0; i < ids; i++) {
      const fingerprint = fingerprintOf('web', `${prefix}${i}`)
      expect(set.add(fingerprint)).toBe(true)
      words.forEach((seen, word) => seen.add(fingerprint[word] ?? 0))
    }
  }
  // Of a million random words of 32 bits some 116 meet by chance.
  for (const seen of words) expect(4 * ids - seen.size).toBeLessThan(200)
  expect(set.size).toBe(4 * ids)
})

test('what belongs to the source and what to the id makes a difference', () => {
  const set = new MessageSet()
  const pairs = [
    ['a', 'bc'],
    ['ab', 'c'],
    ['', 'abc'],
    ['abc', ''],
    ['a', 'bc\u0000'],
    ['\u0000a', 'bc'],
    ['abcd', ''],
    ['ab', 'cd'],
  ] as const
  for (const [source, id] of pairs) expect(set.add(fingerprintOf(source, id))).toBe(true)
  for (const [source, id] of pairs) expect(set.has(fingerprintOf(source, id))).toBe(true)
})

test('a changed bit changes about half of the bits', () => {
  let changed = 0
  for (let i = 0; i < 1_000; i++) {
    const before = Uint32Array.from(fingerprintOf('web', `message-${i}-x`))
    const after = fingerprintOf('web', `message-${i}-y`)
    for (let word = 0; word < 3; word++) {
      for (let bits = (before[word] ?? 0) ^ (after[word] ?? 0); bits !== 0; bits &= bits - 1) changed++
    }
  }
  expect(changed / 1_000).toBeGreaterThan(46)
  expect(changed / 1_000).toBeLessThan(50)
})
