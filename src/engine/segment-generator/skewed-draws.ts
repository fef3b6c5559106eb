/** Draws from the skewed distributions of the segment generator. */
import type { Random } from '../../base/random.ts'

/** Draws k = 0 … `max` (inclusive) with P(k) proportional to (1 + k)^-skew. */
export function zipf(skew: number, max: number): (random: Random) => number {
  const cumulative = new Float64Array(max + 1)
  let total = 0
  for (let k = 0; k <= max; k++) cumulative[k] = total += (1 + k) ** -skew
  return (random) => firstAbove(cumulative, random.next() * total)
}

/** Index of the first entry greater than `value`, at most the last index. */
function firstAbove(ascending: Float64Array, value: number): number {
  let [low, high] = [0, ascending.length - 1]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ascending[middle] as number) > value) high = middle
    else low = middle + 1
  }
  return low
}

/** The absolute value of a standard normal draw (Box–Muller). */
export function halfNormal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.next()))
  return Math.abs(radius * Math.cos(2 * Math.PI * random.next()))
}
