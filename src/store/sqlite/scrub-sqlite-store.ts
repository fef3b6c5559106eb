/** Scrubbing the store's file in a thread of its own: it takes as long as copying the file. */
import { extname } from 'node:path'
import { MillraceError } from '../../base/errors.ts'
import { Thread } from '../../base/thread.ts'

/** May run beside the one who commits, whose commits wait, and beside readers. */
export async function scrubSqliteStore(path: string): Promise<void> {
  const thread = new Thread<'scrub', 'scrubbed'>({
    module: new URL(`./scrub-thread${extname(import.meta.filename)}`, import.meta.url),
    name: 'store scrub',
    input: path,
    diedError: (reason, cause) =>
      new MillraceError('store_unavailable', `The thread that scrubs the store "${path}" died: ${reason}.`, {
        hint: 'Nothing is lost: scrub it again.',
        retryable: true,
        cause,
      }),
  })
  try {
    await thread.ask('scrub')
  } finally {
    await thread.stop()
  }
}
