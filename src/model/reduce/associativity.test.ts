/* oxlint-disable unicorn/no-thenable -- schemas have a "then" */
/** Whatever way documents are grouped by partial reductions, the full result is that of one after the other. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deepFreeze } from '../../base/deep-freeze.ts'
import type { Json, JsonObject } from '../../base/json.ts'
import { annotated, combine, compileTestSchema, reduceInOrder } from './reduction-check.fixture.ts'

/** For every list of documents: a base of the first few, then partial reductions of the rest as any tree. */
function checkAssociative(schema: JsonObject, document: fc.Arbitrary<Json>, runs = 300): void {
  const compiled = compileTestSchema(schema)
  const property = fc.property(
    fc.array(document, { minLength: 1, maxLength: 7 }).map((documents) => documents.map((document) => deepFreeze(document))),
    fc.nat(6),
    fc.array(fc.nat(5), { maxLength: 6 }),
    (documents, cut, splits) => {
      for (const document of documents) expect(compiled.validate(document)).toBeUndefined()
      const expected = reduceInOrder(compiled, documents)
      const baseSize = Math.min(cut, documents.length - 1)
      const base = deepFreeze(reduceInOrder(compiled, documents.slice(0, baseSize)))
      const rest = combine(compiled, documents.slice(baseSize), splits)
      expect(reduceInOrder(compiled, [rest], base)).toEqual(expected)
      expect(reduceInOrder(compiled, [combine(compiled, documents, splits)])).toEqual(expected)
    },
  )
  fc.assert(property, { numRuns: runs })
}

const integer = fc.integer({ min: -1000, max: 1000 })
/** Sums of these are exact, so that their order does not matter. */
const dyadic = fc.integer({ min: -1000, max: 1000 }).map((n) => n / 8)
const decimal = fc.tuple(integer, fc.nat(999)).map(([whole, fraction]) => `${whole}.${fraction}`)
const scalar = fc.oneof(fc.constant(null), fc.boolean(), integer, fc.constantFrom('', 'a', 'b', 'é', '𝕏', '\uffff'))
const name = fc.constantFrom('a', 'b', 'c', 'constructor')
const json = fc.oneof(
  { weight: 3, arbitrary: scalar },
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(name, scalar, { maxKeys: 3 }),
) as fc.Arbitrary<Json>
const time = fc
  .tuple(
    fc.integer({ min: 0, max: 59 }),
    fc.constantFrom('', '.5', '.50', '.125'),
    fc.constantFrom('Z', '+00:00', '+00:01', '-00:01', 'z'),
  )
  .map(([second, fraction, offset]) => `2021-01-16T12:00:${String(second).padStart(2, '0')}${fraction}${offset}`)

const map = (value: fc.Arbitrary<Json>): fc.Arbitrary<Json> => fc.dictionary(name, value, { maxKeys: 4 })
const list = (item: fc.Arbitrary<Json>): fc.Arbitrary<Json> => fc.array(item, { maxLength: 5 })
const orNull = (value: fc.Arbitrary<Json>): fc.Arbitrary<Json> => fc.option(value, { freq: 4 })
const record = (members: Record<string, fc.Arbitrary<Json>>): fc.Arbitrary<Json> =>
  fc.record(members, { requiredKeys: [] }) as fc.Arbitrary<Json>

