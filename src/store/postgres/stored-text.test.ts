import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromStored, isHashed, toStored, toStoredKey } from './stored-text.ts'

const text = fc.oneof(fc.string({ unit: fc.constantFrom('\0', '\u0001', '0', '1', 'h') }), fc.string({ unit: 'binary' }))

const compareBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

test('every text comes back, and holds no NUL meanwhile', () => {
  fc.assert(
    fc.property(text, (original) => {
      expect(toStored(original)).not.toContain('\0')
      expect(fromStored(toStored(original))).toBe(original)
    }),
  )
})

test('different keys stay different, and fit into an index', () => {
  const key = fc.oneof(
    text,
    fc.nat(3).map((i) => '\u{1F600}'.repeat(1_000) + String(i)),
  )
  fc.assert(
    fc.property(key, key, (a, b) => {
      expect(toStoredKey(a) === toStoredKey(b)).toBe(a === b)
      expect(Buffer.byteLength(toStoredKey(a))).toBeLessThan(2_700)
    }),
  )
})

test('texts keep the order of their bytes, so that keys can be read in order', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(compareBytes(toStored(a), toStored(b))).toBe(compareBytes(a, b))
    }),
  )
})

test('a key that is hashed is told from one that looks like it', () => {
  expect(['x'.repeat(801), '\0'.repeat(401)].map((key) => isHashed(toStoredKey(key)))).toEqual([true, true])
  expect(['x'.repeat(800), '\0'.repeat(400), '\u0001h', 'h'].map((key) => isHashed(toStoredKey(key)))).toEqual(
    Array(4).fill(false),
  )
})
