import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json } from '../../base/json.ts'
import { compareDocuments } from './compare-documents.ts'

const pointersOf = (expected: Json, actual: Json, isExact = false) =>
  compareDocuments(expected, actual, { isExact }).map(({ pointer }) => pointer)

const anyJson = fc.jsonValue() as fc.Arbitrary<Json>

describe('as a subset', () => {
  test.each<[string, Json, Json, string[]]>([
    ['equal values', { a: [1, 'x', null, true] }, { a: [1, 'x', null, true] }, []],
    ['further properties', { a: { b: 1 } }, { a: { b: 1, c: 2 }, d: 3 }, []],
    ['further items at the end', { a: [1, { b: 2 }] }, { a: [1, { b: 2, c: 3 }, 3] }, []],
    ['further items in front', { a: [1] }, { a: [0, 1] }, ['/a/0']],
    ['a missing property', { a: 1 }, { b: 1 }, ['/a']],
    ['a missing item', { a: [1, 2] }, { a: [1] }, ['/a/1']],
    ['null where nothing is', { a: null }, {}, ['/a']],
    ['another type', { a: '1' }, { a: 1 }, ['/a']],
    ['an object and an array', { a: {} }, { a: [] }, ['/a']],
    ['an array and an object', { a: [] }, { a: {} }, ['/a']],
    ['null and an object', { a: null }, { a: {} }, ['/a']],
    ['several differences, in order', { a: 1, b: { c: 2, d: 3 } }, { b: { c: 0, d: 3 }, a: 0 }, ['/a', '/b/c']],
    ['names that need escapes', { 'a/b': 1, 'c~d': 2 }, {}, ['/a~1b', '/c~0d']],
    ['a scalar document', 1, 2, ['']],
    ['sums that differ by rounding', { a: 0.3 }, { a: 0.1 + 0.2 }, []],
    ['a large sum that differs by rounding', 1e15 + 0.5, 1e15 + 0.625, []],
    ['fractions that differ', 0.3, 0.3001, ['']],
    ['neighbouring integers', 9_007_199_254_740_991, 9_007_199_254_740_990, ['']],
  ])('%s', (_name, expected, actual, pointers) => {
    expect(pointersOf(expected, actual)).toEqual(pointers)
  })

  test('anything matches itself and its extensions', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        expect(pointersOf(value, structuredClone(value))).toEqual([])
        expect(pointersOf(value, extended(value))).toEqual([])
      }),
    )
  })
})

describe('exactly', () => {
  test.each<[string, Json, Json, string[]]>([
    ['properties in another order', { a: 1, b: 2 }, { b: 2, a: 1 }, []],
    ['further properties', { a: {} }, { a: { c: 2 }, d: 3 }, ['/a/c', '/d']],
    ['further items', [1], [1, 2], ['/1']],
    ['sums that differ by rounding', 0.3, 0.1 + 0.2, ['']],
    ['a property named like a built-in one', JSON.parse('{"__proto__": 1}') as Json, {}, ['/__proto__']],
    ['a property of all objects', {}, { constructor: 1 }, ['/constructor']],
  ])('%s', (_name, expected, actual, pointers) => {
    expect(pointersOf(expected, actual, true)).toEqual(pointers)
  })

  test('two values have no difference just when their canonical texts are equal', () => {
    fc.assert(
      fc.property(anyJson, anyJson, (a, b) => {
        expect(pointersOf(a, b, true).length === 0).toBe(canonical(a) === canonical(b))
        expect(pointersOf(a, structuredClone(a), true)).toEqual([])
      }),
    )
  })
})

function extended(value: Json): Json {
  if (Array.isArray(value)) return [...value.map(extended), 'more']
  if (typeof value !== 'object' || value === null) return value
  return { ...Object.fromEntries(Object.entries(value).map(([name, item]) => [name, extended(item)])), '<more>': 1 }
}

/** Properties sorted; -0 is 0, as it is in JSON. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const names = Object.keys(value).toSorted()
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name] as Json)}`).join()}}`
}