/** The terms of a set: `add`, and at most one of the others. */
const change = (term: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
  fc.tuple(fc.option(term), fc.constantFrom('none', 'remove', 'intersect'), term).map(([add, kind, other]) => ({
    ...(add !== null && { add }),
    ...(kind !== 'none' && { [kind]: other }),
  }))

const item = record({ n: integer, tags: change(list(fc.constantFrom('x', 'y', 'z'))), at: time })
const keyedItem = fc.tuple(fc.integer({ min: 0, max: 5 }), item).map(([k, item]) => ({ k, ...(item as JsonObject) }))
const itemSchema = {
  ...annotated('merge'),
  properties: {
    n: annotated('sum'),
    tags: annotated('set'),
    at: { type: 'string', format: 'date-time', ...annotated('maximize') },
  },
}

type Case = [string, JsonObject, fc.Arbitrary<Json>]

describe('every strategy is associative', () => {
  test.each<Case>([
    ['lastWriteWins', annotated('lastWriteWins'), json],
    ['firstWriteWins', annotated('firstWriteWins'), json],
    ['append', annotated('append'), orNull(list(json))],
    ['minimize', annotated('minimize'), json],
    ['maximize', annotated('maximize'), json],
    ['minimize of timestamps', { type: 'string', format: 'date-time', ...annotated('minimize') }, time],
    ['maximize of timestamps', { type: 'string', format: 'date-time', ...annotated('maximize') }, time],
    ['minimize with a key', { ...itemSchema, ...annotated('minimize', { key: ['/k'] }) }, orNull(keyedItem)],
    ['maximize with two keys', { ...itemSchema, ...annotated('maximize', { key: ['/at', '/k'] }) }, keyedItem],
    ['sum', annotated('sum'), orNull(dyadic)],
    ['sum of decimal strings', annotated('sum'), decimal],
    ['merge of objects', { ...annotated('merge'), additionalProperties: annotated('sum') }, orNull(map(dyadic))],
    ['merge of arrays by index', { ...annotated('merge'), items: itemSchema }, orNull(list(item))],
    ['merge of arrays by key', { ...annotated('merge', { key: ['/k'] }), items: itemSchema }, orNull(list(keyedItem))],
    ['merge of arrays by scalars', annotated('merge', { key: [''] }), list(scalar)],
    [
      'set of objects',
      { ...annotated('set'), additionalProperties: { additionalProperties: annotated('sum') } },
      orNull(change(map(integer))),
    ],
    [
      'set of keyed arrays',
      { ...annotated('set', { key: ['/k'] }), additionalProperties: { items: itemSchema } },
      change(list(keyedItem)),
    ],
    ['set of scalars', annotated('set'), change(list(scalar))],
  ])('%s', (_name, schema, document) => checkAssociative(schema, document))
})

describe('compositions are associative', () => {
  const gone = annotated('lastWriteWins', { delete: true })
  test.each<Case>([
    [
      'everything beside each other',
      {
        ...annotated('merge'),
        properties: {
          first: annotated('firstWriteWins'),
          log: annotated('append'),
          low: annotated('minimize'),
          total: annotated('sum'),
          tags: annotated('set'),
        },
      },
      record({ first: json, log: list(json), low: json, total: dyadic, tags: change(list(name)), other: json }),
    ],
    [
      'keyed arrays in keyed arrays',
      {
        ...annotated('merge', { key: ['/k'] }),
        items: { ...annotated('merge'), properties: { below: { ...annotated('merge', { key: ['/k'] }), items: itemSchema } } },
      },
      list(record({ k: fc.nat(2), below: list(keyedItem) })),
    ],
    [
      'a recursive tree',
      {
        $defs: {
          tree: { ...annotated('merge'), properties: { n: annotated('sum') }, additionalProperties: { $ref: '#/$defs/tree' } },
        },
        $ref: '#/$defs/tree',
      },
      fc.letrec<{ tree: Json }>((tie) => ({ tree: record({ n: integer, a: orNull(tie('tree')), b: tie('tree') }) })).tree,
    ],
    [
      'a value that null deletes',
      {
        ...annotated('merge'),
        properties: {
          x: {
            oneOf: [
              { type: 'null', ...gone },
              { type: 'object', ...annotated('lastWriteWins') },
            ],
          },
        },
      },
      record({ x: orNull(map(integer)) }),
    ],
    ['a document that null deletes', { oneOf: [{ type: 'null', ...gone }, { not: { type: 'null' } }] }, orNull(map(integer))],
    [
      'items that are deleted',
      { ...annotated('merge', { key: ['/k'] }), items: { if: { required: ['gone'] }, then: gone } },
      list(fc.tuple(fc.nat(3), fc.boolean(), integer).map(([k, gone, n]) => (gone ? { k, gone } : { k, n }))),
    ],
    [
      'a sum that is reset by a tag that the earlier side keeps',
      {
        required: ['action'],
        oneOf: [
          { properties: { action: { const: 'reset' } }, ...annotated('lastWriteWins') },
          {
            properties: { action: { const: 'sum', ...annotated('firstWriteWins') }, value: annotated('sum') },
            ...annotated('merge'),
          },
        ],
      },
      fc.tuple(fc.constantFrom('sum', 'reset'), dyadic).map(([action, value]) => ({ action, value })),
    ],
    [
      'a reset by the presence of a property',
      {
        ...annotated('merge'),
        properties: { n: annotated('sum'), low: annotated('minimize') },
        dependentSchemas: { reset: annotated('lastWriteWins') },
      },
      record({ reset: fc.constant(true), n: integer, low: integer }),
    ],
  ])('%s', (_name, schema, document) => checkAssociative(schema, document))

  test('jsonSchemaMerge of schemas of any form', () => {
    const schema = fc.letrec<{ schema: Json }>((tie) => ({
      schema: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom<Json>(
          { type: 'integer', minimum: 1 },
          { type: 'number', maximum: 9 },
          { type: ['string', 'null'], maxLength: 3 },
          { const: 'a' },
          { enum: [1.5, 'b', null] },
          {},
          { not: {} },
        ),
        fc
          .tuple(fc.dictionary(name, tie('schema'), { maxKeys: 2 }), fc.array(name, { maxLength: 2 }), fc.option(tie('schema')))
          .map(([properties, required, additionalProperties]) => ({
            type: 'object',
            properties,
            required,
            ...(additionalProperties !== null && { additionalProperties }),
          })),
        tie('schema').map((items) => ({ type: 'array', items })),
        fc.tuple(tie('schema'), tie('schema')).map((anyOf) => ({ anyOf })),
      ),
    })).schema
    checkAssociative(annotated('jsonSchemaMerge'), schema, 200)
  })
})

