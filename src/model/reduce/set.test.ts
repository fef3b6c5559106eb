import { describe, expect, test } from 'vitest'
import type { Json } from '../../base/json.ts'
import { annotated, check, compileTestSchema } from './reduction-check.fixture.ts'

describe('set', () => {
  const sums = { additionalProperties: annotated('sum') }
  const pairs = { items: { ...annotated('merge'), prefixItems: [{}, annotated('sum')] } }
  test('of an object follows the worked sequence', () => {
    const schema = { ...annotated('set'), additionalProperties: { ...sums, ...annotated('lastWriteWins') } }
    const first = [{ add: { a: 1, b: 1, c: 1 } }, { remove: { b: 0 } }, { add: { a: 1, d: 1 } }]
    check(schema, first, { add: { a: 2, c: 1, d: 1 } })
    check(schema, [...first, { intersect: { a: 0, d: 0 } }, { add: { a: 1, e: 1 } }], { add: { a: 3, d: 1, e: 1 } })
  })

  test('of a keyed array follows the worked sequence', () => {
    const schema = { ...annotated('set', { key: ['/0'] }), additionalProperties: { ...pairs, ...annotated('lastWriteWins') } }
    const first = [
      {
        add: [
          ['c', 1],
          ['b', 1],
          ['a', 1],
        ],
      },
      { remove: [['b', 0]] },
      {
        add: [
          ['a', 1],
          ['d', 1],
        ],
      },
    ]
    check(schema, first, {
      add: [
        ['a', 2],
        ['c', 1],
        ['d', 1],
      ],
    })
    check(
      schema,
      [
        ...first,
        {
          intersect: [
            ['d', 0],
            ['a', 0],
          ],
        },
        {
          add: [
            ['a', 1],
            ['e', 1],
          ],
        },
      ],
      {
        add: [
          ['a', 3],
          ['d', 1],
          ['e', 1],
        ],
      },
    )
  })

  test('of scalars needs no key', () => {
    check(annotated('set'), [{ add: ['b', 'a'] }, { remove: ['a'], add: ['c', 'a'] }, { intersect: ['c', 'b', 'x'] }], {
      add: ['b', 'c'],
    })
  })

  test('a full reduction drops what says how to change, also of the first document', () => {
    check({ ...annotated('merge'), properties: { s: annotated('set') } }, [{ s: { remove: ['a'], add: ['b'] } }], {
      s: { add: ['b'] },
    })
    check(annotated('set'), [{ remove: ['a'] }], {})
  })

  test.each<[string, Json, Json, Json]>([
    [
      'intersect, intersect',
      { intersect: ['a', 'b'], add: ['x'] },
      { intersect: ['b', 'x'], add: ['y'] },
      { add: ['x', 'y'], intersect: ['b'] },
    ],
    [
      'intersect, remove',
      { intersect: ['a', 'b'], add: ['x'] },
      { remove: ['b', 'x'], add: ['y'] },
      { add: ['y'], intersect: ['a'] },
    ],
    [
      'remove, intersect',
      { remove: ['a', 'b'], add: ['x'] },
      { intersect: ['b', 'c', 'x'], add: ['y'] },
      { add: ['x', 'y'], intersect: ['c', 'x'] },
    ],
    [
      'remove, remove',
      { remove: ['a'], add: ['x'] },
      { remove: ['b', 'x'], add: ['y'] },
      { add: ['y'], remove: ['a', 'b', 'x'] },
    ],
  ])('changes compose: %s', (_name, earlier, later, expected) => {
    expect(compileTestSchema(annotated('set')).reduce(earlier, later, 'partial')).toEqual(expected)
  })
})
