/** Numbers in one typed array that doubles when it is full: millions of them without a single object for the garbage collector. */
export class GrownArray {
  length = 0
  #numbers: Uint32Array

  constructor(capacity: number) {
    this.#numbers = new Uint32Array(capacity)
  }

  push(number: number): void {
    if (this.length === this.#numbers.length) {
      const larger = new Uint32Array(2 * this.length)
      larger.set(this.#numbers)
      this.#numbers = larger
    }
    this.#numbers[this.length++] = number
  }

  /** Of an index below `length`. */
  get(index: number): number {
    return this.#numbers[index] as number
  }

  set(index: number, number: number): void {
    this.#numbers[index] = number
  }

  clear(): void {
    this.length = 0
  }
}
