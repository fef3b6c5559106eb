/**
 * The main thread's side of a task thread: starts it, wakes it, keeps its last state and status, and starts it anew when it dies
 * (a lambda that exhausts its memory, an `process.exit` in it): tasks are crash-only, so another start is always safe.
 */
import { Worker } from 'node:worker_threads'
import type { Clock } from '../base/clock.ts'
import type { TaskState } from './supervise.ts'
import type { FromThread, ToThread } from './threads/thread-task.ts'
import { Watchdog } from './watchdog.ts'

type TaskThreadOptions<Status> = {
  name: string
  module: URL
  input: unknown
  /** Limits of the thread's JavaScript heap: as a whole, and of the part in which young objects live. */
  heapMb: number
  youngMb: number
  clock: Clock
  /** A thread that has work and shows no sign of life for so long is reported as stuck. */
  stuckAfterMs: number
  /** What to look for then, as a sentence. */
  stuckHint: string
  onChange: (thread: TaskThread<Status>) => void
}

/** A thread that keeps dying is started again ever more slowly; this is the slowest. */
const RESTART_PAUSE_MAX_MS = 30_000
const RESTART_PAUSE_MS = 200
/** A thread that lived this long was healthy: it starts again with the shortest pause. */
const HEALTHY_MS = 60_000

export class TaskThread<Status> {
  readonly name: string
  status: Status | undefined
  readonly #options: TaskThreadOptions<Status>
  readonly #watchdog: Watchdog
  #worker: Worker | undefined
  #reported: TaskState = { state: 'running' }
  #isStuck = false
  #stateSince = 0
  #startedAt = 0
  #deaths = 0
  #isStopping = false
  #restart: NodeJS.Timeout | undefined
  #exited: Promise<void> = Promise.resolve()

  constructor(options: TaskThreadOptions<Status>) {
    this.name = options.name
    this.#options = options
    const { clock, stuckAfterMs, onChange } = options
    const onStuck = (isStuck: boolean) => {
      this.#isStuck = isStuck
      this.#stateSince = clock.now()
      onChange(this)
    }
    this.#watchdog = new Watchdog({ clock, stuckAfterMs, ask: () => this.#post('ask'), onChange: onStuck })
  }

  /** Before it, the thread does nothing and takes nothing over. */
  start(): void {
    this.#worker = this.#open()
    this.#watchdog.end()
    this.#watchdog.woken()
  }

  get state(): TaskState {
    if (!this.#isStuck) return this.#reported
    const { name, stuckAfterMs, stuckHint } = this.#options
    const message = `The thread of "${name}" has work, but has not reacted for ${stuckAfterMs / 1000} s or longer.`
    return { state: 'stuck', code: 'thread_stuck', message, hint: stuckHint }
  }

  /** When the present state was entered, milliseconds since the epoch. */
  get stateSince(): number {
    return this.#stateSince
  }

  /** There may be more to do. */
  wake(): void {
    this.#post('wake')
    this.#watchdog.woken()
  }

  /** Resolves when the thread has committed what it can and is gone; it is ended after `timeoutMs` (a stuck one at once), which loses nothing. */
  async stop(timeoutMs: number): Promise<void> {
    this.#isStopping = true
    clearTimeout(this.#restart)
    this.#post('stop')
    const timer = setTimeout(() => void this.#worker?.terminate(), this.#isStuck ? 0 : timeoutMs)
    await this.#exited
    clearTimeout(timer)
    this.#watchdog.end()
  }

  #note(state: TaskState): void {
    this.#reported = state
    this.#stateSince = this.#options.clock.now()
  }

  #post(message: ToThread): void {
    this.#worker?.postMessage(message)
  }

  #open(): Worker {
    const { module, input, heapMb, youngMb, name, clock, onChange } = this.#options
    this.#startedAt = clock.now()
    const worker = new Worker(module, {
      workerData: input,
      name,
      resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: youngMb },
    })
    worker.on('message', (message: FromThread<Status>) => {
      if ('isIdle' in message) return this.#watchdog.sign(message.isIdle)
      if ('state' in message) this.#note(message.state)
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
    this.#watchdog.end()
    if (this.#options.clock.now() - this.#startedAt > HEALTHY_MS) this.#deaths = 0
    const pauseMs = Math.min(RESTART_PAUSE_MS * 2 ** this.#deaths++, RESTART_PAUSE_MAX_MS)
    this.#note({
      state: 'retrying',
      code: 'thread_died',
      message: `The thread of "${this.name}" died: ${reason}. It starts again in ${pauseMs} ms.`,
      hint: 'Nothing is lost. If it keeps happening, look for a lambda that exits or holds on to memory.',
    })
    this.#options.onChange(this)
    this.#restart = setTimeout(() => this.start(), pauseMs)
  }
}
