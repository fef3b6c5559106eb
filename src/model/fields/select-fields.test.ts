import { expect, test } from 'vitest'
import type { Collection, EndpointConfig, FieldSelector } from '../catalog.ts'
import { SchemaSet } from '../schema/schema-set.ts'
import { selectFields } from './select-fields.ts'

const URI = 'file:///schema.yaml'

const schemas = new SchemaSet({
  [URI]: {
    type: 'object',
    required: ['user', 'segment', 'both'],
    properties: {
      user: { type: 'string' },
      segment: {
        type: 'object',
        required: ['vendor', 'name'],
        properties: { vendor: { type: 'integer' }, name: { type: 'string' } },
      },
      score: { type: ['number', 'integer'] },
      note: { type: ['string', 'null'] },
      tags: { type: 'array', items: { type: 'string' } },
      both: { type: ['string', 'boolean'] },
      nothing: { type: 'null' },
      anything: true,
    },
  },
})

const collection: Collection = {
  name: 'members',
  schema: URI,
  key: ['/segment/vendor', '/segment/name', '/user'],
  projections: {
    vendor: { location: '/segment/vendor', isPartition: true },
    segment_name: { location: '/segment/name', isPartition: false },
    remark: { location: '/note', isPartition: false },
  },
}

function check(
  selector: Partial<FieldSelector>,
  expected: { keys?: string; values?: string; document?: string; problems?: string[] },
  kind: EndpointConfig['kind'] = 'sqlite',
): void {
  const { fields, problems } = selectFields(
    collection,
    schemas,
    { recommended: true, include: [], exclude: [], ...selector },
    kind,
  )
  const names = (role: string) => fields.filter((field) => field.role === role).map(({ field }) => field)
  expect(problems).toEqual(expected.problems ?? [])
  expect(names('key').join(' ')).toBe(expected.keys ?? 'vendor segment_name user')
  expect(names('value').join(' ')).toBe(expected.values ?? 'remark score')
  expect(names('document').join(' ')).toBe(expected.document ?? 'flow_document')
  const roles = fields.map(({ role }) => ({ key: 0, value: 1, document: 2 })[role])
  expect(roles).toEqual(roles.toSorted((a, b) => a - b))
}

test('keys, single scalars and the document are selected, under the names that the catalog gives', () => check({}, {}))

test('types come without null, and integers count as numbers where both may occur', () => {
  const { fields } = selectFields(collection, schemas, { recommended: true, include: [], exclude: [] }, 'postgres')
  expect(fields.find(({ field }) => field === 'score')).toEqual({
    field: 'score',
    location: '/score',
    role: 'value',
    types: ['number'],
    mayBeNull: true,
  })
  expect(fields.find(({ field }) => field === 'vendor')).toMatchObject({ types: ['integer'], mayBeNull: false })
  expect(fields.find(({ field }) => field === 'remark')).toMatchObject({ types: ['string'], mayBeNull: true })
})

test('without recommended fields only what is required and included is selected', () => {
  check({ recommended: false }, { values: '' })
  check({ recommended: false, include: ['tags', 'remark'] }, { values: 'remark tags' })
})

test('an inferred field that is included stands in for the named one of its location', () => {
  check({ include: ['segment/name'] }, { keys: 'vendor segment/name user' })
  check({ include: ['segment_name', 'segment/name'] }, { values: 'remark score segment/name' })
})

test('where one name of a required location is excluded the other one is taken', () => {
  check({ exclude: ['vendor', 'note'] }, { keys: 'segment/vendor segment_name user' })
  check({ exclude: ['remark', 'score'] }, { values: 'note' })
})

test('what cannot be satisfied is said, field by field', () => {
  check({ include: ['score'], exclude: ['score'] }, { problems: ['the field "score" is both included and excluded.'] })
  check({ include: ['scor'] }, { problems: ['the field "scor" does not exist. Did you mean "score"?'] })
  check(
    { include: ['both', 'nothing'] },
    {
      problems: [
        'the field "both" cannot be a column, as it may be of several types: boolean, string.',
        'the field "nothing" cannot be a column, as it has no value but null.',
      ],
    },
  )
  check(
    { exclude: ['user', 'flow_document'] },
    {
      keys: 'vendor segment_name',
      document: '',
      problems: [
        'the key location "/user" needs a field, and all of its fields are excluded.',
        'the whole document needs a field, and all of its fields are excluded.',
      ],
    },
  )
})

test('a webhook takes the whole document and nothing else', () => {
  check({}, { keys: '', values: '' }, 'webhook')
  const problems = ['the field "score" cannot be included, as a webhook is pushed whole documents.']
  check({ include: ['score'] }, { keys: '', values: '', problems }, 'webhook')
})
