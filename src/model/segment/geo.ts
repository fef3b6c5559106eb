/** Areas on earth and the points within them. Edges belong to the area. Longitudes 180 and -180 are the same; at a pole all are. */
import type { Area } from './predicate.ts'
import { preparePolygon, type Point } from './polygon.ts'
import { polygonProblem } from './polygon-problem.ts'

export type { Point }

/** The mean radius of the earth (IUGG), in metres. */
const EARTH_RADIUS = 6_371_008.8
const RADIANS = Math.PI / 180
/** No two points on earth are further apart. */
export const CIRCLE_METRES_MAX = Math.PI * EARTH_RADIUS
const METRES_PER_DEGREE = CIRCLE_METRES_MAX / 180
/** Covers rounding where a circle is looked at roughly first. */
const ROUNDING_METRES = 0.001

/** `area` must be one in which `areaProblem` finds none. */
export function isWithin(area: Area, point: Point): boolean {
  return prepareArea(area)(point)
}

/** The same with the area prepared once. */
export function prepareArea(area: Area): (point: Point) => boolean {
  switch (area.area) {
    case 'box':
      return prepareBox(area)
    case 'circle':
      return prepareCircle(area)
    case 'polygon':
      return preparePolygon(area.points)
  }
}

/** Great-circle distance in metres (haversine: exact enough from millimetres to antipodes). */
export function distanceMetres(a: Point, b: Point): number {
  const latitudes = Math.sin(((b.latitude - a.latitude) * RADIANS) / 2) ** 2
  const longitudes = Math.sin(((b.longitude - a.longitude) * RADIANS) / 2) ** 2
  const half = latitudes + Math.cos(a.latitude * RADIANS) * Math.cos(b.latitude * RADIANS) * longitudes
  return 2 * EARTH_RADIUS * Math.asin(Math.min(1, Math.sqrt(half)))
}

/** What is wrong with an area, as a clause that may follow "the area is wrong: "; undefined when nothing is. */
export function areaProblem(area: Area): string | undefined {
  switch (area.area) {
    case 'box':
      return boxProblem(area)
    case 'circle':
      return circleProblem(area)
    case 'polygon':
      return (
        firstProblem(area.points.flatMap(([latitude, longitude]) => pointProblems(latitude, longitude))) ??
        polygonProblem(area.points)
      )
  }
}

type Box = Extract<Area, { area: 'box' }>
type Circle = Extract<Area, { area: 'circle' }>

function prepareBox({ north, south, west, east }: Box): (point: Point) => boolean {
  const holds = (longitude: number) =>
    west <= east ? west <= longitude && longitude <= east : west <= longitude || longitude <= east
  return ({ latitude, longitude }) => {
    if (latitude < south || latitude > north) return false
    if (holds(longitude) || Math.abs(latitude) === 90) return true
    return Math.abs(longitude) === 180 && holds(-longitude)
  }
}

function prepareCircle({ latitude, longitude, metres }: Circle): (point: Point) => boolean {
  const centre = { latitude, longitude }
  const degrees = (metres + ROUNDING_METRES) / METRES_PER_DEGREE
  return (point) => Math.abs(point.latitude - latitude) <= degrees && distanceMetres(centre, point) <= metres
}

function boxProblem({ north, south, west, east }: Box): string | undefined {
  const problem = firstProblem([...pointProblems(north, west), ...pointProblems(south, east)])
  return problem ?? (south > north ? `south ${south} is north of north ${north}` : undefined)
}

function circleProblem({ latitude, longitude, metres }: Circle): string | undefined {
  const problem = firstProblem(pointProblems(latitude, longitude))
  if (problem !== undefined || (metres > 0 && metres <= CIRCLE_METRES_MAX)) return problem
  return `the radius ${metres} is not more than 0 and at most ${Math.floor(CIRCLE_METRES_MAX)} metres, half-way round the earth`
}

function pointProblems(latitude: number, longitude: number): (string | undefined)[] {
  return [
    Math.abs(latitude) <= 90 ? undefined : `latitude ${latitude} is not within -90 and 90`,
    Math.abs(longitude) <= 180 ? undefined : `longitude ${longitude} is not within -180 and 180`,
  ]
}

function firstProblem(problems: readonly (string | undefined)[]): string | undefined {
  return problems.find((problem) => problem !== undefined)
}
