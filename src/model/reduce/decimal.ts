/** Exact addition of decimal numbers that are written as strings, such as amounts of money. */
import { describe, ReductionFault } from './reducer.ts'

/** `digits` / 10^`scale`. */
type Decimal = { digits: bigint; scale: number }

/** In plain notation, with as many digits after the point as the longer of the two: `"1.10"` and `"2.2"` make `"3.30"`. */
export function addDecimals(a: string, b: string): string {
  const [left, right] = [parseDecimal(a), parseDecimal(b)]
  const scale = Math.max(left.scale, right.scale)
  return formatDecimal({ digits: atScale(left, scale) + atScale(right, scale), scale })
}

/** Of digits written out; far more than any amount, few enough that no exponent can fill the memory. */
const DIGITS_MAX = 1000

function parseDecimal(text: string): Decimal {
  const match = text.length > DIGITS_MAX ? null : /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)
  if (match === null) throw new ReductionFault(`sum needs decimal numbers, but has ${describe(text)}`)
  const [, sign, whole = '', fraction = '', exponentText = '0'] = match
  const exponent = Number(exponentText)
  if (Math.abs(exponent) > DIGITS_MAX) throw new ReductionFault(`the exponent of ${describe(text)} is beyond ±${DIGITS_MAX}`)
  const shift = fraction.length - exponent
  const magnitude = BigInt(whole + fraction) * (shift < 0 ? 10n ** BigInt(-shift) : 1n)
  return { digits: sign === '-' ? -magnitude : magnitude, scale: Math.max(shift, 0) }
}

function atScale({ digits, scale }: Decimal, wanted: number): bigint {
  return digits * 10n ** BigInt(wanted - scale)
}

function formatDecimal({ digits, scale }: Decimal): string {
  const sign = digits < 0n ? '-' : ''
  const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0')
  return scale === 0 ? sign + text : `${sign}${text.slice(0, -scale)}.${text.slice(-scale)}`
}
