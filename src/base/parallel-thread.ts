/**
 * A worker thread that answers questions as it gets done with them, several at once: for long work that waits for others (a database)
 * rather than computes. It starts with the first question, and anew after it died: what it does must be crash-only.
 */
import { parentPort, Worker } from 'node:worker_threads'
import { invariant } from './errors.ts'
import { packError, type PackedError, unpackError } from './packed-error.ts'

type ParallelThreadOptions = {
  /** The module whose top level calls `answerInParallel`. */
  module: URL
  name: string
  /** Handed to the module as `workerData`. */
  input: unknown
  heapMb: number
  /** What questions reject with when the thread dies before it has answered. */
  diedError: (reason: string, cause: unknown) => Error
}

type Waiting<Answer> = { resolve: (answer: Answer) => void; reject: (error: Error) => void }
type ToThread<Question> = { id: number; question: Question } | { id: number; isGivenUp: true } | 'stop'
type FromThread<Answer> = { id: number } & ({ answer: Answer } | { error: PackedError })

export class ParallelThread<Question, Answer> {
  readonly #options: ParallelThreadOptions
  readonly #waiting = new Map<number, Waiting<Answer>>()
  #worker: Worker | undefined
  #questions = 0

  constructor(options: ParallelThreadOptions) {
    this.#options = options
  }

  /** Rejects with what the module threw, or with `diedError`. When `signal` aborts, the thread is told; it answers all the same. */
  ask(question: Question, signal?: AbortSignal): Promise<Answer> {
    this.#worker ??= this.#start()
    const id = ++this.#questions
    const answered = new Promise<Answer>((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
    this.#post({ id, question })
    const giveUp = () => this.#post({ id, isGivenUp: true })
    if (signal?.aborted) giveUp()
    signal?.addEventListener('abort', giveUp, { once: true })
    const forget = () => signal?.removeEventListener('abort', giveUp)
    answered.then(forget, forget)
    return answered
  }

  /** Gives up all questions; resolves when the thread has run `close` and is gone. No question may follow. */
  async stop(): Promise<void> {
    const worker = this.#worker
    if (worker === undefined) return
    const gone = new Promise((resolve) => worker.once('exit', resolve))
    this.#post('stop')
    await gone
  }

  #post(message: ToThread<Question>): void {
    this.#worker?.postMessage(message, [])
  }

  #start(): Worker {
    const { module, name, input, heapMb } = this.#options
    const worker = new Worker(module, { name, workerData: input, resourceLimits: { maxOldGenerationSizeMb: heapMb } })
    let cause: unknown
    worker.on('message', (reply: FromThread<Answer>) => {
      const waiting = this.#waiting.get(reply.id)
      this.#waiting.delete(reply.id)
      if ('answer' in reply) waiting?.resolve(reply.answer)
      else waiting?.reject(unpackError(reply.error))
    })
    worker.on('error', (error: unknown) => (cause = error))
    worker.on('exit', (code) => {
      this.#worker = undefined
      const reason = cause instanceof Error ? cause.message : `exit code ${code}`
      for (const [id, { reject }] of this.#waiting) {
        this.#waiting.delete(id)
        reject(this.#options.diedError(reason, cause))
      }
    })
    return worker
  }
}

type Answers<Question, Answer> = {
  /** `signal` aborts when nobody waits for the answer any more. */
  answer: (question: Question, signal: AbortSignal) => Promise<Answer>
  close: () => Promise<void>
}

/** The thread's side: called once by the module of a `ParallelThread`. What `answer` throws goes to the asker; the thread lives on. */
export function answerInParallel<Question, Answer>({ answer, close }: Answers<Question, Answer>): void {
  const port = parentPort
  invariant(port, 'questions are answered in a worker thread')
  const running = new Map<number, { giveUp: AbortController; done: Promise<void> }>()
  const post = (message: FromThread<Answer>) => port.postMessage(message)
  const begin = (id: number, question: Question) => {
    const giveUp = new AbortController()
    const done = answer(question, giveUp.signal).then(
      (result) => post({ id, answer: result }),
      (error: unknown) => post({ id, error: packError(error) }),
    )
    running.set(id, { giveUp, done: done.finally(() => running.delete(id)) })
  }
  const stop = async () => {
    const left = [...running.values()]
    for (const { giveUp } of left) giveUp.abort()
    await Promise.allSettled(left.map(({ done }) => done))
    await close()
    port.close()
  }
  port.on('message', (message: ToThread<Question>) => {
    if (message === 'stop') void stop()
    else if ('question' in message) begin(message.id, message.question)
    else running.get(message.id)?.giveUp.abort()
  })
}
