/** A sorted set of keys in memory, in blocks, so that adding one moves few others. The order is that of `Store.scan`. */
import { compareByCodePoints } from '../../base/code-points.ts'

/** Measured with 100,000 keys: blocks of 128 to 1,024 make no difference that could be told from noise. */
const BLOCK_KEYS_MAX = 512

export class SortedKeys {
  /** None is empty. */
  readonly #blocks: string[][] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  get first(): string | undefined {
    return this.#blocks[0]?.[0]
  }

  /** False when it was there. */
  add(key: string): boolean {
    const number = this.#blockOf(key)
    const block = this.#blocks[number]
    if (block === undefined) return this.#addFirst(key)
    const place = placeOf(block, key)
    if (block[place] === key) return false
    block.splice(place, 0, key)
    if (block.length > BLOCK_KEYS_MAX) this.#blocks.splice(number + 1, 0, block.splice(BLOCK_KEYS_MAX / 2))
    this.#size++
    return true
  }

  /** False when it was not there. */
  delete(key: string): boolean {
    const number = this.#blockOf(key)
    const block = this.#blocks[number]
    if (block === undefined) return false
    const place = placeOf(block, key)
    if (block[place] !== key) return false
    block.splice(place, 1)
    if (block.length === 0) this.#blocks.splice(number, 1)
    this.#size--
    return true
  }

  /** This key and those behind it, in order. The set does not change meanwhile. */
  *from(key: string): Generator<string> {
    const first = this.#blockOf(key)
    for (let number = first; number < this.#blocks.length; number++) {
      const block = this.#blocks[number] as string[]
      for (let place = number === first ? placeOf(block, key) : 0; place < block.length; place++) yield block[place] as string
    }
  }

  /** Deletes all but the first `count`; returns the first that was deleted. */
  keepFirst(count: number): string | undefined {
    if (this.#size <= count) return undefined
    let [number, kept] = [0, 0]
    for (let block = this.#blocks[0]; block && kept + block.length <= count; block = this.#blocks[++number]) kept += block.length
    const [parted = []] = this.#blocks.splice(number)
    const first = parted[count - kept]
    if (count > kept) this.#blocks.push(parted.slice(0, count - kept))
    this.#size = count
    return first
  }

  #addFirst(key: string): boolean {
    this.#blocks.push([key])
    this.#size = 1
    return true
  }

  /** The last block that begins at this key or before it; the first one for keys before all others. */
  #blockOf(key: string): number {
    let [low, high] = [0, this.#blocks.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (compareByCodePoints((this.#blocks[middle] as string[])[0] as string, key) <= 0) low = middle
      else high = middle - 1
    }
    return low
  }
}

/** Of the first key that is not before this one. */
function placeOf(block: readonly string[], key: string): number {
  let [low, high] = [0, block.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (compareByCodePoints(block[middle] as string, key) < 0) low = middle + 1
    else high = middle
  }
  return low
}
