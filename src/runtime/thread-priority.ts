/** Which threads may wait: whoever answers requests comes before those who work off what was accepted. */
import { readdirSync, readFileSync } from 'node:fs'
import { setPriority } from 'node:os'

/** Linux gives such a thread a third of the time that it gives to others, as long as they want it. */
const NICENESS = 5
/** What Linux keeps of a thread's name. */
const NAME_CHARACTERS_MAX = 15
const THREADS = '/proc/self/task'

/**
 * Lets the thread of this name, and those that it starts from then on, run behind the others. Linux alone has priorities of threads;
 * elsewhere, and where it is not allowed, nothing happens.
 */
export function letYield(threadName: string): void {
  try {
    for (const id of readdirSync(THREADS)) {
      const name = readFileSync(`${THREADS}/${id}/comm`, 'utf8').trimEnd()
      if (name === threadName.slice(0, NAME_CHARACTERS_MAX)) setPriority(Number(id), NICENESS)
    }
  } catch {
    // Only how fast requests are answered under load depends on it.
  }
}
