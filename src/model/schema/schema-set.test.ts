import { describe, expect, test } from 'vitest'
import { deepFreeze } from '../../base/deep-freeze.ts'
import type { Json } from '../../base/json.ts'
import type { JsonSchema } from '../catalog.ts'
import { SchemaSet } from './schema-set.ts'

const EVENT = {
  $anchor: 'Event',
  type: 'object',
  properties: {
    event: { type: 'string', format: 'uuid' },
    timestamp: { type: 'string', format: 'date-time' },
    segment: {
      $anchor: 'Segment',
      type: 'object',
      properties: { vendor: { type: 'integer', minimum: 1 }, name: { type: 'string', maxLength: 8 } },
      required: ['vendor', 'name'],
    },
    value: { type: 'string' },
    remove: { const: true },
  },
  required: ['event', 'timestamp', 'segment'],
  dependentSchemas: { remove: { properties: { value: false } } },
}

function compile(schema: JsonSchema, more: Record<string, JsonSchema> = {}) {
  return new SchemaSet({ 'file:///catalog/schema.yaml': schema, ...more }).compile('file:///catalog/schema.yaml')
}

describe('validation', () => {
  const schema = compile(EVENT)
  const event = {
    event: '11111111-2222-3333-4444-000000000000',
    timestamp: '2021-01-16T12:34:56Z',
    segment: { vendor: 1, name: 'x' },
  }

  test('a valid document has no violations', () => {
    expect(schema.validate(deepFreeze({ ...event, remove: true, other: 1 }))).toBeUndefined()
  })

  test('all violations are listed, with place and reason', () => {
    expect(
      schema.validate({ event: 'e', timestamp: '2021-02-30T00:00:00Z', segment: { vendor: 1.5 }, remove: false, value: 'x' }),
    ).toEqual([
      { pointer: '/event', message: 'must match format "uuid"' },
      { pointer: '/timestamp', message: 'must match format "date-time"' },
      { pointer: '/segment', message: 'must have required property "name"' },
      { pointer: '/segment/vendor', message: 'must be integer' },
      { pointer: '/remove', message: 'must be true' },
      { pointer: '/value', message: 'must be absent' },
    ])
  })

  test.each<[string, JsonSchema, Json, string]>([
    [
      'surplus properties',
      { properties: { a: true }, additionalProperties: false },
      { a: 1, b: 2 },
      'must not have the property "b"',
    ],
    [
      'surplus properties over branches',
      { allOf: [{ properties: { a: true } }], unevaluatedProperties: false },
      { b: 2 },
      'must not have the property "b"',
    ],
    ['values of a list', { enum: ['a', 1] }, 'b', 'must be one of "a", 1'],
    ['a length in characters, not in code units', { maxLength: 1 }, '𝕏𝕏', 'must NOT have more than 1 characters'],
    ['tuples of older drafts', { items: [{ type: 'string' }], additionalItems: { type: 'null' } }, ['a', 1], 'must be null'],
    ['a schema that allows nothing', false, 1, 'must be absent'],
  ])('messages name the thing: %s', (_name, schema, document, message) => {
    expect(compile(schema).validate(document)?.[0]?.message).toBe(message)
  })

  test('reduce and unknown keywords and formats are no constraints', () => {
    const schema = { type: 'string', format: 'colour', reduce: { strategy: 'maximize' }, 'x-secret': true, minLenght: 9 }
    expect(compile(schema).validate('red')).toBeUndefined()
  })

  test('the violations of a hostile document are limited', () => {
    const violations = compile({ items: { type: 'string' } }).validate(Array.from({ length: 5000 }, () => 1))
    expect(violations).toHaveLength(101)
    expect(violations?.at(-1)?.message).toBe('has 4900 more violations')
  })
})

function nested(levels: number): Json {
  return JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as Json
}

describe('hostile documents never make validation throw', () => {
  test.each<[string, JsonSchema, unknown]>([
    [
      'deep nesting',
      { $ref: '#/$defs/list', $defs: { list: { type: 'array', items: { $ref: '#/$defs/list' } } } },
      nested(100_000),
    ],
    ['deep nesting under a comparison', { uniqueItems: true }, [nested(100_000), nested(100_000)]],
    ['__proto__ as a property', { additionalProperties: { type: 'string' } }, JSON.parse('{"__proto__": {"a": 1}}')],
    ['lone surrogates', { type: 'string', pattern: '^[a-z]+$', maxLength: 3 }, '\ud800\udfff\udc00'],
    ['undefined', { type: 'object' }, undefined],
  ])('%s', (_name, schema, document) => expect(compile(schema).validate(document)).toBeDefined())

  test('inherited names do not count as properties', () => {
    const schema = { properties: { constructor: { type: 'string' }, toString: { type: 'string' } }, required: ['constructor'] }
    expect(compile(schema).validate({ constructor: 'a' })).toBeUndefined()
    expect(compile(schema).validate({})).toEqual([{ pointer: '', message: 'must have required property "constructor"' }])
  })
})

