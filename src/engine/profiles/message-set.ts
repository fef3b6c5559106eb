/**
 * A set of message ids, kept as 96 bits of their SHA-1: exact but for a chance of 10^-20 among a hundred million. Open addressing
 * over one block of numbers outside of the JavaScript heap: 17 to 34 bytes an id, nothing for the garbage collector to walk.
 */
import { hash } from 'node:crypto'

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
    return this.#isTaken(this.#find(fingerprint))
  }

  /** False when it was there already. */
  add(fingerprint: Fingerprint): boolean {
    const slot = this.#find(fingerprint)
    if (this.#isTaken(slot)) return false
    this.#write(slot, fingerprint)
    if (++this.#count > (this.#slots.length / WORDS) * LOAD_MAX) this.#grow()
    return true
  }

  #find([first, second, third]: Fingerprint): number {
    const slots = this.#slots
    const mask = slots.length / WORDS - 1
    // Tables are powers of two times three words: a slot number is taken from the first word.
    for (let slot = first & mask; ; slot = (slot + 1) & mask) {
      const at = slot * WORDS
      if (slots[at] === first && slots[at + 1] === second && slots[at + 2] === third) return at
      if (!this.#isTaken(at)) return at
    }
  }

  /** The third word of a fingerprint is never 0. */
  #isTaken(at: number): boolean {
    return this.#slots[at + 2] !== 0
  }

  #write(at: number, [first, second, third]: Fingerprint): void {
    this.#slots[at] = first
    this.#slots[at + 1] = second
    this.#slots[at + 2] = third
  }

  #grow(): void {
    const old = this.#slots
    this.#slots = new Uint32Array(old.length * 2)
    for (let at = 0; at < old.length; at += WORDS) {
      const fingerprint: Fingerprint = [old[at] ?? 0, old[at + 1] ?? 0, old[at + 2] ?? 0]
      if (fingerprint[2] !== 0) this.#write(this.#find(fingerprint), fingerprint)
    }
  }
}

export type Fingerprint = readonly [number, number, number]

/** Sources never share ids: what two of them call the same are two messages. */
export function fingerprintOf(source: string, id: string): Fingerprint {
  return readFingerprint(hash('sha1', `${source}\u0000${id}`, 'buffer'), 0)
}

export function readFingerprint(bytes: Buffer, at: number): Fingerprint {
  return [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4), bytes.readUInt32LE(at + 8) || 1]
}

export function writeFingerprint(bytes: Buffer, at: number, [first, second, third]: Fingerprint): void {
  bytes.writeUInt32LE(first, at)
  bytes.writeUInt32LE(second, at + 4)
  bytes.writeUInt32LE(third, at + 8)
}
