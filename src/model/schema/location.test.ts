/* oxlint-disable unicorn/no-thenable -- schemas have a "then" */
import { describe, expect, test } from 'vitest'
import type { JsonPointer } from '../../base/json-pointer.ts'
import type { JsonSchema } from '../catalog.ts'
import { inferLocation, inferLocations, type InferredLocation } from './location.ts'
import { SchemaSet } from './schema-set.ts'

const URI = 'file:///schema.yaml'

function infer(schema: JsonSchema, pointer: JsonPointer): InferredLocation {
  return inferLocation(new SchemaSet({ [URI]: schema }), URI, pointer)
}

/** For example `must string`, `may integer|null`, `cannot`; with `?` when the schema does not mention the location. */
function statement(schema: JsonSchema, pointer: JsonPointer): string {
  const { exists, types, mayBeNull, isDeclared } = infer(schema, pointer)
  const names = types.length === 5 && mayBeNull ? 'any' : [...types, ...(mayBeNull ? ['null'] : [])].join('|')
  return `${exists} ${names}`.trim() + (isDeclared ? '' : '?')
}

const closed = { type: 'object', additionalProperties: false }
const kinds = {
  type: 'object',
  required: ['kind'],
  oneOf: [
    { properties: { kind: { const: 'a' }, n: { type: 'integer' } }, required: ['n'] },
    { properties: { kind: { const: 'b' }, n: { type: 'string' } }, required: ['n'] },
  ],
}

function branch(i: number): JsonSchema {
  return { oneOf: [{ properties: { [`a${i}`]: { type: 'string' } } }, { properties: { [`a${i}`]: { type: 'integer' } } }] }
}

