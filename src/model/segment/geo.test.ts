import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { areaProblem, CIRCLE_METRES_MAX, distanceMetres, isWithin } from './geo.ts'
import type { Area } from './predicate.ts'

type Place = readonly [latitude: number, longitude: number]

const box = (north: number, south: number, west: number, east: number): Area => ({ area: 'box', north, south, west, east })
const circle = (latitude: number, longitude: number, metres: number): Area => ({ area: 'circle', latitude, longitude, metres })
const polygon = (...points: [number, number][]): Area => ({ area: 'polygon', points })
const holds = (area: Area, [latitude, longitude]: Place) => isWithin(area, { latitude, longitude })

function east(longitude: number, by = 0): number {
  return ((((longitude + by + 180) % 360) + 360) % 360) - 180
}

describe('boxes', () => {
  const berlin = box(52.7, 52.3, 13, 13.8)
  const fiji = box(-15, -20, 176, -178)
  it.each<[string, Area, Place, boolean]>([
    ['inside', berlin, [52.52, 13.4], true],
    ['north of it', berlin, [52.71, 13.4], false],
    ['west of it', berlin, [52.52, 12.99], false],
    ['on its edge', berlin, [52.7, 13.4], true],
    ['on its corner', berlin, [52.3, 13.8], true],
    ['across the antimeridian, in the west', fiji, [-18, 178], true],
    ['across the antimeridian, in the east', fiji, [-18, -179], true],
    ['on the antimeridian', fiji, [-18, 180], true],
    ['on the antimeridian, by its other name', fiji, [-18, -180], true],
    ['on the other side of the earth', fiji, [-18, 0], false],
    ['on the antimeridian where the box ends there', box(10, -10, 170, 180), [0, -180], true],
    ['on the antimeridian where the box begins there', box(10, -10, -180, -170), [0, 180], true],
    ['at the pole, where longitudes mean nothing', box(90, 80, 0, 10), [90, -120], true],
    ['near the pole', box(90, 80, 0, 10), [89.99, -120], false],
    ['at the south pole', box(-80, -90, 0, 10), [-90, 50], true],
    ['anywhere in the whole world', box(90, -90, -180, 180), [12, 34], true],
    ['on a meridian without width', box(10, 0, 5, 5), [3, 5], true],
  ])('%s', (_, area, place, expected) => {
    expect(areaProblem(area)).toBeUndefined()
    expect(holds(area, place)).toBe(expected)
  })
})

describe('circles', () => {
  it.each<[string, Place, Place, number]>([
    ['Berlin to Paris', [52.52, 13.405], [48.8566, 2.3522], 877_464],
    ['a degree of the equator', [0, 0], [0, 1], 111_195],
    ['over the antimeridian', [0, 179.5], [0, -179.5], 111_195],
    ['over the pole', [89.5, 0], [89.5, 180], 111_195],
    ['to the antipode', [10, 20], [-10, -160], 20_015_115],
    ['nowhere', [52.52, 13.405], [52.52, 13.405], 0],
  ])('%s', (_, [latitude, longitude], [toLatitude, toLongitude], metres) => {
    const distance = distanceMetres({ latitude, longitude }, { latitude: toLatitude, longitude: toLongitude })
    expect(Math.abs(distance - metres)).toBeLessThan(1)
    if (metres === 0) return
    expect(holds(circle(latitude, longitude, distance + 0.01), [toLatitude, toLongitude])).toBe(true)
    expect(holds(circle(latitude, longitude, distance - 0.01), [toLatitude, toLongitude])).toBe(false)
  })

  it('hold what is on their edge, at poles and on the antimeridian', () => {
    expect(holds(circle(90, 77, 111_300), [89, -120])).toBe(true)
    expect(holds(circle(-90, 0, 111_300), [-88.9, 33])).toBe(false)
    expect(holds(circle(0, 180, 1), [0, -180])).toBe(true)
    const edge = distanceMetres({ latitude: 1, longitude: 2 }, { latitude: 3, longitude: 4 })
    expect(holds(circle(1, 2, edge), [3, 4])).toBe(true)
  })

  it('of half the earth round hold everything', () => {
    expect(holds(circle(10, 20, CIRCLE_METRES_MAX), [-10, -160])).toBe(true)
  })
})

