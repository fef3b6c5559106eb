/** A command that keeps running while a test reads what it prints and types into it, as a person at a terminal does. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'

type RunningOptions = { cwd: string; env: NodeJS.ProcessEnv }

export class RunningCommand {
  /** Everything it has printed so far, on stdout and stderr. */
  output = ''
  readonly #child: ChildProcessWithoutNullStreams
  readonly #changes = new EventEmitter<{ change: [] }>()
  #hasEnded = false

  constructor(command: string, args: readonly string[], { cwd, env }: RunningOptions) {
    this.#child = spawn(command, args, { cwd, env, stdio: 'pipe' })
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text
        this.#changes.emit('change')
      })
    this.#child.on('close', () => {
      this.#hasEnded = true
      this.#changes.emit('change')
    })
  }

  /** Resolves with the first match in the whole output; rejects when the command ends, or `timeoutMs` pass, without one. */
  async waitFor(pattern: RegExp, timeoutMs = 30_000): Promise<RegExpExecArray> {
    const deadline = AbortSignal.timeout(timeoutMs)
    for (;;) {
      const match = pattern.exec(this.output)
      if (match) return match
      if (this.#hasEnded) throw new Error(`It ended without ${pattern}:\n${this.output}`)
      if (deadline.aborted) throw new Error(`It printed no ${pattern} within ${timeoutMs} ms:\n${this.output}`)
      await once(this.#changes, 'change', { signal: deadline }).catch(() => {})
    }
  }

  type(text: string): void {
    this.#child.stdin.write(text)
  }

  /** Resolves with the exit code, null after the end by a signal. A command that has ended already is fine. */
  async stop(signal?: NodeJS.Signals): Promise<number | null> {
    if (signal && !this.#hasEnded) this.#child.kill(signal)
    while (!this.#hasEnded) await once(this.#changes, 'change')
    return this.#child.exitCode
  }
}
