/* oxlint-disable unicorn/no-thenable -- schemas have a "then" */
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../base/json.ts'
import { annotated, check, compileTestSchema } from './reduction-check.fixture.ts'

describe('conditional annotations', () => {
  const resettable: JsonObject = {
    type: 'object',
    properties: { value: { type: 'number' } },
    required: ['action'],
    oneOf: [
      { properties: { action: { const: 'reset' } }, ...annotated('lastWriteWins') },
      {
        properties: { action: { const: 'sum', ...annotated('firstWriteWins') }, value: annotated('sum') },
        ...annotated('merge'),
      },
    ],
  }
  test('a sum can be reset', () => {
    check(
      resettable,
      [
        { action: 'sum', value: 5 },
        { action: 'sum', value: -1.2 },
      ],
      { action: 'sum', value: 3.8 },
    )
    const documents = [
      { action: 'sum', value: 5 },
      { action: 'reset', value: 0 },
      { action: 'sum', value: 1.3 },
    ]
    check(resettable, documents, { action: 'reset', value: 1.3 })
  })

  test('if, then and else choose by the later document', () => {
    const schema = {
      ...annotated('merge'),
      if: { required: ['clear'] },
      then: annotated('lastWriteWins'),
      properties: { n: annotated('sum') },
    }
    check(schema, [{ n: 1 }, { n: 2 }], { n: 3 })
    check(schema, [{ n: 1 }, { n: 2, clear: true }, { n: 4 }], { n: 6, clear: true })
    const other = { if: { type: 'number' }, then: annotated('sum'), else: annotated('append') }
    expect(compileTestSchema(other).reduce(1, 2, 'full')).toBe(3)
    expect(compileTestSchema(other).reduce([1], [2], 'full')).toEqual([1, 2])
  })

  test('dependentSchemas apply when the property is there', () => {
    const schema = {
      ...annotated('merge'),
      properties: { n: annotated('sum') },
      dependentSchemas: { clear: annotated('lastWriteWins') },
    }
    check(schema, [{ n: 1 }, { n: 2, clear: true }, { n: 4 }], { n: 6, clear: true })
  })

  test('anyOf: of several branches that apply the last counts', () => {
    const schema = { anyOf: [annotated('minimize'), { minimum: 10, ...annotated('maximize') }] }
    expect(compileTestSchema(schema).reduce(12, 11, 'full')).toBe(12)
    expect(compileTestSchema(schema).reduce(12, 9, 'full')).toBe(9)
  })

  test('annotations come through allOf and references, branches in branches included', () => {
    const schema = {
      $defs: { count: { oneOf: [{ type: 'null' }, { type: 'number', ...annotated('sum') }] } },
      allOf: [annotated('merge'), { properties: { n: { anyOf: [{ $ref: '#/$defs/count' }, { type: 'string' }] } } }],
    }
    check(schema, [{ n: 1 }, { n: 2 }], { n: 3 })
    expect(compileTestSchema(schema).reduce({ n: 1 }, { n: 'x' }, 'full')).toEqual({ n: 'x' })
  })
})

describe('delete', () => {
  const gone = { type: 'null', ...annotated('lastWriteWins', { delete: true }) }
  const deletable = { oneOf: [gone, { type: 'object', ...annotated('lastWriteWins') }] }
  test('a full reduction removes the whole document', () => {
    check(deletable, [{ a: 1 }, null], undefined)
    check(deletable, [{ a: 1 }, null, { b: 1 }], { b: 1 })
  })

  test('a full reduction removes the property', () => {
    const schema = { ...annotated('merge'), properties: { x: deletable } }
    check(schema, [{ x: { a: 1 }, y: 1 }, { x: null }], { y: 1 })
    check(schema, [{ x: null, y: 1 }], { y: 1 })
    check(schema, [{ x: { a: 1 } }, { x: null }, { x: { b: 1 } }], { x: { b: 1 } })
  })

  test('a full reduction removes the item of a keyed array', () => {
    const items = {
      if: { required: ['gone'] },
      then: annotated('lastWriteWins', { delete: true }),
      else: annotated('lastWriteWins'),
    }
    const schema = { ...annotated('merge', { key: ['/k'] }), items }
    check(
      schema,
      [
        [{ k: 1 }, { k: 2 }],
        [
          { k: 2, gone: true },
          { k: 3, gone: true },
        ],
      ],
      [{ k: 1 }],
    )
    check(schema, [[{ k: 1 }], [{ k: 1, gone: true }], [{ k: 1, n: 1 }]], [{ k: 1, n: 1 }])
    check(schema, [[{ k: 1 }, { k: 1, gone: true }]], [])
  })

  test('a partial reduction keeps the word of it', () => {
    expect(compileTestSchema(deletable).reduce({ a: 1 }, null, 'partial')).toBe(null)
  })
})
