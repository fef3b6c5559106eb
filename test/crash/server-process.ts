/** A Millrace of its own process, as people start it: killed at will, started again on the same data. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const BIN = join(import.meta.dirname, '../../bin/millrace.mjs')

export type ServerOptions = {
  catalog: string
  data: string
  port?: number
  crashAt?: string
  lakeFlushMs?: number
  store?: string
  /** More flags of `millrace start`. */
  flags?: string[]
}

export class ServerProcess {
  url = ''
  readonly #options: ServerOptions
  readonly #child: ChildProcess
  readonly #exited: Promise<void>
  #errors = ''

  private constructor(options: ServerOptions) {
    const { catalog, data, port = 0, crashAt, lakeFlushMs = 200, store = 'sqlite', flags = [] } = options
    this.#options = options
    const args = [
      BIN,
      'start',
      catalog,
      '--data',
      data,
      '--port',
      `${port}`,
      '--quiet',
      '--lake-flush-ms',
      `${lakeFlushMs}`,
      '--store',
      store,
      ...flags,
    ]
    const env = { ...process.env, ...(crashAt === undefined ? {} : { MILLRACE_CRASH_AT: crashAt }) }
    this.#child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#exited = once(this.#child, 'exit').then(() => {})
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#errors += chunk.toString()))
  }

  /** Resolves when it listens; rejects with what it printed when it ends before. */
  static async start(options: ServerOptions): Promise<ServerProcess> {
    const server = new ServerProcess(options)
    const stdout = server.#child.stdout
    if (!stdout) throw new Error('The child has no output.')
    const lines = createInterface(stdout)
    const listening = (async () => {
      for await (const line of lines) {
        const url = line.match(/listens on (http:\S+?):? /)?.[1]?.replace(/:$/, '')
        if (url !== undefined) return url
      }
      throw new Error(`The server ended before it listened: ${server.#errors}`)
    })()
    server.url = await listening
    // What it prints later must not fill the pipe.
    stdout.resume()
    return server
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get errors(): string {
    return this.#errors
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }

  /** Asks it to stop, as Ctrl-C does; resolves with its exit code. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM')
    await this.#exited
    return this.#child.exitCode
  }

  async exited(): Promise<void> {
    await this.#exited
  }

  async status(): Promise<unknown> {
    return await (await fetch(`${this.url}/status`)).json()
  }

  get options(): ServerOptions {
    return this.#options
  }
}
