import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../base/json.ts'
import type { SegmentOwner, SegmentState } from '../../../model/segment/segment.ts'
import { planSegments } from '../catalog-segments.ts'
import { definitionOf } from '../segments.fixture.ts'
import { PlannedRules } from './planned-rules.ts'

const KINDS = new Map(['a', 'b', 'c', 'd', 'big'].map((id) => [id, id === 'big' ? 'account' : 'user'] as const))

function asks(...ids: string[]): JsonObject {
  return rule({ property: { key: 'segment' }, operator: 'is_member', options: { value: ids } })
}
function plan(value: string): JsonObject {
  return rule({ property: { key: 'plan' }, operator: 'equals', options: { value } })
}
function rule(...predicates: JsonObject[]): JsonObject {
  return { name: 'One', predicate: { type: 'all', predicates } }
}
const define = (id: string, document: JsonObject) => definitionOf(id, document, { segments: KINDS })

type Documents = Record<string, JsonObject>

function rulesOf(wanted: Documents, existing: Documents, owner: SegmentOwner = 'catalog') {
  const definitions = Object.fromEntries(Object.entries(wanted).map(([id, document]) => [id, define(id, document)]))
  const states = Object.entries(existing).map(([id, document]): SegmentState => ({
    definition: define(id, document),
    owner,
    version: 1,
    createdAt: '',
    updatedAt: '',
    members: 0,
  }))
  const rules = new PlannedRules(planSegments(definitions, states), states)
  const behind = (id: string, document: JsonObject) => rules.behind(define(id, document)).map((one) => one.id)
  const followers = rules.followers.map(({ definition }) => definition.id)
  return { behind, followers, mayChange: (id: string) => rules.mayChange({ id }) }
}

describe('what stands in the place of members', () => {
  test('are the new rules that are asked for, and what those ask for, each behind what it asks for', () => {
    const wanted = { d: asks('b', 'c'), c: asks('a'), b: asks('a'), a: plan('pro') }
    const { behind } = rulesOf(wanted, {})
    expect(behind('d', wanted.d)).toEqual(['a', 'b', 'c'])
    expect(behind('c', wanted.c)).toEqual(['a'])
    expect(behind('a', wanted.a)).toEqual([])
  })

  test('is nothing where members stay as they are: of rules that stay, of new names, of manual segments', () => {
    const existing = { a: plan('pro'), b: plan('free'), c: { name: 'By hand', manual: true } }
    const wanted = {
      ...existing,
      b: { ...plan('free'), name: 'Renamed' },
      c: { name: 'Renamed', manual: true },
      d: asks('a', 'b', 'c'),
    }
    expect(rulesOf(wanted, existing).behind('d', wanted.d)).toEqual([])
  })

  test('goes through rules that stay, and through what an account asks of its users', () => {
    const users = rule({
      property: { key: 'users' },
      operator: 'at_least_once',
      options: { predicate: asks('b')['predicate'] ?? null },
    })
    const existing = { a: plan('pro'), b: asks('a'), big: { ...users, kind: 'account' } }
    const { behind, mayChange } = rulesOf({ ...existing, a: plan('team') }, existing)
    expect(behind('big', existing.big)).toEqual(['a', 'b'])
    expect(['a', 'b', 'big', 'c'].filter(mayChange)).toEqual(['a', 'b', 'big'])
  })
})

test('segments of the API that ask for one that changes follow, and others do not', () => {
  const { followers } = rulesOf({ a: plan('team') }, { b: asks('a'), c: asks('b'), d: plan('pro') }, 'api')
  expect(followers).toEqual(['b', 'c'])
})
