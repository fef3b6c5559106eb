/**
 * A set of message ids, kept as 96 bits of a hash: exact but for a chance of 10^-12 for a hundred million of them together. Open addressing
 * over one block of numbers outside of the JavaScript heap: 17 to 34 bytes an id, nothing for the garbage collector to walk.
 */

/** Three words of 32 bits; the last is never 0. */
export type Fingerprint = Uint32Array<ArrayBuffer>

/** Of one id. */
export const FINGERPRINT_BYTES = 12
const WORDS = 3
const FIRST_SLOTS = 1024
/** Above it, probing gets long. */
const LOAD_MAX = 0.7

export class MessageSet {
  #slots = new Uint32Array(FIRST_SLOTS * WORDS)
  #count = 0

  get size(): number {
    return this.#count
  }

  has(fingerprint: Fingerprint): boolean {
    return this.#slots[this.#find(fingerprint) + 2] !== 0
  }

  /** False when it was there already. */
  add(fingerprint: Fingerprint): boolean {
    const at = this.#find(fingerprint)
    if (this.#slots[at + 2] !== 0) return false
    this.#slots.set(fingerprint, at)
    if (++this.#count > (this.#slots.length / WORDS) * LOAD_MAX) this.#grow()
    return true
  }

  /** Where it is, or where it belongs. */
  #find(fingerprint: Fingerprint): number {
    const slots = this.#slots
    // The length is a power of two times three words.
    const mask = slots.length / WORDS - 1
    const [first = 0, second, third] = fingerprint
    for (let slot = first & mask; ; slot = (slot + 1) & mask) {
      const at = slot * WORDS
      if (slots[at + 2] === 0) return at
      if (slots[at] === first && slots[at + 1] === second && slots[at + 2] === third) return at
    }
  }

  #grow(): void {
    const old = this.#slots
    this.#slots = new Uint32Array(old.length * 2)
    const fingerprint = new Uint32Array(WORDS)
    for (let at = 0; at < old.length; at += WORDS) {
      if (old[at + 2] === 0) continue
      fingerprint.set(old.subarray(at, at + WORDS))
      this.#slots.set(fingerprint, this.#find(fingerprint))
    }
  }
}

/** Sources never share ids: what two of them call the same are two messages. Overwritten by the next call. */
export function fingerprintOf(source: string, id: string): Fingerprint {
  SCRATCH.fill(SEED)
  mixText(source)
  mixText(id)
  const [a = 0, b = 0, c = 0] = SCRATCH
  // Each word depends on all three.
  const sum = (a + b + c) | 0
  FOUND[0] = finish(a ^ sum)
  FOUND[1] = finish(b ^ Math.imul(sum, 0x9e3779b1))
  FOUND[2] = finish(c ^ Math.imul(sum, 0x85ebca77)) || 1
  return FOUND
}

const SEED = 0x2545f491
const SCRATCH = new Int32Array(WORDS)
const FOUND = new Uint32Array(WORDS)

/**
 * Three lanes of MurmurHash3's mixing with multipliers of their own, over pairs of UTF-16 units. SHA-1 takes three times as long, and
 * nobody gains by a collision: who can choose ids for a source can as well repeat one.
 */
function mixText(text: string): void {
  let [a = 0, b = 0, c = 0] = SCRATCH
  for (let i = 0; i < text.length; i += 2) {
    const unit = text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16)
    a = Math.imul(turn(a ^ Math.imul(turn(Math.imul(unit, 0x239b961b), 15), 0xab0e9789 | 0), 13), 5) + 0x561ccd1b
    b = Math.imul(turn(b ^ Math.imul(turn(Math.imul(unit, 0xab0e9789 | 0), 16), 0x38b34ae5), 17), 5) + 0x0bcaa747
    c = Math.imul(turn(c ^ Math.imul(turn(Math.imul(unit, 0x38b34ae5), 17), 0xa1e38b93 | 0), 15), 5) + 0x96cd1c35
    a = (a + b) | 0
    b = (b + c) | 0
    c = (c + a) | 0
  }
  // Where a text ends makes a difference, also that of an empty one.
  const end = text.length + 1
  SCRATCH[0] = Math.imul(a ^ end, 0x85ebca6b | 0)
  SCRATCH[1] = Math.imul(b + end, 0xc2b2ae35 | 0)
  SCRATCH[2] = Math.imul(c ^ Math.imul(end, 0x9e3779b1 | 0), 0x27d4eb2f)
}

function turn(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

function finish(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** Overwritten by the next call, and by `fingerprintOf`. */
export function readFingerprint(bytes: Buffer, at: number): Fingerprint {
  for (let word = 0; word < WORDS; word++) FOUND[word] = bytes.readUInt32LE(at + 4 * word)
  return FOUND
}

export function writeFingerprint(bytes: Buffer, at: number, fingerprint: Fingerprint): void {
  bytes.writeUInt32LE(fingerprint[0] ?? 0, at)
  bytes.writeUInt32LE(fingerprint[1] ?? 0, at + 4)
  bytes.writeUInt32LE(fingerprint[2] ?? 0, at + 8)
}
