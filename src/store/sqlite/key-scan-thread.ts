/** The thread that scans the keys of a large store while its owner already works. */
import { workerData } from 'node:worker_threads'
import { answerQuestions } from '../../base/thread.ts'
import { scanKeys, type ScannedKeys } from './scan-keys.ts'
import { openStoreDatabaseForReading } from './store-database.ts'

/** There is one. */
export type ScanQuestion = 'scan'

answerQuestions<ScanQuestion, ScannedKeys>({
  answer: () => {
    const db = openStoreDatabaseForReading({ path: workerData as string })
    try {
      return scanKeys(db)
    } finally {
      db.close()
    }
  },
  close: () => undefined,
})
