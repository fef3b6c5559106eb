/** What makes a polygon none: too few points, edges whose way is not clear, or edges that meet. */
import { distinct, eastward, nextOf, POLE, ringOf, stepBetween, type Corner, type Edge, type Place } from './polygon.ts'

/** Edges are compared with each other: so many are some milliseconds of work. */
const POLYGON_POINTS_MAX = 1_000

/** As a clause; undefined when nothing is wrong. Corners must be on earth. */
export function polygonProblem(points: readonly Corner[]): string | undefined {
  if (points.length > POLYGON_POINTS_MAX) return `it has ${points.length} points; ${POLYGON_POINTS_MAX} are allowed`
  const corners = distinct(points)
  if (corners.length < 3) return `it needs at least 3 different points in a row, but has ${corners.length}`
  const unclear = corners.find((corner, index) => isHalfWayRound(corner, nextOf(corners, index)))
  if (unclear)
    return `the edge that begins at [${unclear.join(', ')}] goes half-way round the earth, so that its way is not clear; put a point in between`
  const { edges, turn } = ringOf(corners)
  if (Math.abs(turn) > 1) return 'it goes round the earth more than once'
  return crossingProblem(edges.filter(({ from, to }) => !(Math.abs(from.y) === POLE && from.y === to.y)))
}

function crossingProblem(edges: readonly Edge[]): string | undefined {
  for (const [index, edge] of edges.entries()) {
    const following = edges[(index + 1) % edges.length]
    if (following && isFoldedBack(edge, following)) return `it has no width at ${place(edge.to)}`
    for (let other = index + 2; other < edges.length; other++) {
      if (index === 0 && other === edges.length - 1) continue
      const crossed = edges[other]
      if (crossed && [-360, 0, 360].some((shift) => doMeet(edge, shifted(crossed, shift))))
        return `its edges from ${place(edge.from)} and from ${place(crossed.from)} meet, but only neighbours may`
    }
  }
  return undefined
}

function isHalfWayRound(from: Corner, to: Corner): boolean {
  return Math.abs(stepBetween(from, to)) === 180 || (Math.abs(from[0]) === POLE && Math.abs(to[0]) === POLE)
}

/** Positive: `c` is to the left of the line from `a` to `b`; 0: on it. */
function sideOf(a: Place, b: Place, c: Place): number {
  return Math.sign((b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x))
}

/** Whether two edges have a point in common. */
function doMeet(a: Edge, b: Edge): boolean {
  const [bFrom, bTo] = [sideOf(a.from, a.to, b.from), sideOf(a.from, a.to, b.to)]
  const [aFrom, aTo] = [sideOf(b.from, b.to, a.from), sideOf(b.from, b.to, a.to)]
  if (bFrom !== bTo && aFrom !== aTo) return true
  return bFrom === 0 && bTo === 0 && doOverlap(a, b)
}

/** Of edges on one line. */
function doOverlap(a: Edge, b: Edge): boolean {
  const isBeside =
    Math.max(a.from.x, a.to.x) < Math.min(b.from.x, b.to.x) || Math.max(b.from.x, b.to.x) < Math.min(a.from.x, a.to.x)
  const isAbove =
    Math.max(a.from.y, a.to.y) < Math.min(b.from.y, b.to.y) || Math.max(b.from.y, b.to.y) < Math.min(a.from.y, a.to.y)
  return !isBeside && !isAbove
}

/** Whether `following`, which begins where `edge` ends (at a pole: perhaps on another meridian), goes back over it. */
function isFoldedBack(edge: Edge, following: Edge): boolean {
  const [ax, ay] = [edge.to.x - edge.from.x, edge.to.y - edge.from.y]
  const [bx, by] = [following.to.x - following.from.x, following.to.y - following.from.y]
  return edge.to.x === following.from.x && ax * by - ay * bx === 0 && ax * bx + ay * by < 0
}

function shifted({ from, to }: Edge, by: number): Edge {
  return { from: { x: from.x + by, y: from.y }, to: { x: to.x + by, y: to.y } }
}

function place({ x, y }: Place): string {
  return `[${y}, ${eastward(0, x)}]`
}
