import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_IDENTITY_RULES } from '../../model/profile/identity-rules.ts'
import { countWays, hasBackReference, WAYS_MAX } from './pattern-cost.ts'

describe('ways', () => {
  test.each([
    ['plain', 1],
    ['[0-]*', 501],
    ['qa-.+', 500],
    ['qa-.+?', 500],
    ['.*@.*', 501 * 501],
    ['a|bc|d', 3],
    ['(?:a|b)(?<name>c|d)', 4],
    ['a?b?', 4],
    ['(a|b)?', 3],
    ['x{3}', 1],
    ['x{2,5}', 4],
    ['x{2,}', 499],
    ['x{600,}', 1],
    ['(a|b){3}', 8],
    ['[(|*)\\]]*', 501],
    ['\\(\\*\\|', 1],
    ['\\[object object\\]', 1],
    ['(?=a|b)c', 2],
    ['(?<!a)b', 1],
    ['a{b', 1],
    ['[^]', 1],
  ])('%s: %d', (pattern, ways) => {
    expect(() => new RegExp(pattern)).not.toThrow()
    expect(countWays(pattern)).toBe(ways)
  })

  test.each(['(a+)+', '(a*)*b', '(a|aa)+', '((a?)b)*', '(?:[a-z]+\\.)+x', '(x{1,2}){1,2}'])('%s: without bound', (pattern) => {
    expect(countWays(pattern)).toBe(Number.POSITIVE_INFINITY)
  })

  test('those of the built-in values are few', () => {
    for (const pattern of DEFAULT_IDENTITY_RULES.blockedValues) expect(countWays(pattern), pattern).toBeLessThanOrEqual(501)
  })

  test('are read for any expression that compiles', () => {
    const piece = fc.constantFrom('a', '.', '(', ')', '(?:', '|', '*', '+', '?', '{2}', '{1,3}', '[', ']', '\\', '^', '$', '-')
    const pattern = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(pattern, (text) => {
        fc.pre(compiles(text))
        expect(countWays(text)).toBeGreaterThanOrEqual(1)
      }),
      { numRuns: 2_000 },
    )
  })

  test('two open repetitions are the most', () => {
    expect(countWays('.*@.*')).toBeLessThanOrEqual(WAYS_MAX)
    expect(countWays('.+@.+-x?')).toBeGreaterThan(WAYS_MAX)
  })
})

function compiles(pattern: string): boolean {
  try {
    return RegExp(pattern) instanceof RegExp
  } catch {
    return false
  }
}

describe('references back to a group', () => {
  test.each([
    ['(a)\\1', true],
    ['(?<n>a)\\k<n>', true],
    ['(a)\\\\\\1', true],
    ['(a)\\\\1', false],
    ['\\d{2}', false],
    ['\\0', false],
  ])('%s: %s', (pattern, isOne) => {
    expect(hasBackReference(pattern)).toBe(isOne)
  })
})
