import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonSchema } from '../catalog.ts'
import { metaViolations } from './validator.ts'
import { isWellFormed } from './well-formed.ts'

test('common schemas are well-formed at a glance', () => {
  expect(
    isWellFormed({
      type: ['object', 'null'],
      required: ['a'],
      properties: { a: { $ref: '#/$defs/1' }, b: { type: 'string', format: 'date-time', reduce: { strategy: 'minimize' } } },
      patternProperties: { '^x-': true },
      $defs: { 1: { enum: [1, null], minLength: 2 } },
    }),
  ).toBe(true)
})

const KEYWORDS = [
  'type',
  'enum',
  'const',
  'multipleOf',
  'minimum',
  'minLength',
  'maxItems',
  'uniqueItems',
  'pattern',
  'required',
  'format',
]
const MORE = [
  'dependentRequired',
  'properties',
  'patternProperties',
  '$defs',
  'items',
  'prefixItems',
  'allOf',
  'not',
  'if',
  '$ref',
  '$anchor',
  '$id',
]
const LAST = [
  'dependencies',
  'dependentSchemas',
  'title',
  'examples',
  'contains',
  'propertyNames',
  'definitions',
  'reduce',
  '$schema',
  'readOnly',
]

const { schema } = fc.letrec<{ schema: JsonSchema; value: unknown }>((tie) => ({
  schema: fc.oneof(
    fc.boolean(),
    fc.dictionary(fc.constantFrom(...KEYWORDS, ...MORE, ...LAST), tie('value'), { maxKeys: 4 }),
  ) as fc.Arbitrary<JsonSchema>,
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('string', 'object', 'x', '^a$', '[', 'a b', '#', '#/$defs/1', '%', 0, -1, 1.5, 3, true, null),
    fc.array(fc.constantFrom('string', 'integer', 'x', 1), { maxLength: 2 }),
    tie('schema'),
    fc.array(tie('schema'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('a', '[', '^b'), tie('value'), { maxKeys: 2 }),
  ),
}))

test('what is well-formed at a glance is so by the meta-schema', () => {
  let wellFormed = 0
  fc.assert(
    fc.property(schema, (schema) => {
      if (!isWellFormed(schema)) return
      wellFormed++
      expect(metaViolations(schema)).toEqual([])
    }),
    { numRuns: 3000 },
  )
  expect(wellFormed).toBeGreaterThan(100)
})
