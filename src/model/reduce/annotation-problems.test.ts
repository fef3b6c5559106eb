import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../../base/json.ts'
import type { JsonSchema } from '../catalog.ts'
import { SchemaSet } from '../schema/schema-set.ts'
import { findAnnotationProblems } from './annotation-problems.ts'
import { annotated } from './reduction-check.fixture.ts'

const URI = 'file:///schema.yaml'

function find(schema: JsonSchema, more: Record<string, JsonSchema> = {}) {
  return findAnnotationProblems(new SchemaSet({ [URI]: schema, ...more }), URI)
}

const merged = (properties: JsonObject) => ({ type: 'object', ...annotated('merge'), properties })

describe('a mistaken annotation is found where it stands', () => {
  test.each<[string, JsonSchema, string, RegExp, string?]>([
    [
      'a strategy that does not exist',
      merged({ a: annotated('minimise') }),
      '/properties/a/reduce/strategy',
      /"minimise" does not exist/,
      'Did you mean "minimize"?',
    ],
    ['no object', merged({ a: { reduce: 'sum' } }), '/properties/a/reduce', /must be an object/],
    ['no strategy', { reduce: {} }, '/reduce', /needs a strategy/],
    [
      'a member that does not exist',
      annotated('merge', { keys: ['/a'] }),
      '/reduce/keys',
      /"keys" is not a member that merge takes/,
      'Did you mean "key"?',
    ],
    [
      'a member of another strategy',
      annotated('sum', { delete: true }),
      '/reduce/delete',
      /"delete" is not a member that sum takes/,
    ],
    ['delete that is neither true nor false', annotated('merge', { delete: 'yes' }), '/reduce/delete', /must be true or false/],
    ['an empty key', annotated('merge', { key: [] }), '/reduce/key', /one or more/],
    [
      'a key that is no pointer',
      annotated('merge', { key: ['/a', 'b.c'] }),
      '/reduce/key/1',
      /"b.c" is not a JSON pointer/,
      'Did you mean "/b/c"?',
    ],
    [
      'sum of an object',
      merged({ a: { type: 'object', ...annotated('sum') } }),
      '/properties/a/reduce/strategy',
      /sum works on number or string, but here is object/,
    ],
    [
      'append to a string',
      { type: 'string', ...annotated('append') },
      '/reduce/strategy',
      /append works on array, but here is string/,
    ],
    ['set of an array', { type: 'array', ...annotated('set') }, '/reduce/strategy', /set works on object/],
    [
      'merge of a scalar by reference',
      { $ref: '#/$defs/n', ...annotated('merge'), $defs: { n: { type: 'integer' } } },
      '/reduce/strategy',
      /but here is integer/,
    ],
    [
      'sum in a branch of another type',
      { type: 'object', anyOf: [annotated('sum'), {}] },
      '/anyOf/0/reduce/strategy',
      /but here is object/,
    ],
    [
      'a key on an object',
      { type: 'object', ...annotated('merge', { key: ['/a'] }) },
      '/reduce/key',
      /for arrays, but here is object/,
      'Leave the key out.',
    ],
    [
      'a key that cannot exist',
      { type: 'array', ...annotated('merge', { key: ['/k/v'] }), items: { properties: { k: { type: 'string' } } } },
      '/reduce/key/0',
      /"v", which cannot exist/,
    ],
    [
      'a key that is not mentioned',
      {
        type: 'array',
        ...annotated('merge', { key: ['/segment/nmae'] }),
        items: { type: 'object', properties: { segment: { properties: { name: { type: 'string' } } } } },
      },
      '/reduce/key/0',
      /"nmae", which the schema does not mention/,
      'Did you mean "name"?',
    ],
    [
      'a key of minimize that is not mentioned',
      { ...annotated('minimize', { key: ['/tiem'] }), properties: { time: {} } },
      '/reduce/key/0',
      /does not mention/,
      'Did you mean "time"?',
    ],
    [
      'a set with other members',
      { type: 'object', ...annotated('set'), properties: { add: {}, ad: {} } },
      '/properties/ad',
      /"ad" would be refused/,
    ],
    [
      'deleted items of an array by index',
      { type: 'array', ...annotated('merge'), items: annotated('lastWriteWins', { delete: true }) },
      '/items/reduce/delete',
      /moves the others/,
      'Give the array a "key".',
    ],
    [
      'below a location without annotation',
      { type: 'object', properties: { n: annotated('sum') } },
      '/properties/n/reduce',
      /no effect: "" above it is reduced as a whole \(lastWriteWins, the default\)/,
    ],
    [
      'below lastWriteWins',
      merged({ a: { ...annotated('lastWriteWins'), properties: { n: annotated('sum') } } }),
      '/properties/a/properties/n/reduce',
      /no effect: "\/properties\/a" above it/,
    ],
    ['below append', { type: 'array', ...annotated('append'), items: annotated('merge') }, '/items/reduce', /\(append\)/],
    [
      'below not',
      { not: { properties: { n: annotated('sum') } } },
      '/not/properties/n/reduce',
      /no location takes its reduction from here/,
    ],
    [
      'below contains',
      { type: 'array', ...annotated('merge'), contains: annotated('sum') },
      '/contains/reduce',
      /no location takes/,
    ],
  ])('%s', (...[, schema, pointer, message, suggestion]) => {
    const [problem, ...others] = find(schema)
    expect(others).toEqual([])
    expect(problem).toMatchObject({ schemaUri: URI, pointerInSchema: pointer, message: expect.stringMatching(message) })
    if (suggestion !== undefined) expect(problem?.suggestion).toBe(suggestion)
  })

  test('in the document that a reference leads to', () => {
    const problems = find(
      { $ref: 'other.yaml#Thing' },
      { 'file:///other.yaml': { $defs: { thing: { $anchor: 'Thing', ...annotated('mrge') } } } },
    )
    expect(problems).toMatchObject([
      { schemaUri: 'file:///other.yaml', pointerInSchema: '/$defs/thing/reduce/strategy', severity: 'error' },
    ])
  })
})

