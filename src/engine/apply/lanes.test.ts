import { expect, test } from 'vitest'
import { findLanes } from './lanes.ts'

type Case = {
  /** Derivation → what it reads of other derivations. */
  plan: Record<string, string[]>
  positions: Record<string, number>
  /** The positions, unless it says otherwise. */
  committed?: Record<string, number>
  limits?: Record<string, number>
  head: number
}

function lanes({ plan, positions, committed = positions, limits = {}, head }: Case): string[] {
  return findLanes({
    plan: Object.entries(plan).map(([name, derivedSources]) => ({ name, derivedSources })),
    positions: new Map(Object.entries(positions)),
    committed: new Map(Object.entries(committed)),
    limits: new Map(Object.entries(limits)),
    head,
  }).map(({ members, after, through }) => `${members.join('+')} ${after}..${through}`)
}

test('derivations at one position advance together to the head', () => {
  expect(lanes({ plan: { a: [], b: ['a'] }, positions: { a: 5, b: 5 }, head: 9 })).toEqual(['a+b 5..9'])
})

test('nothing advances at the head', () => {
  expect(lanes({ plan: { a: [] }, positions: { a: 9 }, head: 9 })).toEqual([])
})

test('a new derivation has a lane of its own, up to where it joins the others', () => {
  expect(lanes({ plan: { a: [], b: [] }, positions: { a: 5, b: 0 }, head: 9 })).toEqual(['b 0..5', 'a 5..9'])
})

test('a reader never overtakes the derivation that it reads', () => {
  expect(lanes({ plan: { a: [], b: ['a'] }, positions: { a: 5, b: 5 }, limits: { a: 5 }, head: 9 })).toEqual([])
  expect(lanes({ plan: { a: [], b: ['a'] }, positions: { a: 5, b: 2 }, limits: { a: 5 }, head: 9 })).toEqual(['b 2..5'])
})

test('a reader that lags behind goes no further than what its source has committed', () => {
  const plan = { a: [], b: ['a'] }
  expect(lanes({ plan, positions: { a: 9, b: 2 }, committed: { a: 5, b: 2 }, head: 9 })).toEqual(['b 2..5'])
  expect(lanes({ plan, positions: { a: 9, b: 5 }, committed: { a: 5, b: 5 }, head: 9 })).toEqual([])
  expect(lanes({ plan, positions: { a: 9, b: 9 }, committed: { a: 5, b: 5 }, head: 12 })).toEqual(['a+b 9..12'])
})

test('a stopped derivation does not hold up those that do not read it', () => {
  expect(lanes({ plan: { a: [], b: [], c: ['a'] }, positions: { a: 5, b: 5, c: 5 }, limits: { a: 5 }, head: 9 })).toEqual([
    'b 5..9',
  ])
})

test('a lane goes only as far as its most limited member', () => {
  expect(lanes({ plan: { a: [], b: [] }, positions: { a: 5, b: 5 }, limits: { a: 7 }, head: 9 })).toEqual(['a+b 5..7'])
})
