/** Places as the plainest code has it: boxes and polygons are drawn on a flat map, which is laid out several times side by side. */
import { isObject, type Json } from '../../base/json.ts'

export type NaiveArea =
  | { north: number; south: number; west: number; east: number }
  | { latitude: number; longitude: number; metres: number }
  | { points: [latitude: number, longitude: number][] }

/** The map, and its copies to the left and to the right. */
const TURNS = [-720, -360, 0, 360, 720]
const EARTH_METRES = 6_371_008.8

export function isWithin(value: Json, area: NaiveArea): boolean {
  if (!isObject(value)) return false
  const [latitude, longitude] = [value['lat'], value['lon']]
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return false
  if ('points' in area) return TURNS.some((turn) => isInPolygon(latitude, longitude + turn, laidOut(area.points)))
  if ('metres' in area) return distance([latitude, longitude], [area.latitude, area.longitude]) <= area.metres
  const { north, south, west, east } = area
  const isBetween = TURNS.some((turn) => longitude + turn >= west && longitude + turn <= (west <= east ? east : east + 360))
  // At a pole all longitudes are one.
  return latitude >= south && latitude <= north && (isBetween || Math.abs(latitude) === 90)
}

/** Along a great circle. */
function distance(a: [number, number], b: [number, number]): number {
  const [[x1, y1, z1], [x2, y2, z2]] = [onSphere(a), onSphere(b)]
  return EARTH_METRES * 2 * Math.asin(Math.min(1, Math.hypot(x1 - x2, y1 - y2, z1 - z2) / 2))
}

function onSphere([latitude, longitude]: [number, number]): [number, number, number] {
  const [a, b] = [(latitude * Math.PI) / 180, (longitude * Math.PI) / 180]
  return [Math.cos(a) * Math.cos(b), Math.cos(a) * Math.sin(b), Math.sin(a)]
}

type Point = [y: number, x: number]

/** Each edge the short way round, so that the map may go beyond 180°; around a pole it closes along the map's edge. */
function laidOut(points: Point[]): Point[] {
  const [start = [0, 0]] = points
  const flat: Point[] = []
  let x = start[1]
  for (const [y, nextX] of [...points, start]) {
    x += ((((nextX - x + 180) % 360) + 360) % 360) - 180
    flat.push([y, x])
  }
  const turned = x - start[1]
  if (Math.abs(turned) < 180) return flat
  const pole = areaUnder(flat) / turned >= 0 ? 90 : -90
  return [...flat, [pole, x], [pole, start[1]], start]
}

/** Divided by the width it is the mean latitude. */
function areaUnder(line: Point[]): number {
  return line.reduce((sum, [y, x], i) => {
    const [nextY, nextX] = line[i + 1] ?? [y, x]
    return sum + ((y + nextY) / 2) * (nextX - x)
  }, 0)
}

/** A ray eastwards crosses the edges an odd number of times; the edges themselves belong to it. */
function isInPolygon(y: number, x: number, points: Point[]): boolean {
  let isInside = false
  for (const [i, [y1, x1]] of points.entries()) {
    const [y2, x2] = points[i + 1] ?? [y1, x1]
    const cross = (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)
    const isBeside = y >= Math.min(y1, y2) && y <= Math.max(y1, y2) && x >= Math.min(x1, x2) && x <= Math.max(x1, x2)
    if (cross === 0 && isBeside) return true
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) isInside = !isInside
  }
  return isInside
}
