import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareKeys, compileKey, type KeyPart, unpackKey } from './key.ts'

test('a key is read part by part and packs to JSON text', () => {
  const key = compileKey(['/segment/vendor', '/user'])
  expect(key.pack({ segment: { vendor: 32 }, user: 'bob' })).toBe('[32,"bob"]')
})

test.each([
  [{}, 'The key at /user is missing.'],
  [{ user: null }, 'The key at /user is null.'],
  [{ user: 1.5 }, 'The key at /user is 1.5.'],
  [{ user: 2 ** 53 }, 'The key at /user is 9007199254740992.'],
  [{ user: { id: 1 } }, 'The key at /user is {"id":1}.'],
  [JSON.parse('{"__proto__": {"user": "x"}}'), 'The key at /user is missing.'],
])('%j has no key', (document, message) => {
  expect(() => compileKey(['/user']).pack(document)).toThrow(message)
})

const part = fc.oneof(fc.boolean(), fc.maxSafeInteger(), fc.string({ unit: 'binary' }))
const key = fc.array(part, { minLength: 1, maxLength: 3 })

/** Packs the parts as the members `0`, `1`, … of a document. */
function pack(parts: KeyPart[]): string {
  return compileKey(parts.map((_, i) => `/${i}`)).pack(Object.fromEntries(parts.entries()))
}

test('equal keys pack equally, different ones differently, and unpacking restores them', () => {
  fc.assert(
    fc.property(key, key, (a, b) => {
      expect(unpackKey(pack(a))).toEqual(a.map((value) => (value === 0 ? 0 : value)))
      expect(pack(a) === pack(b)).toBe(compareKeys(a, b) === 0 && a.length === b.length)
    }),
  )
})

test('comparing keys is a total order', () => {
  fc.assert(
    fc.property(key, key, key, (a, b, c) => {
      expect(Math.sign(compareKeys(a, b))).toBe(-Math.sign(compareKeys(b, a)) + 0)
      if (compareKeys(a, b) <= 0 && compareKeys(b, c) <= 0) expect(compareKeys(a, c)).toBeLessThanOrEqual(0)
    }),
  )
})
