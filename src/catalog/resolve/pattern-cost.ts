/**
 * How long a regular expression may try in vain. Values to match come from anybody who can send events, so an expression that
 * tries exponentially many ways (`(a+)+b`) would let one event hold everything up.
 */

/** An expression that repeats without end may try this many lengths: identifiers have at most 500 characters. */
const LENGTHS = 500
/** Two repetitions without end, `.*@.*`: a millisecond at worst. */
export const WAYS_MAX = (LENGTHS + 1) ** 2

/**
 * An upper bound of the ways in which `pattern`, which must compile, can fail to match; `Infinity` where repetitions that vary
 * stand inside each other.
 */
export function countWays(pattern: string): number {
  return new WayCounter(pattern).alternatives()
}

/** True for `\1` and `\k<name>`, whose numbers and names would change when expressions are joined. */
export function hasBackReference(pattern: string): boolean {
  return /\\(?:[1-9]|k<)/.test(pattern.replaceAll(/\\[^1-9k]/g, ''))
}

/** Reads the expression once, from left to right. Ways of parts that follow each other multiply, those of alternatives add up. */
class WayCounter {
  readonly #pattern: string
  #at = 0

  constructor(pattern: string) {
    this.#pattern = pattern
  }

  /** Up to the end, or to the bracket that closes the group. */
  alternatives(): number {
    let ways = 0
    let branch = 1
    while (this.#at < this.#pattern.length && this.#pattern[this.#at] !== ')') {
      if (this.#take(/\|/y) === undefined) branch *= this.#repeated(this.#atom())
      else [ways, branch] = [ways + branch, 1]
    }
    return ways + branch
  }

  #atom(): number {
    if (this.#take(/\((?:\?(?:[:=!]|<[=!]|<[^>]*>|[a-z-]*:))?/y) !== undefined) {
      const ways = this.alternatives()
      this.#at += 1
      return ways
    }
    if (this.#take(/\[(?:\\.|[^\]\\])*\]/y) === undefined && this.#take(/\\?./sy) === undefined) this.#at += 1
    return 1
  }

  #repeated(ways: number): number {
    const sign = this.#take(/(?:[*+?]|\{\d+(?:,\d*)?\})\??/y)
    if (sign === undefined) return ways
    const [from, to] = bounds(sign)
    if (from === to) return ways ** from
    if (ways === 1) return Math.max(Math.min(to, LENGTHS) - from, 0) + 1
    return to === 1 ? ways + 1 : Number.POSITIVE_INFINITY
  }

  #take(expression: RegExp): string | undefined {
    expression.lastIndex = this.#at
    const [text] = expression.exec(this.#pattern) ?? []
    if (text !== undefined) this.#at += text.length
    return text
  }
}

function bounds(sign: string): [from: number, to: number] {
  if (sign.startsWith('*')) return [0, LENGTHS]
  if (sign.startsWith('+')) return [1, LENGTHS]
  if (sign.startsWith('?')) return [0, 1]
  const [from = '0', to] = sign
    .replace(/\}\??$/, '')
    .slice(1)
    .split(',')
  return [Number(from), to === undefined ? Number(from) : to === '' ? LENGTHS : Number(to)]
}
