import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ALWAYS, heldSince, sinceAll, sinceAny } from './held-since.ts'

type Span = { enter: number; leave: number }

const spans = fc.array(
  fc
    .record({ enter: fc.integer({ min: 0, max: 30 }), length: fc.integer({ min: 0, max: 10 }) })
    .map(({ enter, length }): Span => ({
      enter,
      leave: enter + length,
    })),
  { maxLength: 6 },
)

/** Looks at every instant, one after the other, backwards. */
function naiveSince(answerAt: (instant: number) => boolean, now: number, from: number): number {
  for (let instant = now; instant > from; instant--) if (answerAt(instant - 1) !== answerAt(now)) return instant
  return from
}

test('an answer holds since it turned last, as a look at every instant finds', () => {
  fc.assert(
    fc.property(spans, fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 3 }), (all, now, least) => {
      const answerAt = (instant: number) => all.filter(({ enter, leave }) => enter <= instant && instant < leave).length >= least
      const edges = all.flatMap(({ enter, leave }) => [enter, leave])
      const from = -1
      expect(heldSince(edges, answerAt, { now, from })).toBe(naiveSince(answerAt, now, from))
      const always = heldSince(edges, answerAt, { now })
      expect(always).toBe(naiveSince(answerAt, now, from) === from ? ALWAYS : naiveSince(answerAt, now, from))
    }),
  )
})

const isFromTen = (instant: number) => instant >= 10

test('nothing is said of the time before the value was there', () => {
  expect(heldSince([10], isFromTen, { now: 20, from: 15 })).toBe(15)
  expect(heldSince([10], isFromTen, { now: 20, from: 5 })).toBe(10)
})

describe('of several answers', () => {
  test('that are all needed the last one to turn decides', () => {
    expect(sinceAll([3, 7, ALWAYS])).toBe(7)
    expect(sinceAll([])).toBe(ALWAYS)
    expect(sinceAll([3, undefined])).toBeUndefined()
  })

  test('of which one is enough the first one to turn decides', () => {
    expect(sinceAny([3, 7, undefined])).toBe(3)
    expect(sinceAny([3, ALWAYS])).toBe(ALWAYS)
    expect(sinceAny([undefined])).toBeUndefined()
  })
})
