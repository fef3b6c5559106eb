/** Comparisons of runs, which throw at the first difference and say what it is about. */

export function same(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${what}: ${String(actual)} instead of ${String(expected)}`)
}

export function sameList(what: string, actual: readonly string[], expected: readonly string[]): void {
  const at = actual.findIndex((text, i) => text !== expected[i])
  if (at >= 0) throw new Error(`${what}: at ${at} ${actual[at]} instead of ${expected[at] ?? 'nothing'}`)
  same(`number of ${what}`, actual.length, expected.length)
}
