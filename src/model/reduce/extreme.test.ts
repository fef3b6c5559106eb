import { describe, test } from 'vitest'
import type { Json, JsonObject } from '../../base/json.ts'
import { annotated, check } from './reduction-check.fixture.ts'

function timestampBy(strategy: string): JsonObject {
  return { type: 'string', format: 'date-time', ...annotated(strategy) }
}

describe('timestamps', () => {
  test.each<[string, Json[], Json, Json]>([
    ['offsets', ['2021-01-16T12:00:00+05:00', '2021-01-16T08:00:00Z'], '2021-01-16T12:00:00+05:00', '2021-01-16T08:00:00Z'],
    [
      'fractions of any length',
      ['2021-01-16T12:00:00.5Z', '2021-01-16T12:00:00.4999999999Z'],
      '2021-01-16T12:00:00.4999999999Z',
      '2021-01-16T12:00:00.5Z',
    ],
    ['a fraction and none', ['2021-01-16T12:00:00.1Z', '2021-01-16T12:00:00Z'], '2021-01-16T12:00:00Z', '2021-01-16T12:00:00.1Z'],
    [
      'equal instants: the later text',
      ['2021-01-16T12:00:00Z', '2021-01-16T14:00:00.00+02:00'],
      '2021-01-16T14:00:00.00+02:00',
      '2021-01-16T14:00:00.00+02:00',
    ],
    [
      'a leap second',
      ['2016-12-31T23:59:60Z', '2016-12-31T23:59:59.9Z', '2017-01-01T00:00:00Z'],
      '2016-12-31T23:59:59.9Z',
      '2017-01-01T00:00:00Z',
    ],
  ])('compare as instants: %s', (_name, documents, least, greatest) => {
    check(timestampBy('minimize'), documents, least)
    check(timestampBy('maximize'), documents, greatest)
  })

  test('without the format they compare as text', () => {
    check(
      { type: 'string', ...annotated('minimize') },
      ['2021-01-16T12:00:00+05:00', '2021-01-16T08:00:00Z'],
      '2021-01-16T08:00:00Z',
    )
  })

  test('in a key they compare as instants too', () => {
    const properties = { at: { type: 'string', format: 'date-time' }, n: annotated('sum') }
    const documents = [
      { at: '2021-01-16T12:00:00+05:00', n: 1 },
      { at: '2021-01-16T08:00:00Z', n: 2 },
      { at: '2021-01-16T07:00:00Z', n: 4 },
    ]
    check({ type: 'object', properties, ...annotated('minimize', { key: ['/at'] }) }, documents, {
      at: '2021-01-16T07:00:00Z',
      n: 5,
    })
  })
})

describe('minimize and maximize with a key', () => {
  const value = { prefixItems: [{}, annotated('sum')] }
  const documents = [
    ['a', 1],
    ['c', 2],
    ['b', 3],
    ['a', 4],
  ]
  test('the value of the least key is kept, and values of equal keys are merged', () => {
    check({ ...value, ...annotated('minimize', { key: ['/0'] }) }, documents, ['a', 5])
    check({ ...value, ...annotated('maximize', { key: ['/0'] }) }, documents, ['c', 2])
  })

  test('a missing key sorts before null, null before all else', () => {
    check(annotated('minimize', { key: ['/k'] }), [{ k: 1 }, { k: null }, { b: 1 }, { k: 0 }, { a: 1 }], { b: 1, a: 1 })
  })
})
