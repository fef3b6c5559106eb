/** Ids that grow: 24 hex digits, of which 12 are the millisecond, 4 count within it, and 8 are chance. */
import type { Random } from '../../base/random.ts'

const COUNT_MAX = 0xffff

export class OrderedIds {
  readonly #random: Random
  #millis = 0
  #count = 0

  constructor(random: Random) {
    this.#random = random
  }

  /** Greater than every id that this object gave before, also when `millis` goes back or stands still. */
  next(millis: number): string {
    if (millis > this.#millis) {
      this.#millis = millis
      this.#count = 0
    } else if (this.#count < COUNT_MAX) {
      this.#count += 1
    } else {
      this.#millis += 1
      this.#count = 0
    }
    return hex(this.#millis, 12) + hex(this.#count, 4) + hex(this.#random.nextUint32(), 8)
  }
}

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0')
}