function inHundredths(n: bigint): string {
  const digits = String(n < 0n ? -n : n).padStart(3, '0')
  return `${n < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}

describe('reductions equal a plain model', () => {
  test('a keyed array is a map by key', () => {
    const schema = compileTestSchema({
      ...annotated('merge', { key: ['/k'] }),
      items: { ...annotated('merge'), properties: { n: annotated('sum') } },
    })
    const pair = fc.record({ k: fc.integer({ min: 0, max: 9 }), n: integer })
    fc.assert(
      fc.property(fc.array(fc.array(pair, { maxLength: 12 }), { minLength: 1, maxLength: 5 }), (documents) => {
        const sums = new Map<number, number>()
        for (const { k, n } of documents.flat()) sums.set(k, (sums.get(k) ?? 0) + n)
        const expected = [...sums].toSorted(([a], [b]) => a - b).map(([k, n]) => ({ k, n }))
        expect(reduceInOrder(schema, documents)).toEqual(expected)
      }),
    )
  })

  test('a set is a map that members are added to, removed from and kept in', () => {
    const schema = compileTestSchema({ ...annotated('set'), additionalProperties: { additionalProperties: annotated('sum') } })
    fc.assert(
      fc.property(fc.array(change(map(integer)), { minLength: 1, maxLength: 6 }), (documents) => {
        const model = new Map<string, number>()
        for (const { add = {}, remove = {}, intersect } of documents as Record<string, Record<string, number>>[]) {
          for (const member of model.keys()) {
            if (member in remove && Object.hasOwn(remove, member)) model.delete(member)
            if (intersect !== undefined && !Object.hasOwn(intersect, member)) model.delete(member)
          }
          for (const [member, n] of Object.entries(add)) model.set(member, (model.get(member) ?? 0) + n)
        }
        const { add = {} } = reduceInOrder(schema, documents) as { add?: JsonObject }
        expect(add).toEqual(Object.fromEntries(model))
      }),
    )
  })

  test('decimal strings add up like integers of a common unit', () => {
    const schema = compileTestSchema(annotated('sum'))
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), { minLength: 2, maxLength: 5 }), (cents) => {
        expect(reduceInOrder(schema, cents.map(inHundredths))).toBe(inHundredths(cents.reduce((a, b) => a + b)))
      }),
    )
  })

  test('a schema merged of two accepts what one of them accepts', () => {
    const merge = compileTestSchema(annotated('jsonSchemaMerge'))
    const schemaOf = (value: Json): JsonObject => {
      if (Array.isArray(value))
        return value.length === 0 ? { type: 'array' } : { type: 'array', items: { anyOf: value.map(schemaOf) } }
      if (typeof value !== 'object' || value === null) return { const: value }
      const properties = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, schemaOf(member)]))
      return { type: 'object', properties, required: Object.keys(value), additionalProperties: false }
    }
    fc.assert(
      fc.property(fc.array(json, { minLength: 1, maxLength: 5 }), (values) => {
        const merged = compileTestSchema(reduceInOrder(merge, values.map(schemaOf)) as JsonObject)
        for (const value of values) expect(merged.validate(value)).toBeUndefined()
      }),
      { numRuns: 30 },
    )
  })
})
