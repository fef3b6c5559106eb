/** Gathers appends into groups: while one group waits for the disk, the next fills. First come, first written. */
import type { AppendReceipt, AppendRequest } from '../log.ts'
import type { AppendOutcome } from './append-group.ts'
import { invariant, MillraceError } from '../../base/errors.ts'

type WriteGroup = (requests: readonly AppendRequest[]) => Promise<AppendOutcome[]>

type Pending = AppendRequest & { resolve: (receipt: AppendReceipt) => void; reject: (error: unknown) => void }

/** Bounds the memory and the transaction of one group; a single larger append is a group of its own. */
const GROUP_BYTES_MAX = 16_000_000

export class AppendQueue {
  readonly #write: WriteGroup
  #pending: Pending[] = []
  #running: Promise<void> | undefined

  constructor(write: WriteGroup) {
    this.#write = write
  }

  /** The queue has no limit of its own: who appends waits for the receipt and bounds what it holds. */
  append(request: AppendRequest): Promise<AppendReceipt> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ ...request, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Resolves when nothing is pending. */
  async settle(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    while (this.#pending.length > 0) {
      // One turn of the event loop: callers woken by the same group append together again.
      await new Promise(setImmediate)
      const group = this.#takeGroup()
      await this.#write(group).then(
        (outcomes) => group.forEach((pending, i) => settleOne(pending, outcomes[i])),
        (error: unknown) => group.forEach(({ reject }) => reject(error)),
      )
    }
    this.#running = undefined
  }

  #takeGroup(): Pending[] {
    let bytes = 0
    const tooMany = this.#pending.findIndex(({ payload }, i) => (bytes += payload.byteLength) > GROUP_BYTES_MAX && i > 0)
    return this.#pending.splice(0, tooMany === -1 ? this.#pending.length : tooMany)
  }
}

function settleOne({ idempotencyKey, resolve, reject }: Pending, outcome: AppendOutcome | undefined): void {
  invariant(outcome, 'a written group has an outcome for each append')
  if (!('isKeyReused' in outcome)) return resolve(outcome)
  reject(
    new MillraceError('idempotency_key_reused', `The idempotency key "${idempotencyKey}" was used before with other content.`, {
      hint: 'Send the same content with the same key, or choose a new key for new content.',
    }),
  )
}
