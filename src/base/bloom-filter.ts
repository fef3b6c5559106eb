/**
 * A set of strings that may err to one side: `mayHave` is true for every key that was added, and for about one in eighty of the
 * others. Blocked: all bits of a key lie in one cache line, so a question costs one access to memory.
 */
export class BloomFilter {
  /** Newest last. Each is twice as large as the one before, as the keys, which are not kept, cannot be moved. */
  #layers: BloomLayer[] = []
  #newest: BloomLayer

  /** `expected`: roughly how many keys will be added; with more the filter grows by itself. */
  constructor(expected: number) {
    this.#newest = this.#grow(Math.max(expected, EXPECTED_MIN))
  }

  /** The filter that had these layers: in this way one crosses threads. */
  static from(layers: readonly BloomLayer[]): BloomFilter {
    const filter = new BloomFilter(0)
    filter.#layers = [...layers]
    filter.#newest = layers.at(-1) ?? filter.#grow(EXPECTED_MIN)
    return filter
  }

  /** Plain data; it changes with the filter. */
  get layers(): readonly BloomLayer[] {
    return this.#layers
  }

  add(key: string): void {
    if (this.#newest.count === this.#newest.capacity) this.#newest = this.#grow(this.#newest.capacity * 2)
    const { words, blockMask } = this.#newest
    const hash = hashOf(key)
    const start = (hash & blockMask) * WORDS_PER_BLOCK
    const spread = spreadOf(hash)
    const step = stepOf(spread)
    for (let probe = 0, bit = spread; probe < PROBES; probe++, bit += step) {
      const word = start + ((bit >>> 5) & WORD_MASK)
      words[word] = (words[word] as number) | (1 << (bit & 31))
    }
    this.#newest.count++
  }

  /** False: surely never added. */
  mayHave(key: string): boolean {
    const hash = hashOf(key)
    const spread = spreadOf(hash)
    for (let i = this.#layers.length - 1; i >= 0; i--) {
      if (layerMayHave(this.#layers[i] as BloomLayer, hash, spread)) return true
    }
    return false
  }

  #grow(capacity: number): BloomLayer {
    const blocks = 2 ** Math.ceil(Math.log2((capacity * BITS_PER_KEY) / BITS_PER_BLOCK))
    const layer = { words: new Int32Array(blocks * WORDS_PER_BLOCK), blockMask: blocks - 1, capacity, count: 0 }
    this.#layers.push(layer)
    return layer
  }
}

export type BloomLayer = { words: Int32Array; blockMask: number; capacity: number; count: number }

/** 4 KB: small enough for every table, large enough that a growing one has few layers. */
const EXPECTED_MIN = 4096
/** With these about 1.2 % of the answers for absent keys are wrong; fewer bits cost more look-ups than they save memory. */
const BITS_PER_KEY = 10
const PROBES = 6
/** 64 bytes, a cache line. */
const WORDS_PER_BLOCK = 16
const WORD_MASK = WORDS_PER_BLOCK - 1
const BITS_PER_BLOCK = WORDS_PER_BLOCK * 32

function layerMayHave({ words, blockMask }: BloomLayer, hash: number, spread: number): boolean {
  const start = (hash & blockMask) * WORDS_PER_BLOCK
  const step = stepOf(spread)
  for (let probe = 0, bit = spread; probe < PROBES; probe++, bit += step) {
    if (((words[start + ((bit >>> 5) & WORD_MASK)] as number) & (1 << (bit & 31))) === 0) return false
  }
  return true
}

/** FNV-1a over UTF-16 units with the finalizer of MurmurHash3, which FNV lacks. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return mix(hash)
}

/** Bits for the places in a block, independent of those that chose the block. */
function spreadOf(hash: number): number {
  return mix(hash ^ 0x9e3779b9) >>> 2
}

/** Odd, so that the probes of one key differ. */
function stepOf(spread: number): number {
  return (spread >>> 9) | 1
}

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