describe('nothing is found in', () => {
  const detail = { $anchor: 'Detail', ...merged({ first: { type: 'string', ...annotated('minimize') }, k: { type: 'string' } }) }
  test.each<[string, JsonSchema]>([
    ['the segment example', merged({ segments: { type: 'array', ...annotated('merge', { key: ['/k'] }), items: detail } })],
    ['a schema without annotations', { type: 'object', properties: { a: { type: 'string' } } }],
    [
      'a recursive schema',
      { $ref: '#/$defs/t', $defs: { t: merged({ n: { type: 'integer', ...annotated('sum') }, next: { $ref: '#/$defs/t' } }) } },
    ],
    [
      'what is taken whole on purpose, by an annotation beside the reference',
      merged({ detail: { $ref: '#/$defs/d', ...annotated('lastWriteWins') }, $defs: {} }),
    ],
    [
      'a set with annotated terms',
      {
        type: 'object',
        ...annotated('set'),
        additionalProperties: {
          type: 'object',
          additionalProperties: { type: 'number', ...annotated('sum') },
          ...annotated('lastWriteWins'),
        },
      },
    ],
    [
      'branches that reduce in different ways',
      {
        oneOf: [
          { properties: { action: { const: 'reset' } }, ...annotated('lastWriteWins') },
          { properties: { n: { type: 'number', ...annotated('sum') } }, ...annotated('merge') },
        ],
      },
    ],
    [
      'minimize with a key that merges in a tie',
      {
        type: 'array',
        ...annotated('minimize', { key: ['/0'] }),
        items: [{ type: 'string' }, { type: 'number', ...annotated('sum') }],
      },
    ],
    ['definitions that nothing refers to', { type: 'object', $defs: { unused: { properties: { n: annotated('sum') } } } }],
  ])('%s', (_name, schema) => {
    const whole: Json =
      typeof schema === 'object' ? { ...schema, $defs: { d: detail, ...(schema['$defs'] as JsonObject | undefined) } } : schema
    expect(find(whole)).toEqual([])
  })
})
