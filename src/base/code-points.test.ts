import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareByCodePoints } from './code-points.ts'

test('the order of texts is that of their UTF-8 bytes', () => {
  const unit = fc.constantFrom(
    '\0',
    'a',
    'b',
    'ä',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '\u{10000}',
    '\u{1F600}',
    '\u{1F601}',
    '\u{10FFFF}',
  )
  const text = fc.string({ unit, maxLength: 4 })
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareByCodePoints(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
    { numRuns: 2_000 },
  )
})
