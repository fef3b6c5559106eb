/** The `minimize` and `maximize` strategies. */
import type { Reducer } from './reducer.ts'
import type { Comparison } from './value-order.ts'

/** The smaller (`sign` 1) or larger (`sign` -1) of the two; in a tie the later one. */
export function extremeReducer(compare: Comparison, sign: 1 | -1): Reducer {
  return (left, right) => (left !== undefined && compare(left, right) * sign < 0 ? left : right)
}

/** As above by a key of the values; values whose keys tie are merged, and one that is taken whole is taken in normal form. */
export function keyedExtremeReducer(compare: Comparison, sign: 1 | -1, merge: Reducer): Reducer {
  return (left, right, isFull) => {
    const order = left === undefined ? 1 : compare(left, right) * sign
    if (order < 0) return left
    return merge(order === 0 ? left : undefined, right, isFull)
  }
}
