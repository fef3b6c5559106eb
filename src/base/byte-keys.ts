/**
 * Numbers keys in the order in which they first come: 0, 1, 2 … A hash table over the keys' bytes where they lie, so that
 * half a million keys cost neither strings nor map entries, which the garbage collector would copy and trace again and again.
 */
import { GrownArray } from './grown-array.ts'

const FIRST_SLOTS = 1024
/** Slots per key at least: chains of probes stay short. */
const SLOTS_PER_KEY = 2

export class ByteKeys {
  readonly #blocks: Buffer[] = []
  /** Per key: hash, block, begin and end of its bytes. */
  readonly #hashes = new GrownArray(FIRST_SLOTS)
  readonly #blockOf = new GrownArray(FIRST_SLOTS)
  readonly #begins = new GrownArray(FIRST_SLOTS)
  readonly #ends = new GrownArray(FIRST_SLOTS)
  /** Number of the key plus one; 0 is free. Its length is a power of two. */
  #slots = new Uint32Array(FIRST_SLOTS * SLOTS_PER_KEY)

  get size(): number {
    return this.#hashes.length
  }

  /** `add` is called with places in this block until the next one is given. It is kept as long as the keys are. */
  addBlock(block: Buffer): void {
    this.#blocks.push(block)
  }

  /** The number of the key at these bytes of the latest block; equal to `size` before the call when the key is new. */
  add(begin: number, end: number): number {
    const block = this.#blocks.at(-1) as Buffer
    const hash = hashOf(block, begin, end)
    const mask = this.#slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const found = this.#slots[slot] as number
      if (found === 0) return this.#addNew(slot, { hash, begin, end })
      if (this.#hashes.get(found - 1) === hash && this.#isSame(found - 1, block, begin, end)) return found - 1
    }
  }

  /** The text of a key. */
  text(number: number): string {
    const block = this.#blocks[this.#blockOf.get(number)] as Buffer
    return block.toString('utf8', this.#begins.get(number), this.#ends.get(number))
  }

  clear(): void {
    this.#blocks.length = 0
    for (const column of [this.#hashes, this.#blockOf, this.#begins, this.#ends]) column.clear()
    this.#slots.fill(0)
  }

  #addNew(slot: number, { hash, begin, end }: { hash: number; begin: number; end: number }): number {
    const number = this.size
    this.#hashes.push(hash)
    this.#blockOf.push(this.#blocks.length - 1)
    this.#begins.push(begin)
    this.#ends.push(end)
    this.#slots[slot] = number + 1
    if (this.size * SLOTS_PER_KEY > this.#slots.length) this.#rehash()
    return number
  }

  #isSame(number: number, block: Buffer, begin: number, end: number): boolean {
    const other = this.#blocks[this.#blockOf.get(number)] as Buffer
    const start = this.#begins.get(number)
    const length = end - begin
    if (this.#ends.get(number) - start !== length) return false
    for (let i = 0; i < length; i++) if (other[start + i] !== block[begin + i]) return false
    return true
  }

  #rehash(): void {
    this.#slots = new Uint32Array(2 * this.#slots.length)
    const mask = this.#slots.length - 1
    for (let number = 0; number < this.size; number++) {
      let slot = this.#hashes.get(number) & mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
      this.#slots[slot] = number + 1
    }
  }
}

/** FNV-1a, with a final mix since slots are taken from its low bits (public domain, Fowler, Noll, Vo; mix of MurmurHash3). */
function hashOf(bytes: Buffer, begin: number, end: number): number {
  let hash = 0x811c9dc5
  for (let i = begin; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}