describe('polygons', () => {
  const square = polygon([0, 0], [0, 10], [10, 10], [10, 0])
  const hook = polygon([0, 0], [0, 30], [30, 30], [30, 20], [10, 20], [10, 10], [30, 10], [30, 0])
  const pacific = polygon([10, 170], [10, -170], [-10, -170], [-10, 170])
  const arctic = polygon([70, 0], [70, 120], [70, -120])
  const antarctic = polygon([-60, 0], [-70, -120], [-60, 120])
  const wedge = polygon([90, 0], [60, 0], [60, 90])
  const wide = polygon([60, 0], [60, 120], [60, -120], [90, 45])
  const wideFromSouth = polygon([-60, 0], [-60, 120], [-60, -120], [90, 45])
  const lune = polygon([90, 0], [0, 10], [-90, 0], [0, 60])
  it.each<[string, Area, Place, boolean]>([
    ['inside', square, [5, 5], true],
    ['outside', square, [5, 11], false],
    ['outside, at the height of a corner', square, [10, 12], false],
    ['on an edge', square, [0, 5], true],
    ['on a corner', square, [10, 10], true],
    ['in the bay of a hook', hook, [20, 15], false],
    ['in the arm of a hook', hook, [20, 25], true],
    ['across the antimeridian', pacific, [0, 175], true],
    ['across the antimeridian, beyond it', pacific, [0, -175], true],
    ['on the antimeridian', pacific, [0, 180], true],
    ['on the antimeridian, by its other name', pacific, [0, -180], true],
    ['on the other side of the earth', pacific, [0, 0], false],
    ['round the north pole', arctic, [80, 33], true],
    ['at the north pole', arctic, [90, 12], true],
    ['south of a polygon round the pole', arctic, [69, 33], false],
    ['on the edge of a polygon round the pole', arctic, [70, 33], true],
    ['where a polygon round the pole begins', arctic, [75, 0], true],
    ['round the south pole', antarctic, [-80, 33], true],
    ['at the south pole', antarctic, [-90, 0], true],
    ['not at the other pole', antarctic, [90, 0], false],
    ['north of a polygon round the south pole', antarctic, [-59, 33], false],
    ['in a piece of cake', wedge, [85, 80], true],
    ['beside a piece of cake', wedge, [85, 91], false],
    ['at the top of a piece of cake', wedge, [90, -100], true],
    ['in the larger piece of a cake', wide, [70, 170], true],
    ['in the smaller piece of a cake', wide, [70, -60], false],
    ['in a piece that reaches beyond the equator', wideFromSouth, [0, 60], true],
    ['beside a piece that reaches beyond the equator', wideFromSouth, [0, -60], false],
    ['below a piece that reaches beyond the equator', wideFromSouth, [-70, 60], false],
    ['between two meridians', lune, [45, 35], true],
    ['beside two meridians', lune, [45, 61], false],
    ['that ends with its first point', polygon([0, 0], [0, 10], [10, 10], [0, 0]), [3, 5], true],
    ['with points that come twice', polygon([0, 0], [0, 0], [0, 10], [10, 10]), [3, 5], true],
    ['that goes the other way round', polygon([10, 0], [10, 10], [0, 10], [0, 0]), [5, 5], true],
  ])('%s', (_, area, place, expected) => {
    expect(areaProblem(area)).toBeUndefined()
    expect(holds(area, place)).toBe(expected)
  })

  it('are the same at whichever point they begin, whichever way they go, and however far east they are moved', () => {
    const anyPlace = fc.tuple(fc.double({ min: -89, max: 89, noNaN: true }), fc.double({ min: -180, max: 180, noNaN: true }))
    const shapes = [square, hook, pacific, arctic, antarctic, wedge, wide, lune].flatMap((area) =>
      area.area === 'polygon' ? [area.points] : [],
    )
    fc.assert(
      fc.property(
        fc.constantFrom(...shapes),
        anyPlace,
        fc.nat(7),
        fc.boolean(),
        fc.integer({ min: -360, max: 360 }),
        (...[points, [latitude, longitude], from, isReversed, by]) => {
          const moved = points.map(([y, x]): [number, number] => [y, east(x, by)])
          const turned = [...moved.slice(from % moved.length), ...moved.slice(0, from % moved.length)]
          const other = polygon(...(isReversed ? turned.toReversed() : turned))
          expect(holds(other, [latitude, east(longitude, by)])).toBe(holds(polygon(...points), [latitude, longitude]))
        },
      ),
      { numRuns: 3_000 },
    )
  })

  it('that are star-shaped hold just what is nearer to their middle than the edge', () => {
    const radii = fc.array(fc.double({ min: 1, max: 20, noNaN: true }), { minLength: 5, maxLength: 12 })
    const anyMiddle = fc.tuple(fc.integer({ min: -60, max: 60 }), fc.integer({ min: -180, max: 180 }))
    fc.assert(
      fc.property(
        radii,
        anyMiddle,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.double({ min: 0.01, max: 2, noNaN: true }),
        (...[lengths, [y, x], turn, part]) => {
          fc.pre(Math.abs(part - 1) > 1e-6)
          const corner = (index: number): [number, number] => {
            const angle = (2 * Math.PI * index) / lengths.length
            const length = lengths[index % lengths.length] ?? 0
            return [y + length * Math.sin(angle), x + length * Math.cos(angle)]
          }
          // A place on the edge between two corners, then nearer to the middle or further away.
          const index = Math.floor(turn * lengths.length)
          const along = turn * lengths.length - index
          const [[ay, ax], [by, bx]] = [corner(index), corner(index + 1)]
          const edge = [ay + along * (by - ay), ax + along * (bx - ax)] as const
          const place = [y + part * (edge[0] - y), east(x + part * (edge[1] - x))] as const
          fc.pre(Math.abs(place[0]) < 90)
          const points = lengths.map((_, i): [number, number] => [corner(i)[0], east(corner(i)[1])])
          expect(holds(polygon(...points), place)).toBe(part < 1)
        },
      ),
      { numRuns: 3_000 },
    )
  })
})

