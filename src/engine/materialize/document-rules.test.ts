import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Json } from '../../base/json.ts'
import { SchemaSet } from '../../model/schema/schema-set.ts'
import { type DocumentRules, reduceFully, reducePartially } from './document-rules.ts'

const URI = 'file:///lists.yaml'
const schemas = new SchemaSet({
  [URI]: {
    type: 'object',
    reduce: { strategy: 'merge' },
    properties: { list: { type: 'array', reduce: { strategy: 'append' } }, n: { type: 'integer', reduce: { strategy: 'sum' } } },
  },
})
const rules: DocumentRules = { collection: 'c', schema: schemas.compile(URI), schemaHash: 'h' }

const documentArbitrary = fc.record({ n: fc.nat(9), list: fc.array(fc.nat(9), { maxLength: 2 }) })

test('documents reduce to the same whether the base is there first or they are combined before', () => {
  fc.assert(
    fc.property(
      fc.option(documentArbitrary, { nil: undefined }),
      fc.array(documentArbitrary, { minLength: 1 }),
      (base, documents) => {
        const all: Json[] = base === undefined ? documents : [base, ...documents]
        const sequential = all.reduce((left, right) => schemas.compile(URI).reduce(left, right, 'full') as Json)
        expect(reduceFully(rules, '[]', base, documents)).toEqual(sequential)
        expect(reducePartially(rules, '[]', all)).toEqual(sequential)
      },
    ),
  )
})

test('a lone document comes back as it is', () => {
  const document = { n: 1 }
  expect(reducePartially(rules, '[]', [document])).toBe(document)
  expect(reduceFully(rules, '[]', undefined, [document])).toEqual(document)
})
