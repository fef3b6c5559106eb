import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../../base/json.ts'
import { annotated, check, checkFails, compileTestSchema } from './reduction-check.fixture.ts'

describe('single values', () => {
  test.each<[string, JsonObject, Json[], Json]>([
    ['without an annotation the last one wins', {}, [{ a: 1 }, { b: 2 }], { b: 2 }],
    ['lastWriteWins takes the last, null included', annotated('lastWriteWins'), [1, null], null],
    ['firstWriteWins keeps the first', annotated('firstWriteWins'), ['a', 'b', 'c'], 'a'],
    ['firstWriteWins keeps null when it came first', annotated('firstWriteWins'), [null, 'b'], null],
    ['append joins in order', annotated('append'), [[1, 2], [], [3, null, 'abc']], [1, 2, 3, null, 'abc']],
    ['append takes null as nothing', annotated('append'), [null, [1], null, [2]], [1, 2]],
    ['minimize finds the least', annotated('minimize'), [3, 1.5, 2], 1.5],
    ['maximize finds the greatest', annotated('maximize'), ['a', 'c', 'b'], 'c'],
    ['minimize counts null as the least', annotated('minimize'), [3, null, 2], null],
    ['maximize orders types: numbers before strings before objects', annotated('maximize'), ['z', { a: 1 }, 99, [7]], { a: 1 }],
    ['minimize compares arrays item by item', annotated('minimize'), [[2], [1, 9], [1, 2, 3], [1, 2]], [1, 2]],
    [
      'maximize compares objects by their sorted members',
      annotated('maximize'),
      [
        { b: 1, a: 2 },
        { a: 2, b: 3 },
      ],
      { a: 2, b: 3 },
    ],
    ['sum adds integers', annotated('sum'), [5, -2, 4], 7],
    ['sum adds fractions', annotated('sum'), [5, -1.2], 3.8],
    ['sum takes null as nothing', annotated('sum'), [null, 4, null, 3], 7],
    [
      'sum adds decimal strings exactly',
      annotated('sum'),
      ['0.10', '0.2', '-99999999999999999999.3'],
      '-99999999999999999999.00',
    ],
    ['sum reads exponents', annotated('sum'), ['1e3', '2.5E-2'], '1000.025'],
    ['sum keeps integers in strings exact', annotated('sum'), ['9007199254740993', '1'], '9007199254740994'],
  ])('%s', (_name, schema, documents, expected) => check(schema, documents, expected))

  test('a sum of integers beyond 2^53 fails instead of being rounded', () => {
    checkFails(annotated('sum'), [Number.MAX_SAFE_INTEGER, 1], /beyond ±\(2\^53 - 1\)/)
  })

  test.each<[string, string, Json[], RegExp]>([
    ['a number and a string', 'sum', [1, '1'], /two numbers or two decimal strings, but has the number 1 and the string "1"/],
    ['text', 'sum', ['1', 'one'], /decimal numbers, but has the string "one"/],
    ['an exponent that would fill the memory', 'sum', ['1', '1e999999999'], /exponent/],
    ['an infinite sum', 'sum', [1.5e308, 1.5e308], /range/],
    ['an array and a string', 'append', [[1], 'x'], /append needs two arrays, but has an array and the string "x"/],
    ['an object and an array', 'merge', [{}, []], /merge needs two objects or two arrays/],
    ['two scalars', 'merge', [1, 2], /merge needs/],
    ['a set with other members', 'set', [{ add: {}, plus: {} }], /but here is "plus"/],
    ['a set that intersects and removes', 'set', [{ intersect: [], remove: [] }], /not both/],
    ['a set of objects and arrays', 'set', [{ add: ['a'] }, { remove: { a: 0 } }], /all objects or all arrays/],
  ])('%s: refused with %s', (_name, strategy, documents, message) => checkFails(annotated(strategy), documents, message))

  test('a failure names the place', () => {
    const sum = annotated('sum')
    const items = { ...annotated('merge'), properties: { n: sum } }
    const schema = { ...annotated('merge'), properties: { 'a/b': { ...annotated('merge', { key: ['/k'] }), items } } }
    checkFails(
      schema,
      [
        { 'a/b': [{ k: 2, n: 1 }] },
        {
          'a/b': [
            { k: 1, n: 1 },
            { k: 2, n: 'x' },
          ],
        },
      ],
      /at "\/a~1b\/1\/n"/,
    )
  })
})

