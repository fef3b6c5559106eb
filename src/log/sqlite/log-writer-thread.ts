/** The thread in which a `LogWriter` waits for the disk, so that nobody else has to. */
import { workerData } from 'node:worker_threads'
import { answerQuestions } from '../../base/thread.ts'
import type { AppendGroup, AppendOutcome } from './append-group.ts'
import type { LogDatabaseOptions } from './log-database.ts'
import { LogWriter } from './log-writer.ts'

/** `open` is asked first: it fails when the file cannot be used. */
export type WriterQuestion = AppendGroup | 'open'

let writer: LogWriter | undefined
const openWriter = () => (writer ??= new LogWriter(workerData as LogDatabaseOptions))

answerQuestions<WriterQuestion, AppendOutcome[]>({
  answer: (question) => {
    const opened = openWriter()
    return question === 'open' ? [] : opened.append(question)
  },
  close: () => writer?.close(),
})
