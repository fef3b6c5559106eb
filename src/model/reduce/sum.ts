/** The `sum` strategy: numbers, and decimal numbers in strings, which are exact at any size. */
import type { Json } from '../../base/json.ts'
import { addDecimals } from './decimal.ts'
import { describe, ReductionFault } from './reducer.ts'

/**
 * Absent and null are neutral. Integers stay exact: a sum beyond ±(2^53 - 1) is a fault, as is one that leaves the range of
 * floating-point numbers. A number and a string do not add up.
 */
export function sum(left: Json | undefined, right: Json): Json {
  if (left === undefined || left === null) return right
  if (right === null) return left
  if (typeof left === 'number' && typeof right === 'number') return addNumbers(left, right)
  if (typeof left === 'string' && typeof right === 'string') return addDecimals(left, right)
  throw new ReductionFault(`sum needs two numbers or two decimal strings, but has ${describe(left)} and ${describe(right)}`)
}

function addNumbers(left: number, right: number): number {
  const total = left + right
  if (Number.isSafeInteger(left) && Number.isSafeInteger(right)) {
    if (!Number.isSafeInteger(total)) throw new ReductionFault(`the sum of ${left} and ${right} is beyond ±(2^53 - 1)`)
  } else if (!Number.isFinite(total)) {
    throw new ReductionFault(`the sum of ${left} and ${right} is beyond the range of floating-point numbers`)
  }
  return total
}
