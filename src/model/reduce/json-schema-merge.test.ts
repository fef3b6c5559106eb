import { describe, test } from 'vitest'
import type { Json, JsonObject } from '../../base/json.ts'
import { annotated, check } from './reduction-check.fixture.ts'

function closed(properties: JsonObject, required: string[]): JsonObject {
  return { type: 'object', properties, required, additionalProperties: false }
}

describe('jsonSchemaMerge', () => {
  const schema = annotated('jsonSchemaMerge')
  test.each<[string, Json[], Json]>([
    ['unites types', [{ type: 'integer' }, { type: ['string', 'null'] }], { type: ['integer', 'string', 'null'] }],
    [
      'widens limits',
      [
        { type: 'string', minLength: 2, maxLength: 3 },
        { type: 'string', minLength: 1 },
      ],
      { type: 'string', minLength: 1 },
    ],
    [
      'keeps the limits of a type that only one has',
      [
        { type: 'integer', minimum: 1 },
        { type: 'string', format: 'uuid' },
      ],
      { type: ['integer', 'string'], format: 'uuid', minimum: 1 },
    ],
    ['unites lists of values', [{ const: 'a' }, { enum: ['b', 'a'] }], { type: 'string', enum: ['a', 'b'] }],
    [
      'keeps properties of closed objects, required in both',
      [closed({ a: { type: 'integer' } }, ['a']), closed({ a: { type: 'number' }, b: { type: 'null' } }, ['a', 'b'])],
      closed({ a: { type: 'number' }, b: { type: 'null' } }, ['a']),
    ],
    [
      'drops what an open object may hold otherwise',
      [{ type: 'object', properties: { a: { type: 'integer' } } }, { type: 'object' }],
      { type: 'object' },
    ],
    [
      'unites items',
      [
        { type: 'array', items: { type: 'integer' } },
        { type: 'array', items: { type: 'string' } },
      ],
      { type: 'array', items: { type: ['integer', 'string'] } },
    ],
    ['unites branches', [{ anyOf: [{ type: 'null' }, { type: 'boolean' }] }], { type: ['boolean', 'null'] }],
    ['of everything and something is everything', [true, { type: 'string' }], {}],
    ['of nothing and something is something', [false, { type: 'string' }], { type: 'string' }],
    ['of nothing is nothing', [false, false], { not: {} }],
  ])('%s', (_name, documents, expected) => check(schema, documents, expected))
})
