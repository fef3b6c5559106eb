import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromStored, toStored, toStoredKey } from './stored-text.ts'

const text = fc.oneof(fc.string({ unit: fc.constantFrom('\0', '\u0001', '0', '1', 'h') }), fc.string({ unit: 'binary' }))

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
