/** Randomness as it is handed to the engine; tests and generators pass a seeded one. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Uniform unsigned 32-bit integer. */
  nextUint32(): number
}

const UINT32 = 2 ** 32

export const systemRandom: Random = {
  next: () => Math.random(),
  nextUint32: () => Math.floor(Math.random() * UINT32),
}

/** The same seed yields the same numbers on every machine (sfc32, seeded through splitmix32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const splitmix = () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) | 0
  }
  let [a, b, c, counter] = [splitmix(), splitmix(), splitmix(), 1]
  const nextUint32 = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return sum >>> 0
  }
  for (let round = 0; round < 12; round++) nextUint32()
  return { next: () => nextUint32() / UINT32, nextUint32 }
}