describe('references', () => {
  const documents: Record<string, JsonSchema> = {
    'file:///catalog/event.yaml': EVENT,
    'file:///catalog/sub/derived.yaml': {
      $defs: {
        detail: { $anchor: 'Detail', properties: { segment: { $ref: '../event.yaml#Segment' }, next: { $ref: '#Detail' } } },
        'a/b c%': { type: 'integer' },
        escaped: { $ref: '#/$defs/a~1b%20c%25' },
      },
    },
    'https://schemas.example/moved.json': {
      $id: 'https://other.example/v1/root.json',
      $defs: {
        inner: { $id: 'inner/', $defs: { leaf: { $anchor: 'Leaf', type: 'null' } }, properties: { leaf: { $ref: '#Leaf' } } },
        near: { $ref: 'inner/#Leaf' },
      },
    },
  }
  const set = new SchemaSet(documents)

  test.each<[string, string | undefined, string]>([
    ['file:///catalog/event.yaml', undefined, 'file:///catalog/event.yaml#'],
    ['file:///catalog/event.yaml#Segment', undefined, 'file:///catalog/event.yaml#/properties/segment'],
    [
      '../event.yaml#/properties/segment/properties/vendor',
      'file:///catalog/sub/derived.yaml',
      'file:///catalog/event.yaml#/properties/segment/properties/vendor',
    ],
    ['#Detail', 'file:///catalog/sub/derived.yaml', 'file:///catalog/sub/derived.yaml#/$defs/detail'],
    ['file:///catalog/sub/derived.yaml#/$defs/a~1b%20c%25', undefined, 'file:///catalog/sub/derived.yaml#/$defs/a~1b c%'],
    ['https://other.example/v1/root.json', undefined, 'https://schemas.example/moved.json#'],
    ['https://other.example/v1/inner/#Leaf', undefined, 'https://schemas.example/moved.json#/$defs/inner/$defs/leaf'],
  ])('%s from %s is %s', (uri, base, expected) => expect(set.resolve(uri, base).uri).toBe(expected))

  test('lead through files, anchors, ids and recursion when documents are validated', () => {
    const detail = set.compile('file:///catalog/sub/derived.yaml#Detail')
    expect(detail.validate({ next: { next: { segment: { vendor: 0, name: 'x' } } } })).toEqual([
      { pointer: '/next/next/segment/vendor', message: 'must be >= 1' },
    ])
    expect(set.compile('file:///catalog/sub/derived.yaml#/$defs/escaped').validate(1.5)).toHaveLength(1)
    expect(set.compile('https://schemas.example/moved.json#/$defs/near').validate(1)).toHaveLength(1)
    expect(set.compile('https://other.example/v1/inner/').validate({ leaf: 1 })).toHaveLength(1)
  })

  test('to nothing are refused with what is near', () => {
    const broken = new SchemaSet({
      ...documents,
      'file:///catalog/broken.yaml': { properties: { a: { $ref: 'event.yaml#Segmnet' } } },
    })
    expect(() => broken.compile('file:///catalog/broken.yaml')).toThrow(
      expect.objectContaining({ code: 'catalog_invalid', hint: 'Did you mean "file:///catalog/event.yaml#Segment"?' }),
    )
    expect(() => set.resolve('file:///catalog/none.yaml')).toThrow(/There is no schema "file:\/\/\/catalog\/none.yaml"/)
  })

  test('a value under const or enum that looks like a reference is none', () => {
    expect(compile({ const: { $ref: '#/nowhere' } }).validate({ $ref: '#/nowhere' })).toBeUndefined()
  })
})

test('what is no JSON Schema is refused with its place in the document that holds it', () => {
  const set = new SchemaSet({
    'file:///a.yaml': { properties: { b: { $ref: 'b.yaml#/$defs/thing' } } },
    'file:///b.yaml': { $defs: { thing: { properties: { n: { type: 'strnig' } } } } },
  })
  expect(set.findProblems('file:///a.yaml')[0]).toMatchObject({
    schemaUri: 'file:///b.yaml',
    pointerInSchema: '/$defs/thing/properties/n/type',
  })
  expect(() => set.compile('file:///a.yaml')).toThrow(/at file:\/\/\/b.yaml#\/\$defs\/thing\/properties\/n\/type/)
})

test('compiling twice compiles once', () => {
  const set = new SchemaSet({ 'file:///event.yaml': EVENT })
  expect(set.compile('file:///event.yaml')).toBe(set.compile('file:///event.yaml'))
})

/** Of the first document. */
function hash(documents: Record<string, JsonSchema>): string {
  return new SchemaSet(documents).hash(Object.keys(documents)[0] as string)
}

describe('the hash of a schema', () => {
  const one = hash({
    'file:///a.yaml': { properties: { x: { $ref: 'b.yaml' }, y: { type: 'string' } } },
    'file:///b.yaml': { type: 'integer' },
  })

  test('is the same whatever the files are called, in any order, with other titles and reductions', () => {
    const other = hash({
      'file:///moved/a.yaml': {
        title: 'A',
        properties: { y: { type: 'string', reduce: { strategy: 'maximize' } }, x: { $ref: '#X' } },
        $defs: { x: { $anchor: 'X', type: 'integer' } },
      },
    })
    expect(other).toBe(one)
    expect(one).toMatch(/^[0-9a-f]{32}$/)
  })

  test('differs when something that it refers to differs', () => {
    expect(
      hash({
        'file:///a.yaml': { properties: { x: { $ref: 'b.yaml' }, y: { type: 'string' } } },
        'file:///b.yaml': { type: 'number' },
      }),
    ).not.toBe(one)
  })
})
