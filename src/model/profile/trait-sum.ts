/**
 * Sums of traits. Shops count money in decimals, so `0.1 + 0.2` is `0.3` here: the sum is rounded to the decimals of the longer
 * number, which is exact while both have up to 15 digits when written with the same number of decimals.
 */

/** A double has 17 significant digits; who writes more decimals than this does not count in decimals. */
const DECIMALS_MAX = 20

/**
 * `value` increased by `amount`, held within ±(2^53 − 1), where integers are exact. A value that lies beyond already, because it was
 * set so, stays as it is.
 */
export function increased(value: number, amount: number): number {
  const sum = Number.isInteger(value) && Number.isInteger(amount) ? value + amount : decimalSum(value, amount)
  if (Math.abs(sum) <= Number.MAX_SAFE_INTEGER) return sum
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) return value
  return sum > 0 ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER
}

function decimalSum(a: number, b: number): number {
  const decimals = Math.max(decimalsOf(a), decimalsOf(b))
  // `+ 0` makes 0 of -0, which JSON cannot tell apart.
  return decimals > DECIMALS_MAX ? a + b : Number((a + b).toFixed(decimals)) + 0
}

/** Digits after the point in plain notation. */
function decimalsOf(number: number): number {
  if (Number.isInteger(number)) return 0
  const [digits = '', exponent = '0'] = String(number).split('e')
  const point = digits.indexOf('.')
  return Math.max(0, (point < 0 ? 0 : digits.length - point - 1) - Number(exponent))
}
