/**
 * The thread in which the store's file is written anew. SQLite overwrites what it deletes (`secure_delete`) but not the copies that
 * moving rows between pages leaves in the gaps of these; a new file has no gaps, and an empty write-ahead log no history.
 */
import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { workerData } from 'node:worker_threads'
import { MillraceError } from '../../base/errors.ts'
import { answerQuestions } from '../../base/thread.ts'
import { cursorPath } from './cursor-file.ts'
import { onStoreFile, openCursorDatabase, openStoreDatabase } from './store-database.ts'

/** Cursors may hold what is on its way to others. */
function scrubAll(path: string): void {
  scrub(path, openStoreDatabase({ path }))
  const cursors = cursorPath(path)
  if (existsSync(cursors)) scrub(cursors, openCursorDatabase(cursors))
}

function scrub(path: string, db: DatabaseSync): void {
  try {
    onStoreFile(path, () => {
      db.exec('vacuum')
      // Waits for readers, each of which takes moments.
      const { busy } = db.prepare('pragma wal_checkpoint(truncate)').get() as { busy: number }
      if (busy === 0) return
      throw new MillraceError(
        'store_unavailable',
        `The store "${path}" is read without a pause: its write-ahead log cannot be emptied.`,
        {
          hint: 'End the program that keeps a transaction on this file open; it is tried again.',
          retryable: true,
        },
      )
    })
  } finally {
    db.close()
  }
}

answerQuestions<'scrub', 'scrubbed'>({
  answer: () => {
    scrubAll(workerData as string)
    return 'scrubbed'
  },
  close: () => undefined,
})
