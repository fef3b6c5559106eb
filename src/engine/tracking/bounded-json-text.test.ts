import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Json } from '../../base/json.ts'
import { boundedJsonText } from './bounded-json-text.ts'

/** `value` so deep inside that JSON.stringify is not trusted with it. */
function buried(value: Json): Json {
  let outer = value
  for (let i = 0; i < 150; i++) outer = [{ '': outer, b: i }, 'next']
  return outer
}

test('is the JSON text, by either way, or its beginning', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.boolean(), fc.nat(10_000), (sent, isBuried, charactersMax) => {
      const value = isBuried ? buried(sent as Json) : (sent as Json)
      const whole = JSON.stringify(value)
      const { text, isCut } = boundedJsonText(value, charactersMax)
      expect(isCut).toBe(whole.length > charactersMax)
      expect(text).toBe(whole.slice(0, charactersMax).toWellFormed())
    }),
    { numRuns: 300 },
  )
})

test('of something endless only the beginning is written', () => {
  const { text, isCut } = boundedJsonText(JSON.parse('['.repeat(3_000_000) + ']'.repeat(3_000_000)) as Json, 1_000)
  expect(text).toBe('['.repeat(1_000))
  expect(isCut).toBe(true)
})

test('a pair of surrogates is not cut in half', () => {
  expect(boundedJsonText('😀', 2)).toEqual({ text: '"\uFFFD', isCut: true })
})
