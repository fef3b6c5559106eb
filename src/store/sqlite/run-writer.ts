/** Where a `StoreWriter` runs: in the caller's thread, or in one of its own so that the next transaction is reduced meanwhile. */
import { extname } from 'node:path'
import { invariant, MillraceError } from '../../base/errors.ts'
import { Thread } from '../../base/thread.ts'
import { buffersOf, type PackedTransaction } from './packed-transaction.ts'
import type { StoreDatabaseOptions } from './store-database.ts'
import type { WriterAnswer, WriterQuestion } from './store-writer-thread.ts'
import type { Acquisition, StoreWriter } from './store-writer.ts'

export type RunningWriter = {
  acquire: (partition: string) => Promise<Acquisition>
  /** Resolves with the number of the commit. */
  commit: (partition: string, fence: number, transaction: PackedTransaction) => Promise<number>
  close: () => Promise<void>
}

export function runInThisThread(writer: StoreWriter): RunningWriter {
  return {
    acquire: async (partition) => writer.acquire(partition),
    commit: async (partition, fence, transaction) => {
      const number = writer.commit(partition, fence, transaction)
      writer.checkpoint()
      return number
    },
    close: async () => writer.close(),
  }
}

export function runInOwnThread(database: StoreDatabaseOptions): RunningWriter {
  const thread = new Thread<WriterQuestion, WriterAnswer>({
    module: new URL(`./store-writer-thread${extname(import.meta.filename)}`, import.meta.url),
    name: 'store writer',
    input: database,
    diedError: (reason, cause) =>
      new MillraceError('store_unavailable', `The thread that writes the store "${database.path}" died: ${reason}.`, {
        hint: 'Acquire the partition again, which starts the thread anew, and go on from the checkpoints.',
        retryable: true,
        cause,
      }),
  })
  return {
    acquire: async (partition) => {
      const answer = await thread.ask({ kind: 'acquire', partition })
      invariant(answer.kind === 'acquired', 'the question was to acquire')
      return answer.acquisition
    },
    commit: async (partition, fence, transaction) => {
      const answer = await thread.ask({ kind: 'commit', partition, fence, transaction }, buffersOf(transaction))
      invariant(answer.kind === 'committed', 'the question was to commit')
      return answer.commits
    },
    close: () => thread.stop(),
  }
}
