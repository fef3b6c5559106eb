import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteKeys } from './byte-keys.ts'

/** The numbers that keys get when they are added in blocks. */
function numbersOf(blocks: string[][], keys: ByteKeys): number[] {
  return blocks.flatMap((texts) => {
    keys.addBlock(Buffer.from(texts.join('')))
    let begin = 0
    return texts.map((text) => keys.add(begin, (begin += Buffer.byteLength(text))))
  })
}

test('keys are numbered in the order in which they first come, as a map would do it', () => {
  // Few letters and many keys, so that keys repeat, share prefixes and collide.
  const key = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '𝄞'), maxLength: 5 })
  fc.assert(
    fc.property(fc.array(fc.array(key, { maxLength: 40 }), { maxLength: 5 }), (blocks) => {
      const numbers = new Map<string, number>()
      const expected = blocks.flat().map((text) => numbers.get(text) ?? (numbers.set(text, numbers.size), numbers.size - 1))
      const keys = new ByteKeys()
      expect(numbersOf(blocks, keys)).toEqual(expected)
      expect(keys.size).toBe(numbers.size)
      for (const [text, number] of numbers) expect(keys.text(number)).toBe(text)
    }),
  )
})

test('it grows to many keys, and starts anew when cleared', () => {
  const keys = new ByteKeys()
  const texts = Array.from({ length: 50_000 }, (_, i) => `[${i % 10},"seg-${i}"]`)
  expect(numbersOf([texts, texts], keys)).toEqual([...texts.keys(), ...texts.keys()])
  keys.clear()
  expect(numbersOf([['x', 'y', 'x']], keys)).toEqual([0, 1, 0])
})
