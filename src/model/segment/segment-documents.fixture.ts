/** Random documents of segments, of single predicates and of nested groups. */
import * as fc from 'fast-check'
import type { EntityKind } from '../profile/entity.ts'
import { eventLeaves } from './event-leaves.fixture.ts'
import type { Clock } from './naive-calendar.fixture.ts'
import type { RawGroup, RawLeaf, RawPredicate } from './naive-segment.fixture.ts'
import { counts, leaf, operators, SEGMENTS, values } from './segment-words.fixture.ts'
import { traitLeaves } from './trait-leaves.fixture.ts'

/** Of nested groups, at most three deep. */
export function documents(kind: EntityKind, clock: Clock): fc.Arbitrary<RawGroup> {
  return groups(predicates(kind, clock, 2), { maxLength: 3 })
}

/** Of one predicate: so that what disagrees is easily found. */
export function leaves(kind: EntityKind, clock: Clock): fc.Arbitrary<RawLeaf> {
  const own: fc.WeightedArbitrary<RawLeaf>[] = [
    { weight: 4, arbitrary: traitLeaves('', clock) },
    { weight: 1, arbitrary: memberLeaves('', kind) },
    { weight: 8, arbitrary: eventLeaves(clock) },
  ]
  if (kind === 'account') return fc.oneof(...own, { weight: 2, arbitrary: usersLeaves(clock) })
  return fc.oneof(...own, { weight: 1, arbitrary: fc.oneof(traitLeaves('account.', clock), memberLeaves('account.', 'account')) })
}

function predicates(kind: EntityKind, clock: Clock, depth: number): fc.Arbitrary<RawPredicate> {
  const one = leaves(kind, clock)
  if (depth === 0) return one
  return fc.oneof(
    { weight: 4, arbitrary: one },
    { weight: 1, arbitrary: groups(predicates(kind, clock, depth - 1), { maxLength: 3 }) },
  )
}

function groups(predicate: fc.Arbitrary<RawPredicate>, constraints: { maxLength: number }): fc.Arbitrary<RawGroup> {
  return fc.record({
    type: fc.constantFrom('all', 'any', 'any', 'none'),
    predicates: fc.array(predicate, { minLength: 1, ...constraints }),
  })
}

function memberLeaves(prefix: string, kind: EntityKind): fc.Arbitrary<RawLeaf> {
  const ids = Object.entries(SEGMENTS).flatMap(([id, of]) => (of === kind ? [id] : []))
  return leaf(`${prefix}segment`, operators('is_member is_not_member'), values(fc.constantFrom(...ids)))
}

function usersLeaves(clock: Clock): fc.Arbitrary<RawLeaf> {
  const predicate = groups(fc.oneof(traitLeaves('', clock), eventLeaves(clock)), { maxLength: 2 })
  return fc.tuple(counts, predicate).map(([[operator, options], group]) => ({
    property: { key: 'users' },
    operator,
    options: { ...options, predicate: group },
  }))
}
