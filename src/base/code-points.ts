/** The order of texts by their code points, which is that of their UTF-8 bytes. JavaScript's `<` goes by UTF-16 units. */

/** Negative when `a` comes first, 0 when they are the same, positive otherwise. Both are well-formed. */
export function compareByCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const [unitA, unitB] = [a.charCodeAt(i), b.charCodeAt(i)]
    if (unitA === unitB) continue
    return unitA < FIRST_SURROGATE || unitB < FIRST_SURROGATE ? unitA - unitB : rankOf(unitA) - rankOf(unitB)
  }
  return a.length - b.length
}

const FIRST_SURROGATE = 0xd800
const LAST_SURROGATE = 0xdfff

/** Surrogates stand for code points above 0xffff. */
function rankOf(unit: number): number {
  return unit >= FIRST_SURROGATE && unit <= LAST_SURROGATE ? unit + 0x1_0000 : unit
}
