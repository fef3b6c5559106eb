/**
 * A worker thread that answers questions one after the other. It starts with the first question, and anew after it died:
 * what it does must be crash-only.
 */
import { parentPort, Worker, type Transferable } from 'node:worker_threads'
import { invariant } from './errors.ts'
import { packError, type PackedError, unpackError } from './packed-error.ts'

type ThreadOptions = {
  /** The module whose top level calls `answerQuestions`. */
  module: URL
  name: string
  /** Handed to the module as `workerData`. */
  input: unknown
  /** What a question rejects with when the thread dies before it has answered. */
  diedError: (reason: string, cause: unknown) => Error
}

type Waiting<Answer> = { resolve: (answer: Answer) => void; reject: (error: Error) => void }

export class Thread<Question, Answer> {
  readonly #options: ThreadOptions
  #worker: Worker | undefined
  #waiting: Waiting<Answer>[] = []

  constructor(options: ThreadOptions) {
    this.#options = options
  }

  /** Answers come in the order of the questions. Rejects with what the module threw, or with `diedError`. */
  ask(question: Question, transfer: readonly Transferable[] = []): Promise<Answer> {
    this.#worker ??= this.#start()
    this.#worker.postMessage(question, transfer)
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  /** Resolves when the thread has answered everything, has run `close` and is gone. No question may follow. */
  async stop(): Promise<void> {
    const worker = this.#worker
    if (worker === undefined) return
    const gone = new Promise((resolve) => worker.once('exit', resolve))
    worker.postMessage(STOP, [])
    await gone
  }

  /** Ends the thread in the middle of whatever it does; open questions reject with `diedError`. */
  async end(): Promise<void> {
    await this.#worker?.terminate()
  }

  #start(): Worker {
    const { module, name, input } = this.#options
    const worker = new Worker(module, { name, workerData: input })
    let cause: unknown
    worker.on('message', (reply: Reply<Answer>) => {
      const { resolve, reject } = this.#waiting.shift() as Waiting<Answer>
      if ('answer' in reply) resolve(reply.answer)
      else reject(unpackError(reply.error))
    })
    worker.on('error', (error: unknown) => (cause = error))
    worker.on('exit', (code) => this.#bury(cause, code))
    return worker
  }

  #bury(cause: unknown, exitCode: number): void {
    this.#worker = undefined
    const left = this.#waiting
    this.#waiting = []
    const reason = cause instanceof Error ? cause.message : `exit code ${exitCode}`
    for (const { reject } of left) reject(this.#options.diedError(reason, cause))
  }
}

const STOP = 'stop'

type Reply<Answer> = { answer: Answer } | { error: PackedError }

type Answers<Question, Answer> = {
  answer: (question: Question) => Answer
  /** Runs after each answer has been sent, for work that nobody waits for. */
  afterwards?: () => void
  close: () => void
}

/** The thread's side: called once by the module of a `Thread`. What `answer` throws goes to the asker; the thread lives on. */
export function answerQuestions<Question, Answer>({ answer, afterwards, close }: Answers<Question, Answer>): void {
  const port = parentPort
  invariant(port, 'questions are answered in a worker thread')
  port.on('message', (question: Question | typeof STOP) => {
    if (question === STOP) {
      close()
      return port.close()
    }
    port.postMessage(replyTo(answer, question))
    afterwards?.()
  })
}

function replyTo<Question, Answer>(answer: (question: Question) => Answer, question: Question): Reply<Answer> {
  try {
    return { answer: answer(question) }
  } catch (error) {
    return { error: packError(error) }
  }
}