describe('a location', () => {
  test.each<[string, JsonSchema, JsonPointer, string]>([
    ['is the document', { type: 'object' }, '', 'must object'],
    ['may be anything where nothing is said', true, '/a', 'may any?'],
    [
      'of a property that is required',
      { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
      '/a',
      'must string',
    ],
    ['of a property that is not', { type: 'object', properties: { a: { type: 'string' } } }, '/a', 'may string'],
    [
      'of a required property, when the document need not be an object',
      { properties: { a: { type: 'string' } }, required: ['a'] },
      '/a',
      'may string',
    ],
    [
      'below one that may be missing',
      { type: 'object', properties: { a: { type: 'object', required: ['b'] } } },
      '/a/b',
      'may any?',
    ],
    [
      'below one that must exist',
      { type: 'object', required: ['a'], properties: { a: { type: 'object', required: ['b'] } } },
      '/a/b',
      'must any?',
    ],
    ['below a scalar', { type: 'object', properties: { a: { type: 'string' } } }, '/a/b', 'cannot?'],
    ['keeps integers and other numbers apart', { type: ['integer', 'null'] }, '', 'must integer|null'],
    ['of any number', { type: ['integer', 'number'] }, '', 'must number'],
    ['of a number that is a multiple of 1', { type: 'number', multipleOf: 1 }, '', 'must integer'],
    ['of a constant', { const: 5 }, '', 'must integer'],
    ['of listed values, as far as the type goes', { enum: [1, 'a', null], type: ['string', 'null'] }, '', 'must string|null'],
    ['of a closed object', { ...closed, properties: { a: true } }, '/b', 'cannot'],
    ['that only a pattern allows', { ...closed, patternProperties: { '^x_': { type: 'integer' } } }, '/x_a', 'may integer'],
    ['under additionalProperties', { type: 'object', additionalProperties: { type: 'boolean' } }, '/a', 'may boolean'],
    ['that is forbidden', { type: 'object', properties: { a: false } }, '/a', 'cannot'],
    ['of an item', { type: 'array', items: { type: 'integer' } }, '/3', 'may integer'],
    ['of an item within minItems', { type: 'array', items: { type: 'integer' }, minItems: 2 }, '/1', 'must integer'],
    ['of an item beyond maxItems', { type: 'array', items: { type: 'integer' }, maxItems: 2 }, '/2', 'cannot?'],
    ['of a tuple', { type: 'array', prefixItems: [{ type: 'string' }, { type: 'null' }], items: false }, '/1', 'may null'],
    ['beyond a closed tuple', { type: 'array', prefixItems: [{ type: 'string' }], items: false }, '/1', 'cannot'],
    ['of a tuple of older drafts', { type: 'array', items: [{ type: 'string' }, { type: 'integer' }] }, '/1', 'may integer'],
    ['with a name like an index', { type: 'object', properties: { '0': { type: 'string' } } }, '/0', 'may string'],
    ['of an inherited name', { type: 'object', properties: {} }, '/constructor', 'may any?'],
    ['that is no pointer', true, 'a', 'cannot?'],
    ['of what cannot be at all', { type: 'object', allOf: [{ type: 'array' }] }, '/a', 'cannot?'],
    [
      'that allOf narrows',
      {
        allOf: [
          { type: 'object', required: ['a'] },
          { properties: { a: { type: ['string', 'null'] } } },
          { properties: { a: { type: 'string' } } },
        ],
      },
      '/a',
      'must string',
    ],
    [
      'that a sibling of allOf requires',
      { required: ['a'], allOf: [{ properties: { a: { type: 'object', required: ['b'] } } }], type: 'object' },
      '/a/b',
      'must any?',
    ],
    ['in every branch', kinds, '/n', 'must integer|string'],
    [
      'in some branches',
      { type: 'object', anyOf: [{ required: ['a'] }, { properties: { a: { type: 'null' } } }] },
      '/a',
      'may any',
    ],
    [
      'that a branch forbids',
      {
        type: 'object',
        required: ['b'],
        oneOf: [{ properties: { a: false } }, { properties: { a: { type: 'string' } }, required: ['a'] }],
      },
      '/a',
      'may string',
    ],
    ['of a branch that contradicts', { type: 'string', oneOf: [{ type: 'integer' }, { minLength: 1 }] }, '', 'must string'],
    ['that if and then require', { type: 'object', if: { required: ['a'] }, then: { required: ['b'] } }, '/b', 'may any?'],
    [
      'that then and else require',
      { type: 'object', if: { required: ['a'] }, then: { required: ['b'] }, else: { required: ['b'] } },
      '/b',
      'must any?',
    ],
    [
      'under dependentSchemas',
      { type: 'object', properties: { v: { type: 'string' } }, dependentSchemas: { r: { properties: { v: false } } } },
      '/v',
      'may string',
    ],
    [
      'behind references',
      {
        $ref: '#/$defs/t',
        $defs: { t: { type: 'object', properties: { next: { $ref: '#/$defs/t' }, n: { type: 'integer' } } } },
      },
      '/next/next/n',
      'may integer',
    ],
    [
      'behind a reference with siblings',
      {
        type: 'object',
        required: ['a'],
        properties: { a: { $ref: '#/$defs/t', type: 'integer' } },
        $defs: { t: { type: 'number' } },
      },
      '/a',
      'must integer',
    ],
    ['behind a reference to itself', { $ref: '#' }, '/a', 'may any?'],
  ])('%s', (_name, schema, pointer, expected) => expect(statement(schema, pointer)).toBe(expected))

  test('has its format, values and words', () => {
    const at = { type: 'string', format: 'date-time', title: 'When', description: 'In UTC' }
    expect(infer({ type: 'object', properties: { at } }, '/at')).toMatchObject({
      format: 'date-time',
      title: 'When',
      description: 'In UTC',
    })
    expect(infer(kinds, '/kind')).toMatchObject({ exists: 'must', types: ['string'], values: ['a', 'b'] })
    expect(infer({ oneOf: [{ format: 'uuid' }, { format: 'date' }] }, '')).not.toHaveProperty('format')
    expect(infer({ enum: ['a', 1], anyOf: [{ type: 'string' }, { type: 'null' }] }, '').values).toEqual(['a'])
  })

  test('of more branches than can be followed is stated weakly, not wrongly', () => {
    const schema = {
      type: 'object',
      properties: { k: { type: 'string' } },
      required: ['k'],
      allOf: Array.from({ length: 30 }, (_, i) => branch(i)),
    }
    expect(statement(schema, '/k')).toBe('must string')
    expect(statement(schema, '/a29')).toBe('may any?')
  })
})

function pointers(schema: JsonSchema): JsonPointer[] {
  return inferLocations(new SchemaSet({ [URI]: schema }), URI).map(({ pointer }) => pointer)
}

describe('the list of locations', () => {
  test('holds the document and its properties in order, without items', () => {
    const segment = { type: 'object', properties: { vendor: { type: 'integer' }, 'a/b': { type: 'string' } } }
    const schema = {
      type: 'object',
      properties: { user: { type: 'string' }, segment, list: { type: 'array', items: segment }, never: false },
    }
    expect(pointers(schema)).toEqual(['', '/user', '/segment', '/segment/vendor', '/segment/a~1b', '/list'])
  })

  test('holds the properties of every branch once', () => {
    expect(pointers(kinds)).toEqual(['', '/kind', '/n'])
  })

  test('ends where a recursive schema repeats itself', () => {
    const tree = { type: 'object', properties: { n: { type: 'integer' }, next: { $ref: '#' } } }
    expect(pointers(tree)).toEqual(['', '/n', '/next', '/next/n', '/next/next'])
  })

  test('ends in depth and in number', () => {
    const wide = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`p${i}`, { $ref: `#/$defs/d${i}` }]))
    const defs = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`d${i}`, { type: 'object', properties: wide }]))
    expect(pointers({ type: 'object', properties: wide, $defs: defs })).toHaveLength(1000)
  })
})
