import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json } from '../../base/json.ts'
import { castDate } from './cast-date.ts'
import { castTrait, type Value } from './cast-trait.ts'
import { TRAIT_DEPTH_MAX, TRAIT_TYPES, TRAIT_VALUE_BYTES_MAX, type TraitType } from './trait.ts'

const cast = (value: Value, type?: TraitType, name = 'trait') => castTrait(value, { name, type })
const mismatch = expect.objectContaining({ kind: 'refused', code: 'trait_type_mismatch' })
const NOON = '2026-03-01T12:00:00.000Z'

describe('the first value of a trait', () => {
  test.each<[string, Value, TraitType, Json?]>([
    ['plan', 'gold', 'string'],
    ['zip', '123', 'string'],
    ['flag', 'true', 'string'],
    ['age', 123, 'number'],
    ['balance', -0, 'number', 0],
    ['is_admin', false, 'boolean'],
    ['tags', ['a', 1, true, null], 'array'],
    ['tags', [], 'array'],
    ['matrix', [[1]], 'json'],
    ['items', [{ sku: 1 }], 'json'],
    ['address', { city: 'Oslo' }, 'json'],
    ['empty', {}, 'json'],
    ['place', { lat: 59.9, lon: 10.7 }, 'geo_point'],
    ['place', { lat: 59.9, lng: 10.7 }, 'geo_point', { lat: 59.9, lon: 10.7 }],
    ['place', { longitude: 10.7, latitude: 59.9 }, 'geo_point', { lat: 59.9, lon: 10.7 }],
    ['place', { lat: 59.9, lon: 10.7, name: 'Oslo' }, 'json'],
    ['place', { lat: 91, lon: 10.7 }, 'json'],
    ['place', { lat: '59.9', lon: '10.7' }, 'json'],
  ])('%s: %j is of type %s', (name, value, type, kept = value) => {
    expect(cast(value, undefined, name)).toEqual({ kind: 'cast', type, value: kept })
  })

  test.each<[string, Value, TraitType, Json?]>([
    ['created_at', '2026-03-01T12:00:00Z', 'date', NOON],
    ['birth_date', '2026-03-01', 'date', '2026-03-01'],
    ['createdAt', '2026-03-01 13:00+01:00', 'date', NOON],
    ['birthDate', '2026-03-01T00:00:00Z', 'date', '2026-03-01T00:00:00.000Z'],
    ['crm/created_at', '1772366400', 'date', NOON],
    ['created_at', '1772366400000', 'date', NOON],
    ['created_at', 1772366400, 'date', NOON],
    ['created_at', 1772366400000, 'date', NOON],
    ['created_at', 123, 'number'],
    ['created_at', 'yesterday', 'string'],
    ['created_at', true, 'boolean'],
    ['created', '2026-03-01', 'string'],
    ['format', '2026-03-01', 'string'],
    ['at', '2026-03-01', 'string'],
    ['hat', '2026-03-01', 'string'],
    ['candidate', '2026-03-01', 'string'],
    ['score', 1772366400, 'number'],
  ])('under the name %s: %j is of type %s', (name, value, type, kept = value) => {
    expect(cast(value, undefined, name)).toEqual({ kind: 'cast', type, value: kept })
  })

  test.each(['+275760-09-13T00:00:00.000Z', '-000001-01-01T00:00:00Z', '2026-02-30', '2026-03-01T12', '12026-01-01', '', ' '])(
    'does not make a text of a date’s trait for good when it is %j',
    (value) => {
      expect(cast(value, undefined, 'created_at')).toEqual(mismatch)
    },
  )
})

