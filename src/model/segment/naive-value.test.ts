import { describe, expect, it } from 'vitest'
import type { Json } from '../../base/json.ts'
import type { When } from './naive-calendar.fixture.ts'
import { isWithin } from './naive-geo.fixture.ts'
import { contains, passes } from './naive-value.fixture.ts'

const NOW = Date.parse('2026-03-31T12:00:00.000Z')
const DAY = 86_400_000
const UTC = { now: NOW, timeZone: 'UTC' }

describe('texts', () => {
  it.each([
    ['Hello Wørld', ['Hello', 'hello', 'world'], ['ello', 'ello wo']],
    ['hello@example.com', ['hello', 'hello@', 'hello@example', 'example', 'example.com'], ['lo@ex']],
    ['https://example.com/hello', ['https://example.com/hello', 'example.com', 'hell'], ['/hello']],
    ['Straße', ['strasse', 'STRASSE'], ['asse']],
    ['Crème brûlée', ['creme', 'BRULEE', 'crème b'], ['eme', ' brulee']],
  ])('contains: %s', (value, yes, no) => {
    expect(yes.filter((query) => !contains(value, query))).toEqual([])
    expect(no.filter((query) => contains(value, query))).toEqual([])
  })

  it.each<[string, Json, unknown, boolean]>([
    ['starts_with', 'Hello Wørld', 'hello w', true],
    ['starts_with', 'Hello Wørld', 'world', false],
    ['ends_with', 'Hello Wørld', 'o WORLD', true],
    ['equals', 'Hello', 'hello', false],
    ['equals', 'Hello', 'Hell', false],
    ['equals', 'Hello', 'Hello', true],
    ['equals', 1, '1', false],
    ['contains', 12, '1', false],
  ])('%s: %j, %j: %j', (operator, value, wanted, expected) => {
    expect(passes(operator, { value: [wanted] }, value, UTC)).toBe(expected)
  })
})

describe('values', () => {
  it.each<[string, Json, unknown, boolean]>([
    ['equals', 'b', ['a', 'b'], true],
    ['does_not_equal', 'b', ['a', 'b'], false],
    ['does_not_equal', 'c', ['a', 'b'], true],
    ['does_not_equal', null, ['a'], true],
    ['does_not_contain', null, ['a'], true],
    ['is_not_on', null, ['2026-03-31'], true],
    ['contains', null, ['a'], false],
    ['in', 2, [1, 2], true],
    ['not_in', 2, [1, 2], false],
    ['equals', ['x', 'b'], ['a', 'b'], true],
    ['does_not_equal', ['x', 'b'], ['a', 'b'], false],
    ['equals', [], ['a'], false],
    ['does_not_equal', [], ['a'], true],
    ['is_greater_than', [1, 5], [4], true],
    ['is_greater_than', 4, [4], false],
    ['is_greater_or_equal', 4, [4], true],
    ['is_less_than', 4, [4], false],
    ['is_less_or_equal', 4, [4], true],
    ['is_less_than', null, [4], false],
    ['is_before', '2026-03-31T12:00:00.000Z', ['2026-03-31T12:00:00.000Z'], false],
    ['is_before', '2026-03-30T23:59:59.999Z', ['2026-03-31'], true],
    ['is_after', '2026-03-31T23:59:59.999Z', ['2026-03-31'], false],
    ['is_after', '2027-01-01T00:00:00.000Z', ['2026-03-31'], true],
    ['is_on', '2026-04-01T00:00:00.000Z', ['2026-04-01'], true],
  ])('%s: %j, %j: %j', (operator, value, wanted, expected) => {
    expect(passes(operator, { value: wanted }, value, UTC)).toBe(expected)
  })

  it.each<[string, Json, boolean]>([
    ['is_set', null, false],
    ['is_set', '', true],
    ['is_set', [], true],
    ['is_not_set', null, true],
    ['is_not_set', false, false],
    ['is_true', true, true],
    ['is_true', 'true', false],
    ['is_false', false, true],
    ['is_false', null, false],
    ['is_not_within', null, true],
    ['is_not_within', { lat: 0.0001, lon: 0 }, false],
    ['is_within', { lat: 0.0001, lon: 0 }, true],
    ['is_within', { lat: 0, lon: 1 }, true],
    ['is_within', { lat: 0, lon: 2 }, false],
  ])('%s: %j: %j', (operator, value, expected) => {
    const circle = [0, 1].map((longitude) => ({ latitude: 0, longitude, metres: 12 }))
    expect(passes(operator, { circle }, value, UTC)).toBe(expected)
  })

  it('lets a relative date be neither in the future nor missing', () => {
    const dates = [0, -1, 1, 2 * DAY - 1, 2 * DAY].map((age) => new Date(NOW - age).toISOString())
    const passing = (operator: string, options: When) => dates.map((date) => passes(operator, options, date, UTC))
    expect(passing('is_less_than', { days: 2 })).toEqual([true, false, true, true, false])
    expect(passing('is_more_than', { days: 2 })).toEqual([false, false, false, false, true])
    expect(passing('is_between', { min_days: 0, max_days: 2 })).toEqual([true, false, true, true, true])
    expect(passing('is_exactly', { days: 2 })).toEqual([false, false, false, true, true])
    expect(passing('is_less_than', { value: [1, 2] })).toEqual([true, false, true, true, false])
    expect(passing('is_between', { value: [0, 2] })).toEqual([true, false, true, true, true])
    expect(passing('is_between', { from: '2026-03-31', to: '2026-03-31' })).toEqual([true, true, true, false, false])
    expect(passes('is_more_than', { days: 2 }, null, UTC)).toBe(false)
  })
})

describe('places', () => {
  const fiji: [number, number][] = [
    [-10, 170],
    [-10, -170],
    [-20, -170],
    [-20, 170],
  ]
  const arctic: [number, number][] = [
    [70, 0],
    [70, 90],
    [70, 180],
    [70, -90],
  ]
  it.each([
    [
      { north: 10, south: -10, west: 170, east: -170 },
      [
        [0, 180],
        [10, 170],
        [-10, -170],
      ],
      [
        [0, 0],
        [11, 180],
      ],
    ],
    [
      { north: 90, south: 80, west: 0, east: 10 },
      [
        [90, 100],
        [85, 5],
      ],
      [[85, 100]],
    ],
    [{ north: 10, south: 0, west: 90, east: 180 }, [[5, -180]], [[5, -179]]],
    [
      { latitude: 89.9, longitude: 0, metres: 30_000 },
      [
        [89.9, 180],
        [90, 7],
      ],
      [[89.6, 0]],
    ],
    [
      { latitude: 0, longitude: 180, metres: 111_300 },
      [
        [0, -179],
        [0, 179],
      ],
      [[0, -178.9]],
    ],
    [
      { points: fiji },
      [
        [-15, 180],
        [-15, -175],
        [-10, 170],
        [-15, 170],
      ],
      [
        [-15, 0],
        [-9, 180],
      ],
    ],
    [
      { points: arctic },
      [
        [90, 0],
        [80, 45],
        [71, -179],
        [70, 45],
      ],
      [
        [69, 45],
        [-80, 0],
      ],
    ],
  ])('%j', (area, inside, outside) => {
    const isInside = ([lat = 0, lon = 0]: number[]) => isWithin({ lat, lon }, area)
    expect(inside.filter((point) => !isInside(point))).toEqual([])
    expect(outside.filter(isInside)).toEqual([])
  })
})
