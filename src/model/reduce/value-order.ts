/** The total order of JSON values that minimize, maximize and keyed arrays go by. */
import type { Json } from '../../base/json.ts'
import { compareInstants } from '../schema/date-time.ts'

export type Comparison = (a: Json, b: Json) => number

/** Missing first, then null, booleans, numbers, strings (by UTF-16 code unit), arrays (item by item), objects (by sorted members). */
export function compareValues(a: Json | undefined, b: Json | undefined): number {
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const rank = rankOf(a)
  const difference = rank - rankOf(b)
  if (difference !== 0 || rank < RANK.boolean) return difference
  if (Array.isArray(a)) return compareArrays(a, b as Json[])
  return rank === RANK.object ? compareArrays(sortedMembers(a), sortedMembers(b)) : Number(a) - Number(b)
}

/** As above, but two timestamps (RFC 3339) compare as instants. */
export function compareTimes(a: Json | undefined, b: Json | undefined): number {
  return typeof a === 'string' && typeof b === 'string' ? compareInstants(a, b) : compareValues(a, b)
}

const RANK = { missing: 0, null: 1, boolean: 2, number: 3, string: 4, array: 5, object: 6 } as const

function rankOf(value: Json | undefined): number {
  if (value === undefined) return RANK.missing
  if (value === null) return RANK.null
  if (Array.isArray(value)) return RANK.array
  return RANK[typeof value as 'boolean' | 'number' | 'string' | 'object']
}

function compareArrays(a: readonly (Json | undefined)[], b: readonly (Json | undefined)[]): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const order = compareValues(a[i], b[i])
    if (order !== 0) return order
  }
  return a.length - b.length
}

/** Names and values in turn, sorted by name. */
function sortedMembers(value: Json | undefined): Json[] {
  const entries = Object.entries(value as Record<string, Json>)
  return entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).flat(1)
}
