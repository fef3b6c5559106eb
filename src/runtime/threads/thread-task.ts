/**
 * The thread's side of a task thread: opens the task, runs it under supervision, and talks to the main thread in few words:
 * `wake`, `ask` and `stop` come in, states and signs of life go out. Threads share nothing but the log's and the store's files.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../../base/clock.ts'
import { Doorbell } from '../../base/doorbell.ts'
import { invariant } from '../../base/errors.ts'
import { supervise, type TaskState } from '../supervise.ts'

/** `ask`: for a sign of life. */
export type ToThread = 'wake' | 'ask' | 'stop'
export type FromThread<Status> = { state: TaskState } | { status: Status } | { isIdle: boolean }

type OpenTask = { run: (signal: AbortSignal) => Promise<void>; close: () => Promise<void> }

export type TaskContext<Input, Status> = { input: Input; bell: Doorbell; report: (status: Status) => void }

export async function serveTask<Input, Status>(open: (context: TaskContext<Input, Status>) => Promise<OpenTask>): Promise<void> {
  const port = parentPort
  invariant(port, 'a task module runs in a worker thread')
  const post = (message: FromThread<Status>) => port.postMessage(message)
  const bell = new Doorbell()
  const stop = new AbortController()
  let isOver = false
  port.on('message', (message: ToThread) => {
    if (message === 'wake') bell.ring()
    else if (message === 'ask') post({ isIdle: isOver || bell.isAwaited })
    else stop.abort()
  })

  await supervise({
    clock: systemClock,
    signal: stop.signal,
    report: (state) => post({ state }),
    run: async (signal) => {
      const task = await open({ input: workerData as Input, bell, report: (status) => post({ status }) })
      try {
        await task.run(signal)
      } finally {
        await task.close()
      }
    },
  })
  isOver = true
  // A task that has stopped for good keeps its thread until it is told to stop, so that its state stays what it reported.
  if (!stop.signal.aborted) await new Promise((resolve) => stop.signal.addEventListener('abort', resolve))
  port.close()
}
