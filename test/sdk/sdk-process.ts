/** A driver in a process of its own, which can reach nothing but this machine. */
import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Answer, Order } from './drivers/drive.ts'

const DRIVERS = join(import.meta.dirname, 'drivers')
const PRELOAD = join(import.meta.dirname, 'loopback-only.ts')
/** Of one order; the machine may be busy with other tests. */
const PATIENCE_MS = 60_000

export type SdkProcessOptions = {
  /** File in `drivers/`, without its ending. */
  driver: string
  host: string
  writeKey: string
  /** Private key in PEM, for the SDK that can ask for tokens. */
  clientKey: string
  run: string
  /** For what the process leaves behind. */
  folder: string
}

/** How a driver ended. */
export type Ending = {
  exitCode: number | null
  signal: NodeJS.Signals | null
  /** Targets outside of this machine that it tried. */
  attempts: string[]
  /** What it printed. */
  output: string
}

export class SdkProcess {
  /** What the SDK reported as given up. */
  readonly lost: string[] = []
  readonly #child: ChildProcess
  readonly #attemptsPath: string
  readonly #answers = new EventEmitter()
  #output = ''
  #ending: Ending | undefined

  constructor({ driver, host, writeKey, clientKey, run, folder }: SdkProcessOptions) {
    this.#attemptsPath = join(folder, `${run}.attempts`)
    writeFileSync(this.#attemptsPath, '')
    this.#child = spawn(process.execPath, ['--import', PRELOAD, join(DRIVERS, `${driver}.ts`)], {
      env: {
        PATH: process.env['PATH'],
        SDK_HOST: host,
        SDK_WRITE_KEY: writeKey,
        SDK_CLIENT_KEY: clientKey,
        SDK_RUN: run,
        SDK_ATTEMPTS_PATH: this.#attemptsPath,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()))
    this.#child.on('message', (answer: Answer) => this.#receive(answer))
    this.#child.on('close', (exitCode, signal) => this.#end(exitCode, signal))
  }

  /** Resolves when the SDK has taken the call; it may still hold back what it sends. */
  async order(order: Order): Promise<void> {
    if (this.#ending) throw new Error(`The SDK's process has ended: ${JSON.stringify(this.#ending)}`)
    const done = once(this.#answers, 'answer', { signal: AbortSignal.timeout(PATIENCE_MS) })
    this.#child.send(order)
    const [answer] = (await done.catch(() => [{ failed: 'It does not answer.' }])) as [Answer]
    if ('failed' in answer) throw new Error(`"${order.call}": ${answer.failed}\n${this.#output}`)
  }

  /** Closes the SDK, as its documents say, and waits until the process has ended by itself. */
  async close(): Promise<Ending> {
    await this.order({ call: 'close' })
    if (!this.#ending) await once(this.#answers, 'end', { signal: AbortSignal.timeout(PATIENCE_MS) })
    if (!this.#ending) throw new Error('It has ended without an ending.')
    return this.#ending
  }

  /** For what went wrong: the process is gone when this returns. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  #receive(answer: Answer): void {
    if ('lost' in answer) this.lost.push(answer.lost)
    else this.#answers.emit('answer', answer)
  }

  #end(exitCode: number | null, signal: NodeJS.Signals | null): void {
    const attempts = readFileSync(this.#attemptsPath, 'utf8').split('\n').filter(Boolean)
    rmSync(this.#attemptsPath)
    this.#ending = { exitCode, signal, attempts, output: this.#output }
    this.#answers.emit('end')
    this.#answers.emit('answer', { failed: `The process has ended with ${exitCode ?? signal}.` } satisfies Answer)
  }
}
