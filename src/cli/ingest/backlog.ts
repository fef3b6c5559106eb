type BacklogOptions<Item> = {
  itemsMax: number
  /** Of a batch, in the unit of `sizeOf`; a larger item is a batch of its own. */
  sizeMax: number
  sizeOf: (item: Item) => number
  /** True: what is there is enough, a full batch is not waited for. */
  isLive: boolean
}

/**
 * Items between the reader of an input and the sender of requests. The reader stays a few batches ahead; the sender takes full
 * batches, or whatever is there when the input is live. One reader, one sender at a time.
 */
export class Backlog<Item> {
  readonly #options: BacklogOptions<Item>
  #items: Item[] = []
  #hasEnded = false
  #failure: unknown
  #wakeReader: (() => void) | undefined
  #wakeSender: (() => void) | undefined

  constructor(options: BacklogOptions<Item>) {
    this.#options = options
  }

  /** Reads `source` to its end; a failure of the source comes out of `take` after the items before it. Never rejects. */
  async fill(source: AsyncIterable<Item[]>): Promise<void> {
    try {
      for await (const items of source) {
        for (const item of items) this.#items.push(item)
        this.#wakeSender?.()
        if (this.#items.length >= READ_AHEAD_BATCHES * this.#options.itemsMax)
          await new Promise<void>((resolve) => (this.#wakeReader = resolve))
      }
    } catch (error) {
      this.#failure = error
    }
    this.#hasEnded = true
    this.#wakeSender?.()
  }

  /** The next batch in order; undefined at the end. Throws what the source has thrown. */
  async take(): Promise<Item[] | undefined> {
    while (!this.#isReady()) await new Promise<void>((resolve) => (this.#wakeSender = resolve))
    const batch = this.#items.splice(0, this.#batchLength())
    this.#wakeReader?.()
    if (batch.length > 0) return batch
    if (this.#failure !== undefined) throw this.#failure
    return undefined
  }

  #isReady(): boolean {
    const { isLive, itemsMax } = this.#options
    return this.#hasEnded || this.#items.length >= (isLive ? 1 : itemsMax)
  }

  #batchLength(): number {
    const { itemsMax, sizeMax, sizeOf } = this.#options
    let size = 0
    let length = 0
    for (const item of this.#items) {
      size += sizeOf(item)
      if (length >= itemsMax || (length > 0 && size > sizeMax)) break
      length++
    }
    return length
  }
}

/** Enough that the sender never waits for the parser, little enough to keep memory small. */
const READ_AHEAD_BATCHES = 3
