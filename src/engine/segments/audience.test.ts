import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Json } from '../../base/json.ts'
import type { TraitPredicate, ValueTest } from '../../model/segment/predicate.ts'
import { audienceOf, ByAudience } from './audience.ts'

const equals = (...values: (string | boolean)[]): ValueTest => ({ test: 'equals', values, negated: false })
const required = (trait: string, test: ValueTest): TraitPredicate => ({ is: 'trait', owner: 'self', trait, test, at: '' })

test('an audience is those who pass all that is required', () => {
  const { admits } = audienceOf([
    required('country', equals('DE', 'FR')),
    required('seats', { test: 'number', compare: 'greater', values: [5], negated: false }),
  ])
  expect(admits(factsOf({ country: 'DE', seats: 6 }))).toBe(true)
  expect(admits(factsOf({ country: 'DE', seats: 5 }))).toBe(false)
  expect(admits(factsOf({ country: 'PL', seats: 6 }))).toBe(false)
  expect(audienceOf([]).admits(factsOf({}))).toBe(true)
})

test('nobody who is admitted is missed by what is found by value', () => {
  const value = fc.constantFrom<string | boolean>('a', 'b', true, false)
  const testOf = fc.record({
    values: fc.array(value, { minLength: 1, maxLength: 3 }),
    negated: fc.boolean(),
    trait: fc.constantFrom('x', 'y'),
  })
  const fact = fc.oneof(value, fc.constant(null), fc.array(value, { maxLength: 2 }))
  fc.assert(
    fc.property(fc.array(fc.array(testOf, { maxLength: 3 })), fc.record({ x: fact, y: fact }), (all, facts) => {
      const audiences = all.map((tests) =>
        audienceOf(tests.map(({ values, negated, trait }) => required(trait, { test: 'equals', values, negated }))),
      )
      const list = new ByAudience<number>()
      audiences.forEach((audience, i) => list.add(i, audience))
      const found = new Set<number>()
      list.collect(factsOf(facts), found)
      audiences.forEach(({ admits }, i) => {
        if (admits(factsOf(facts))) expect(found).toContain(i)
      })
    }),
  )
})

test('others than those of a value are not looked at', () => {
  const list = new ByAudience<string>()
  list.add('of Germany', audienceOf([required('plan', equals('pro', 'team')), required('country', equals('DE'))]))
  list.add('of all', audienceOf([required('country', { ...equals('DE'), negated: true })]))
  const found = new Set<string>()
  list.collect(factsOf({ plan: 'pro', country: 'FR' }), found)
  expect([...found]).toEqual(['of all'])
  list.collect(factsOf({ country: ['FR', 'DE'] }), found)
  expect([...found]).toEqual(['of all', 'of Germany'])
})

function factsOf(facts: Record<string, Json>): (key: string) => Json {
  return (key) => facts[key] ?? null
}
