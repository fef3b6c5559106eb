/** The thread in which a `StoreWriter` commits, so that the next transaction can be reduced meanwhile. */
import { workerData } from 'node:worker_threads'
import { answerQuestions } from '../../base/thread.ts'
import type { Ownership } from '../store.ts'
import type { PackedTransaction } from './packed-transaction.ts'
import type { StoreDatabaseOptions } from './store-database.ts'
import { StoreWriter } from './store-writer.ts'

export type WriterQuestion =
  | { kind: 'acquire'; partition: string }
  | { kind: 'commit'; partition: string; fence: number; transaction: PackedTransaction }

/** An ownership for `acquire`, nothing for `commit`. */
export type WriterAnswer = Ownership | undefined

let writer: StoreWriter | undefined

answerQuestions<WriterQuestion, WriterAnswer>({
  answer: (question) => {
    writer ??= new StoreWriter(workerData as StoreDatabaseOptions)
    if (question.kind === 'acquire') return writer.acquire(question.partition)
    writer.commit(question.partition, question.fence, question.transaction)
    return undefined
  },
  afterwards: () => writer?.checkpoint(),
  close: () => writer?.close(),
})