describe('problems of areas', () => {
  it.each<[Area, string]>([
    [box(91, 0, 0, 1), 'latitude 91 is not within -90 and 90'],
    [box(1, 0, -181, 1), 'longitude -181 is not within -180 and 180'],
    [box(1, 0, 0, Number.NaN), 'longitude NaN is not within -180 and 180'],
    [box(1, 2, 0, 1), 'south 2 is north of north 1'],
    [circle(-90.5, 0, 1), 'latitude -90.5 is not within -90 and 90'],
    [circle(0, 0, 0), 'the radius 0 is not more than 0 and at most 20015114 metres, half-way round the earth'],
    [circle(0, 0, 20_015_116), 'the radius 20015116 is not more than 0 and at most 20015114 metres, half-way round the earth'],
    [polygon([0, 0], [0, 190], [1, 1]), 'longitude 190 is not within -180 and 180'],
    [polygon([0, 0], [0, 10]), 'it needs at least 3 different points in a row, but has 2'],
    [polygon([0, 0], [0, 10], [0, 0]), 'it needs at least 3 different points in a row, but has 2'],
    [polygon([0, 180], [10, -180], [0, -180], [0, 180]), 'it needs at least 3 different points in a row, but has 2'],
    [polygon([90, -180], [90, 180], [-90, 180], [-90, -180]), 'it needs at least 3 different points in a row, but has 2'],
    [polygon([0, 0], [0, 10], [0, 20]), 'it has no width at [0, 20]'],
    [polygon([0, 0], [0, 10], [10, 5], [5, 7.5]), 'it has no width at [10, 5]'],
    [polygon([0, 0], [10, 10], [10, 0], [0, 10]), 'its edges from [0, 0] and from [10, 0] meet, but only neighbours may'],
    [
      polygon([0, 0], [0, 10], [10, 10], [0, 5], [10, 0]),
      'its edges from [0, 0] and from [10, 10] meet, but only neighbours may',
    ],
    [
      polygon([0, 175], [10, -175], [10, 175], [0, -175]),
      'its edges from [0, 175] and from [10, 175] meet, but only neighbours may',
    ],
    [
      polygon([0, 0], [0, 180], [10, 90]),
      'the edge that begins at [0, 0] goes half-way round the earth, so that its way is not clear; put a point in between',
    ],
    [
      polygon([90, 0], [-90, 0], [0, 50]),
      'the edge that begins at [90, 0] goes half-way round the earth, so that its way is not clear; put a point in between',
    ],
    [polygon([0, 0], [0, 120], [0, -120], [20, 0], [20, 120], [20, -120]), 'it goes round the earth more than once'],
    [
      polygon(...Array.from({ length: 1_001 }, (_, i): [number, number] => [i % 2, i / 10])),
      'it has 1001 points; 1000 are allowed',
    ],
  ])('%j: %s', (area, problem) => {
    expect(areaProblem(area)).toBe(problem)
  })

  it('are found where a polygon crosses itself after going all the way round', () => {
    const spiral = polygon([0, 0], [0, 100], [0, -160], [0, -60], [5, 20], [20, 20], [20, -60], [20, -160], [20, 100], [20, 0])
    expect(areaProblem(spiral)).toMatch(/meet, but only neighbours may|more than once/)
  })
})
