/**
 * Refuses to go on with a store or a target that is ahead of the log: it belongs to another log (the data directory was deleted or
 * replaced), and the first entries of this one would be taken for those that it has seen.
 */
import { MillraceError } from '../base/errors.ts'
import type { DocumentStream } from '../engine/document-stream.ts'
import type { LogReader, Position } from '../log/log.ts'

/** Throws `log_replaced` when `position` is behind the end of the log. */
export async function requireSameLog(log: LogReader, keeper: string, position: Position): Promise<void> {
  const head = await log.head()
  if (position <= head) return
  throw new MillraceError(
    'log_replaced',
    `${keeper} has taken in the log up to position ${position}, but the log ends at ${head}.`,
    {
      hint: 'Give it back the data directory that it was filled from, or delete what it holds: then it is filled anew.',
    },
  )
}

/** The stream, whose first read throws `log_replaced` when its reader comes from another log. */
export function streamOfSameLog(stream: DocumentStream, log: LogReader, keeper: string): DocumentStream {
  let isChecked = false
  return {
    read: async (after, limits) => {
      if (!isChecked) await requireSameLog(log, keeper, after)
      isChecked = true
      return await stream.read(after, limits)
    },
  }
}
