/**
 * The main thread's side of a task thread: starts it, wakes it, keeps its last state and status, and starts it anew when it dies
 * (a lambda that exhausts its memory, an `process.exit` in it): tasks are crash-only, so another start is always safe.
 */
import { Worker } from 'node:worker_threads'
import type { TaskState } from './supervise.ts'
import type { FromThread, ToThread } from './threads/thread-task.ts'

type TaskThreadOptions<Status> = {
  name: string
  module: URL
  input: unknown
  /** Limit of the thread's JavaScript heap. */
  heapMb: number
  onChange: (thread: TaskThread<Status>) => void
}

/** A thread that keeps dying is started again ever more slowly; this is the slowest. */
const RESTART_PAUSE_MAX_MS = 30_000
const RESTART_PAUSE_MS = 200

export class TaskThread<Status> {
  readonly name: string
  state: TaskState = { state: 'running' }
  status: Status | undefined
  readonly #options: TaskThreadOptions<Status>
  #worker: Worker
  #deaths = 0
  #isStopping = false
  #restart: NodeJS.Timeout | undefined
  #exited: Promise<void> = Promise.resolve()

  constructor(options: TaskThreadOptions<Status>) {
    this.name = options.name
    this.#options = options
    this.#worker = this.#start()
  }

  /** There may be more to do. */
  wake(): void {
    this.#worker.postMessage('wake' satisfies ToThread)
  }

  /** Resolves when the thread has committed what it can and is gone; it is ended after `timeoutMs`, which loses nothing. */
  async stop(timeoutMs: number): Promise<void> {
    this.#isStopping = true
    clearTimeout(this.#restart)
    this.#worker.postMessage('stop' satisfies ToThread)
    const timer = setTimeout(() => void this.#worker.terminate(), timeoutMs)
    await this.#exited
    clearTimeout(timer)
  }

  #start(): Worker {
    const { module, input, heapMb, name, onChange } = this.#options
    const worker = new Worker(module, { workerData: input, name, resourceLimits: { maxOldGenerationSizeMb: heapMb } })
    worker.on('message', (message: FromThread<Status>) => {
      if ('state' in message) this.state = message.state
      else this.status = message.status
      onChange(this)
    })
    let cause: Error | undefined
    worker.on('error', (error: Error) => (cause = error))
    this.#exited = new Promise((resolve) => {
      worker.on('exit', (code) => {
        if (!this.#isStopping) this.#startAnew(cause?.message ?? `exit code ${code}`)
        resolve()
      })
    })
    return worker
  }

  #startAnew(reason: string): void {
    const pauseMs = Math.min(RESTART_PAUSE_MS * 2 ** this.#deaths++, RESTART_PAUSE_MAX_MS)
    this.state = {
      state: 'retrying',
      code: 'thread_died',
      message: `The thread of "${this.name}" died: ${reason}. It starts again in ${pauseMs} ms.`,
      hint: 'Nothing is lost. If it keeps happening, look for a lambda that never returns, exits, or holds on to memory.',
    }
    this.#options.onChange(this)
    this.#restart = setTimeout(() => (this.#worker = this.#start()), pauseMs)
  }
}
