/** The thread in which a `StoreWriter` commits, so that the next transaction can be reduced meanwhile. */
import { workerData } from 'node:worker_threads'
import { answerQuestions } from '../../base/thread.ts'
import type { PackedTransaction } from './packed-transaction.ts'
import type { StoreDatabaseOptions } from './store-database.ts'
import { StoreWriter, type Acquisition } from './store-writer.ts'

export type WriterQuestion =
  | { kind: 'acquire'; partition: string }
  | { kind: 'commit'; partition: string; fence: number; transaction: PackedTransaction }

export type WriterAnswer = { kind: 'acquired'; acquisition: Acquisition } | { kind: 'committed'; commits: number }

let writer: StoreWriter | undefined

answerQuestions<WriterQuestion, WriterAnswer>({
  answer: (question) => {
    writer ??= new StoreWriter(workerData as StoreDatabaseOptions)
    if (question.kind === 'acquire') return { kind: 'acquired', acquisition: writer.acquire(question.partition) }
    const { partition, fence, transaction } = question
    return { kind: 'committed', commits: writer.commit(partition, fence, transaction) }
  },
  afterwards: () => writer?.checkpoint(),
  close: () => writer?.close(),
})
