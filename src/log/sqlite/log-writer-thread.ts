/** The thread in which a `LogWriter` waits for the disk, so that nobody else has to. */
import { workerData } from 'node:worker_threads'
import { answerQuestions } from '../../base/thread.ts'
import type { Redaction } from '../log.ts'
import type { AppendGroup, AppendOutcome } from './append-group.ts'
import type { LogDatabaseOptions } from './log-database.ts'
import { LogWriter } from './log-writer.ts'

/** `open` is asked first: it fails when the file cannot be used. */
export type WriterQuestion = AppendGroup | { redactions: readonly Redaction[] } | 'open'

let writer: LogWriter | undefined
const openWriter = () => (writer ??= new LogWriter(workerData as LogDatabaseOptions))

answerQuestions<WriterQuestion, AppendOutcome[]>({
  answer: (question) => {
    const opened = openWriter()
    if (question === 'open') return []
    if (!('redactions' in question)) return opened.append(question)
    opened.redact(question.redactions)
    return []
  },
  close: () => writer?.close(),
})