describe('merge', () => {
  const counts = { ...annotated('merge'), additionalProperties: annotated('sum'), items: annotated('sum') }
  test.each<[string, JsonObject, Json[], Json]>([
    [
      'goes into objects by property',
      counts,
      [
        { a: 1, b: 1 },
        { a: 1, c: 1 },
      ],
      { a: 2, b: 1, c: 1 },
    ],
    ['goes into arrays by index and keeps the longer tail', counts, [[1, 1], [2, 2, 2], [1]], [4, 3, 2]],
    ['takes null as nothing', counts, [null, { a: 1 }, null, { a: 1 }], { a: 2 }],
    ['of null alone is null', counts, [null, null], null],
    [
      'goes by patterns of names',
      { ...annotated('merge'), patternProperties: { '^n_': annotated('sum') } },
      [
        { n_a: 1, b: 1 },
        { n_a: 1, b: 1 },
      ],
      { n_a: 2, b: 1 },
    ],
    [
      'does not reach below what is not merged',
      { ...annotated('merge'), properties: { a: { properties: { n: annotated('sum') } } } },
      [{ a: { n: 1 } }, { a: { n: 1 } }],
      { a: { n: 1 } },
    ],
    [
      'goes by tuples',
      { ...annotated('merge'), prefixItems: [{}, annotated('sum')] },
      [
        ['x', 1],
        ['y', 2],
      ],
      ['y', 3],
    ],
    [
      'goes by tuples of older drafts',
      { ...annotated('merge'), items: [{}, annotated('sum')] },
      [
        ['x', 1],
        ['y', 2],
      ],
      ['y', 3],
    ],
  ])('%s', (_name, schema, documents, expected) => check(schema, documents, expected))

  test('names that every object inherits are members like others', () => {
    const left: Json = JSON.parse('{"constructor": 1, "__proto__": 1}')
    const result = compileTestSchema(counts).reduce(left, JSON.parse('{"constructor": 2, "__proto__": 2, "toString": 3}'), 'full')
    expect(JSON.stringify(result)).toBe('{"constructor":3,"__proto__":3,"toString":3}')
  })

  test('a result that is the earlier document comes back as this very document', () => {
    const left = { a: 1, b: { c: 1 } }
    expect(compileTestSchema({ ...annotated('merge') }).reduce(left, { a: 1 }, 'full')).toBe(left)
  })

  test('the annotation beside a reference counts more than that of the referenced schema', () => {
    const properties = { min: { $anchor: 'Value', ...annotated('minimize') }, max: { $ref: '#Value', ...annotated('maximize') } }
    check(
      { ...annotated('merge'), properties },
      [
        { min: 1, max: 1 },
        { min: 2, max: 2 },
      ],
      { min: 1, max: 2 },
    )
  })

  test('a recursive schema is followed down', () => {
    const schema = { ...annotated('merge'), properties: { n: annotated('sum'), next: { $ref: '#' } } }
    check(schema, [{ n: 1, next: { n: 1 } }, { n: 1, next: { n: 1, next: { n: 5 } } }, { next: { next: { n: 1 } } }], {
      n: 2,
      next: { n: 2, next: { n: 6 } },
    })
  })
})

