import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { areaProblem, isWithin } from './geo.ts'
import { isWithin as isWithinNaively } from './naive-geo.fixture.ts'
import type { Area } from './predicate.ts'

/** Coarse, so that points often lie on edges, at a pole, and at the antimeridian. */
const latitudes = fc.integer({ min: -9, max: 9 }).map((tens) => tens * 10)
const longitudes = fc.integer({ min: -18, max: 18 }).map((tens) => tens * 10)
/** A corner at a pole has its own rule (polygon.ts). */
const corners = fc.tuple(
  latitudes.filter((latitude) => Math.abs(latitude) < 90),
  longitudes,
)

const boxes: fc.Arbitrary<Area> = fc
  .tuple(latitudes, latitudes, longitudes, longitudes)
  .map(([a, b, west, east]) => ({ area: 'box', north: Math.max(a, b), south: Math.min(a, b), west, east }))
const circles: fc.Arbitrary<Area> = fc
  .tuple(latitudes, longitudes, fc.integer({ min: 1, max: 20_000_000 }))
  .map(([latitude, longitude, metres]) => ({ area: 'circle', latitude, longitude, metres }))
const polygons: fc.Arbitrary<Area> = fc
  .array(corners, { minLength: 3, maxLength: 5 })
  .map((points): Area => ({ area: 'polygon', points }))
  .filter((area) => areaProblem(area) === undefined)

it.each([
  ['boxes', boxes],
  ['circles', circles],
  ['polygons', polygons],
])('%s hold the same points as on a flat map laid out side by side, or a sphere in space', (_, areas) => {
  const property = fc.property(areas, latitudes, longitudes, (area, latitude, longitude) => {
    expect(isWithin(area, { latitude, longitude })).toBe(isWithinNaively({ lat: latitude, lon: longitude }, area))
  })
  fc.assert(property, { numRuns: 5_000 })
})
