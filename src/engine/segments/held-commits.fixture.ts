/** Transactions that are committed late: while one is under way the store does not show it, and the next is being filled. */
import type { DocumentChange, Store } from '../../store/store.ts'

const PARTITION = '0'

export class HeldCommits {
  readonly #store: Store
  readonly #fence: number
  #held: DocumentChange[] = []

  private constructor(store: Store, fence: number) {
    this.#store = store
    this.#fence = fence
  }

  static async open(store: Store): Promise<HeldCommits> {
    return new HeldCommits(store, (await store.acquire(PARTITION)).fence)
  }

  /** Commits what is under way; from now on the store shows it. */
  async settle(): Promise<void> {
    const documents = this.#held
    this.#held = []
    await this.#store.commit(PARTITION, this.#fence, { documents, outputs: [], checkpoints: [] })
  }

  /** Closes a transaction once the one before has been committed. */
  async cut(transaction: { close: () => DocumentChange[] }): Promise<void> {
    await this.settle()
    this.#held = transaction.close()
  }
}