describe('a later value', () => {
  test.each<[TraitType, Value, Json]>([
    ['string', 42, '42'],
    ['string', true, 'true'],
    ['number', '42', 42],
    ['number', '-0.5', -0.5],
    ['number', '1e+21', 1e21],
    ['boolean', 'true', true],
    ['boolean', 'false', false],
    ['boolean', 1, true],
    ['boolean', 0, false],
    ['date', '2026-03-01T12:00Z', NOON],
    ['date', '2024-02-29', '2024-02-29'],
    ['date', '2026-03-01t13:30:00.000999+0130', NOON],
    ['date', '2026-03-01T12:00:00,0-00', NOON],
    ['date', '2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
    ['date', '0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['date', 1772366400, NOON],
    ['date', 1772366400.25, '2026-03-01T12:00:00.250Z'],
    ['date', 0, '1970-01-01T00:00:00.000Z'],
    ['date', -1, '1969-12-31T23:59:59.000Z'],
    ['array', 'a', ['a']],
    ['array', 5, [5]],
    ['geo_point', { latitude: -0, longitude: 180 }, { lat: 0, lon: 180 }],
    ['json', 'a', 'a'],
    ['json', [1, { a: [] }], [1, { a: [] }]],
  ])('of a %s may be %j', (type, value, kept) => {
    expect(cast(value, type)).toEqual({ kind: 'cast', type, value: kept })
  })

  test.each<[TraitType, Value]>([
    ['string', ['a']],
    ['string', { a: 1 }],
    ['number', '042'],
    ['number', '4.20'],
    ['number', '1e3'],
    ['number', ' 42'],
    ['number', ''],
    ['number', '-0'],
    ['number', 'Infinity'],
    ['number', 'NaN'],
    ['number', '9007199254740993'],
    ['number', true],
    ['boolean', 'yes'],
    ['boolean', '1'],
    ['boolean', 2],
    ['date', 'yesterday'],
    ['date', '1'],
    ['date', '20260301'],
    ['date', '2026-02-29'],
    ['date', '2026-03-01T24:00'],
    ['date', '2026-03-01T12:61'],
    ['date', '9999-12-31T23:59:59-01:00'],
    ['date', '+275760-09-13T00:00:00.000Z'],
    ['date', 8_640_000_000_000_000],
    ['date', 8_640_000_000_000_001],
    ['date', 1e300],
    ['date', true],
    ['array', { a: 1 }],
    ['array', [[1]]],
    ['geo_point', { lat: 1, lon: 181 }],
    ['geo_point', [1, 2]],
    ['geo_point', 'Oslo'],
  ])('of a %s may not be %j', (type, value) => {
    expect(cast(value, type)).toEqual(mismatch)
  })

  test('that is refused says which type is wanted and which came, but not the value', () => {
    expect(cast('ada@example.org', 'number', 'age')).toEqual({
      kind: 'refused',
      code: 'trait_type_mismatch',
      message: 'age is a number; the string that came cannot become one without loss.',
    })
  })

  test('of any type is taken as it is, or in a form that is taken the same again', () => {
    const property = fc.property(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(...TRAIT_TYPES), (value, type) => {
      const once = cast((value ?? 'null') as Value, type)
      if (once.kind === 'cast') expect(cast(once.value, type)).toEqual(once)
    })
    fc.assert(property, { numRuns: 2_000 })
  })

  test('of a date is any instant of four-digit years, written in any zone', () => {
    const date = fc.date({ min: new Date('0000-01-02T00:00:00Z'), max: new Date('9999-12-30T00:00:00Z'), noInvalidDate: true })
    const property = fc.property(date, fc.integer({ min: -14 * 60, max: 14 * 60 }), (date, offset) => {
      const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1)
      const zone = `${offset < 0 ? '-' : '+'}${new Date(Math.abs(offset) * 60_000).toISOString().slice(11, 16)}`
      expect(castDate(`${local}${zone}`)).toBe(date.toISOString())
    })
    fc.assert(property)
  })
})

const nested = (levels: number): Value => JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as Value
const refused = (code: string) => expect.objectContaining({ kind: 'refused', code })

describe('a value at a limit', () => {
  test('may be nested so deep, and not deeper; a thousand and more levels harm nothing', () => {
    expect(cast(nested(TRAIT_DEPTH_MAX))).toMatchObject({ kind: 'cast', type: 'json' })
    for (const levels of [TRAIT_DEPTH_MAX + 1, 1_000, 100_000]) {
      expect(cast(nested(levels))).toEqual(refused('trait_nested_too_deep'))
      expect(cast({ a: nested(levels) }, 'string')).toEqual(refused('trait_nested_too_deep'))
    }
  })

  test('may have so many bytes as JSON, whatever its characters', () => {
    const room = TRAIT_VALUE_BYTES_MAX - 2
    for (const [character, bytes] of [
      ['a', 1],
      ['é', 2],
      ['€', 3],
      ['😀', 4],
      ['"', 2],
      ['\u0001', 6],
    ] as const) {
      const text = character.repeat(Math.floor(room / bytes))
      expect(cast(text)).toMatchObject({ kind: 'cast', value: text })
      expect(cast(text + character)).toEqual(refused('trait_too_large'))
    }
    expect(cast(Array.from({ length: 1_023 }, () => 1))).toMatchObject({ kind: 'cast', type: 'array' })
    expect(cast(Array.from({ length: 1_024 }, () => 1))).toEqual(refused('trait_too_large'))
  })
})
