/**
 * Polygons on the map of longitudes and latitudes, unrolled: edges are straight lines on that map, the short way round in longitude,
 * so that a polygon may run across the antimeridian. One that goes all the way round holds a pole: the one on the side of its mean
 * latitude. A corner at a pole has no longitude of its own: the edges to it run along meridians.
 */
/** Degrees: latitude -90 to 90, longitude -180 to 180. */
export type Point = { latitude: number; longitude: number }

export type Corner = readonly [latitude: number, longitude: number]
/** On the map unrolled: `x` is a longitude plus or minus whole turns. */
export type Place = { x: number; y: number }
export type Edge = { from: Place; to: Place }
/** `turn`: whole turns eastwards that the edges make together; the ring is closed but for these. */
type Ring = { edges: Edge[]; turn: number }

export const POLE = 90
/** A tenth of a millimetre: what is so near to an edge is on it. */
const EDGE_DEGREES = 1e-9

/** Corners must be on earth. The prepared test of a point. */
export function preparePolygon(points: readonly Corner[]): (point: Point) => boolean {
  const ring = ringOf(distinct(points))
  const edges = ring.turn === 0 ? ring.edges : [...ring.edges, ...edgesByPole(ring)]
  const [xs, ys] = [edges.map(({ from }) => from.x), edges.map(({ from }) => from.y)]
  const [west, east] = [least(xs) - EDGE_DEGREES, most(xs) + EDGE_DEGREES]
  const [south, north] = [least(ys) - EDGE_DEGREES, most(ys) + EDGE_DEGREES]
  return ({ latitude, longitude }) => {
    if (latitude < south || latitude > north) return false
    if (Math.abs(latitude) === POLE) return true
    for (let x = longitude + 360 * Math.ceil((west - longitude) / 360); x <= east; x += 360)
      if (isInside(edges, { x, y: latitude })) return true
    return false
  }
}

/** Without what repeats the corner before; the last one may repeat the first. */
export function distinct(points: readonly Corner[]): Corner[] {
  const corners = points.filter((point, index) => index === 0 || !isSame(point, points[index - 1]))
  while (corners.length > 1 && isSame(corners[0], corners.at(-1))) corners.pop()
  return corners
}

function isSame(a: Corner | undefined, b: Corner | undefined): boolean {
  if (a === undefined || b === undefined || a[0] !== b[0]) return false
  return Math.abs(a[0]) === POLE || eastward(a[1], b[1]) === 0
}

/** From -180 (not included) to 180. */
export function eastward(from: number, to: number): number {
  const degrees = (to - from) % 360
  return degrees > 180 ? degrees - 360 : degrees <= -180 ? degrees + 360 : degrees
}

/** How far east the edge goes: nowhere, to and from a pole. */
export function stepBetween(from: Corner, to: Corner): number {
  return Math.abs(from[0]) === POLE || Math.abs(to[0]) === POLE ? 0 : eastward(from[1], to[1])
}

export function nextOf(corners: readonly Corner[], index: number): Corner {
  return corners[(index + 1) % corners.length] ?? [0, 0]
}

/** Begins at a corner that is no pole. At a pole the ring goes from the meridian on which it came to the one on which it leaves. */
export function ringOf(corners: readonly Corner[]): Ring {
  const start = Math.max(
    0,
    corners.findIndex(([latitude]) => Math.abs(latitude) !== POLE),
  )
  const ordered = [...corners.slice(start), ...corners.slice(0, start)]
  const places: Place[] = []
  let x = ordered[0]?.[1] ?? 0
  for (const [index, corner] of ordered.entries()) {
    places.push({ x, y: corner[0] })
    const following = nextOf(ordered, index)
    if (Math.abs(corner[0]) === POLE) {
      const isLastPole = !ordered.slice(index + 1).some(([latitude]) => Math.abs(latitude) === POLE)
      x = isLastPole ? meridianToClose(ordered.slice(index + 1), ordered) : x + eastward(x, following[1])
      places.push({ x, y: corner[0] })
    }
    x += stepBetween(corner, following)
  }
  const edges = places.map((from, index) => ({ from, to: places[index + 1] ?? { x, y: places[0]?.y ?? 0 } }))
  return { edges, turn: Math.round((x - (places[0]?.x ?? 0)) / 360) }
}

/** Where the ring must leave its last pole to end where it began. */
function meridianToClose(rest: readonly Corner[], [first = [0, 0]]: readonly Corner[]): number {
  const ahead = [...rest, first]
  return ahead.slice(1).reduce((x, corner, index) => x - stepBetween(ahead[index] ?? corner, corner), first[1])
}

/** Over the pole that it holds, back to where it began. */
function edgesByPole({ edges, turn }: Ring): Edge[] {
  const latitudes = edges.reduce((sum, { from, to }) => sum + ((from.y + to.y) / 2) * (to.x - from.x), 0)
  const y = latitudes * turn >= 0 ? POLE : -POLE
  const [start, end] = [edges[0]?.from ?? { x: 0, y }, edges.at(-1)?.to ?? { x: 0, y }]
  const [over, back] = [
    { x: end.x, y },
    { x: start.x, y },
  ]
  return [
    { from: end, to: over },
    { from: over, to: back },
    { from: back, to: start },
  ]
}

/** On an edge, or with an odd number of edges to the east. */
function isInside(edges: readonly Edge[], at: Place): boolean {
  let isOdd = false
  for (const { from, to } of edges) {
    if (isOnEdge(from, to, at)) return true
    if (from.y > at.y !== to.y > at.y && at.x < from.x + ((at.y - from.y) / (to.y - from.y)) * (to.x - from.x)) isOdd = !isOdd
  }
  return isOdd
}

function isOnEdge(from: Place, to: Place, at: Place): boolean {
  const [width, height] = [to.x - from.x, to.y - from.y]
  const length = Math.hypot(width, height)
  if (length === 0) return false
  const along = ((at.x - from.x) * width + (at.y - from.y) * height) / length
  const aside = ((at.x - from.x) * height - (at.y - from.y) * width) / length
  return Math.abs(aside) <= EDGE_DEGREES && along >= -EDGE_DEGREES && along <= length + EDGE_DEGREES
}

function least(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => Math.min(a, b), Infinity)
}

function most(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => Math.max(a, b), -Infinity)
}
