/** The thread that scans the keys of a large store while its owner already works. */
import { workerData } from 'node:worker_threads'
import { answerQuestions } from '../../base/thread.ts'
import { scanKeys, type ScannedKeys } from './scan-keys.ts'
import { openStoreDatabaseForReading } from './store-database.ts'

export type ScanInput = { path: string; except: readonly string[] }

/** There is one. */
export type ScanQuestion = 'scan'

answerQuestions<ScanQuestion, ScannedKeys>({
  answer: () => {
    // As `KeyScan` hands it over.
    const { path, except } = workerData as ScanInput
    const db = openStoreDatabaseForReading({ path })
    try {
      return scanKeys(db, { except })
    } finally {
      db.close()
    }
  },
  close: () => undefined,
})
