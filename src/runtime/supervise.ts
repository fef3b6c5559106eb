/**
 * Runs one task for as long as the process lives: crash-only. A failure that may pass (`retryable`) is followed by another run
 * after a growing pause; any other stops the task and says why, while the rest of the process goes on.
 *
 *   state     | run ends         | retryable failure | other failure | abort
 *   running   | stopped (done)   | retrying          | stopped       | stopped
 *   retrying  | –                | –                 | –             | stopped     (pause over: running)
 */
import type { Clock } from '../base/clock.ts'
import { MillraceError, messageOf } from '../base/errors.ts'

export type TaskState =
  | { state: 'running' }
  /** `stuck` is what the other side of a thread says of it (see `Watchdog`). */
  | { state: 'retrying' | 'stopped' | 'stuck'; code: string; message: string; hint: string | undefined }

type Supervised = {
  run: (signal: AbortSignal) => Promise<void>
  clock: Clock
  signal: AbortSignal
  report: (state: TaskState) => void
}

/** Short enough that a database that is back is noticed at once, long enough that one that is away is not pestered. */
const PAUSES_MS = [100, 250, 500, 1_000, 2_000, 5_000]
/** A run that lasted this long was healthy: the next failure starts with the shortest pause again. */
const HEALTHY_MS = 30_000

export async function supervise({ run, clock, signal, report }: Supervised): Promise<void> {
  for (let failures = 0; !signal.aborted; failures++) {
    const startedAt = clock.now()
    report({ state: 'running' })
    try {
      return await run(signal)
    } catch (error) {
      if (signal.aborted) return
      const failure = describeFailure(error)
      if (!(error instanceof MillraceError && error.retryable)) return report({ state: 'stopped', ...failure })
      report({ state: 'retrying', ...failure })
    }
    if (clock.now() - startedAt > HEALTHY_MS) failures = 0
    await clock.sleep(PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)] ?? 0, signal)
  }
}

function describeFailure(error: unknown): { code: string; message: string; hint: string | undefined } {
  if (error instanceof MillraceError) return { code: error.code, message: error.message, hint: error.hint }
  const stack = error instanceof Error ? error.stack : undefined
  return {
    code: 'bug',
    message: stack ?? messageOf(error),
    hint: 'This is a defect of Millrace; nothing accepted is lost. Please report it.',
  }
}