test('documents that are nested too deeply fail instead of exhausting the stack', () => {
  const deep = JSON.parse('{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000)) as Json
  const tree = { $defs: { t: { ...annotated('merge'), additionalProperties: { $ref: '#/$defs/t' } } }, $ref: '#/$defs/t' }
  checkFails(tree, [deep, deep], /nested too deeply/)
  checkFails(annotated('minimize'), [deep, deep], /nested too deeply/)
})

describe('arrays with a key', () => {
  const keyed = { ...annotated('merge', { key: ['/k'] }), items: { ...annotated('merge'), properties: { n: annotated('sum') } } }
  test.each<[string, JsonObject, Json[], Json]>([
    [
      'merge in the order of the key',
      keyed,
      [
        [
          { k: 'a', n: 1 },
          { k: 'c', n: 1 },
        ],
        [
          { k: 'b', n: 1 },
          { k: 'c', n: 1 },
        ],
      ],
      [
        { k: 'a', n: 1 },
        { k: 'b', n: 1 },
        { k: 'c', n: 2 },
      ],
    ],
    [
      'are sorted when they were not',
      keyed,
      [
        [{ k: 3 }, { k: 1 }],
        [{ k: 2 }, { k: 0 }],
      ],
      [{ k: 0 }, { k: 1 }, { k: 2 }, { k: 3 }],
    ],
    [
      'reduce items of one key within a document',
      keyed,
      [[{ k: 1, n: 1 }, { k: 0 }, { k: 1, n: 2 }]],
      [{ k: 0 }, { k: 1, n: 3 }],
    ],
    [
      'compare keys part by part',
      { ...annotated('merge', { key: ['/a', '/b'] }) },
      [
        [{ a: 1, b: 2 }],
        [
          { a: 1, b: 1 },
          { a: 0, b: 9 },
        ],
      ],
      [
        { a: 0, b: 9 },
        { a: 1, b: 1 },
        { a: 1, b: 2 },
      ],
    ],
    [
      'may hold scalars that are their own key',
      annotated('merge', { key: [''] }),
      [
        ['b', 'd'],
        ['a', 'b', 'c'],
      ],
      ['a', 'b', 'c', 'd'],
    ],
    [
      'sort missing before null, booleans, numbers and strings',
      annotated('merge', { key: ['/k'] }),
      [
        [{ k: 'a' }, { k: 1 }, { k: true }],
        [{ k: null }, {}],
      ],
      [{}, { k: null }, { k: true }, { k: 1 }, { k: 'a' }],
    ],
    [
      'may be keyed by position',
      { ...annotated('merge', { key: ['/0'] }), items: { ...annotated('merge'), prefixItems: [{}, annotated('sum')] } },
      [
        [['b', 1]],
        [
          ['a', 1],
          ['b', 1],
        ],
      ],
      [
        ['a', 1],
        ['b', 2],
      ],
    ],
  ])('%s', (_name, schema, documents, expected) => check(schema, documents, expected))

  test('items of one key within a document are changes that follow each other', () => {
    const tagged = {
      ...annotated('merge', { key: ['/k'] }),
      items: { ...annotated('merge'), properties: { tags: annotated('set') } },
    }
    const removeAndAdd = [
      { k: 1, tags: { remove: ['a'] } },
      { k: 1, tags: { add: ['b'] } },
    ]
    check(tagged, [[{ k: 1, tags: { add: ['a', 'c'] } }], removeAndAdd], [{ k: 1, tags: { add: ['b', 'c'] } }])
  })

  test('an unsorted earlier array is put in order rather than corrupted', () => {
    const result = compileTestSchema(keyed).reduce([{ k: 'c' }, { k: 'a' }, { k: 'b', n: 1 }], [{ k: 'b', n: 1 }], 'full')
    expect(result).toEqual([{ k: 'a' }, { k: 'b', n: 2 }, { k: 'c' }])
  })
})

describe('annotations that cannot be read', () => {
  test.each<[Json, RegExp]>([
    [{ strategy: 'mrege' }, /"mrege" does not exist/],
    [{ strategy: 'sum', key: ['/a'] }, /"key" is not a member that sum takes/],
    [{ strategy: 'merge', key: 'a' }, /must be a list/],
    ['merge', /must be an object/],
  ])('%j stops the compilation, also in a branch', (annotation, message) => {
    const schema = { oneOf: [{ type: 'string' }, { type: 'object', properties: { a: { reduce: annotation } } }] }
    expect(() => compileTestSchema(schema)).toThrow(
      expect.objectContaining({ code: 'catalog_invalid', message: expect.stringMatching(message) }),
    )
  })
})
