/** The console blocks of a document, run as a reader would: each `$` line is a command, and what stands below it is what it prints. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

export const ROOT = join(import.meta.dirname, '..')

export type ConsoleStep = { command: string; output: string }

export function consoleSteps(path: string): ConsoleStep[] {
  const blocks = readFileSync(path, 'utf8').matchAll(/```console\n([\s\S]*?)```/g)
  return [...blocks].flatMap(([, block = '']) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((text) => {
        const [command = '', ...output] = text.split('\n')
        return { command, output: output.join('\n').trim() }
      }),
  )
}

/** `…` stands for anything. */
export function outputPattern(output: string): RegExp {
  return new RegExp(
    `^${output
      .split('…')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('[\\s\\S]*')}$`,
  )
}

/** Tables, profiles and the lake follow within moments: a reader who types does not notice, a test asks again. */
const FOLLOWING_MS = 15_000
const ASK_AGAIN_MS = 250
/** Where a server listens that is told nothing else. */
const DEFAULT_URL = 'http://127.0.0.1:8080'
/** Commands that ask a running server. */
const ASKING = /^npx millrace (?:status|tail|ingest|entity|quarantine|schema|segment|plan|apply|notifications)\b/
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024

export class ConsoleSession {
  /** Where the commands run; `npx` would look for a published Millrace there. */
  readonly folder: string
  /** What a reader types in place of `<key>`, by `key`. */
  readonly values = new Map<string, string>()
  readonly #isOnFreePort: boolean
  readonly #env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}` }
  #server: ChildProcess | undefined
  #url = DEFAULT_URL

  /** On a free port, sessions can run side by side: commands are given its address, and what they print names the default one. */
  constructor(name: string, { isOnFreePort = false } = {}) {
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), `millrace-${name}-`)))
    this.#isOnFreePort = isOnFreePort
  }

  /** Of the server that runs. */
  get url(): string {
    return this.#url
  }

  /** Starts the server of a `start` command; resolves with what it has printed once its status line comes. */
  async start(command: string): Promise<string> {
    const port = this.#isOnFreePort ? ' --port 0' : ''
    const args = `${command}${port}`.replace('npx millrace ', '').split(' ')
    const server = spawn(process.execPath, [join(ROOT, 'bin/millrace.mjs'), ...args], {
      cwd: this.folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#server = server
    let output = ''
    for await (const line of createInterface(server.stdout)) {
      output += `${line}\n`
      if (line.startsWith('events in')) break
    }
    server.stdout.resume()
    this.#url = /listens on (http:\/\/[\d.:]+):/.exec(output)?.[1] ?? this.#url
    return this.#named(output)
  }

  /** Stops the server as Ctrl-C does; resolves with its exit code. */
  async stop(): Promise<number | null> {
    const server = this.#server
    this.#server = undefined
    if (!server || server.exitCode !== null) return server?.exitCode ?? null
    server.kill('SIGTERM')
    await once(server, 'exit')
    return server.exitCode
  }

  /** What the command prints, messages after results. */
  async run(command: string): Promise<string> {
    const { stdout, stderr } = await this.#shell(command)
    return this.#named(`${stdout}${stderr}`)
  }

  /** Again and again until it prints what is expected, or that takes too long; resolves with the last output. */
  async runUntil(command: string, expected: RegExp): Promise<string> {
    const deadline = Date.now() + FOLLOWING_MS
    for (;;) {
      const output = await this.run(command)
      if (expected.test(output) || Date.now() > deadline) return output
      await sleep(ASK_AGAIN_MS)
    }
  }

  /** What a command with `--json` prints; the caller knows its shape. */
  async json<Answer>(command: string): Promise<Answer> {
    const { stdout, stderr } = await this.#shell(`${command} --json`)
    if (stdout === '') throw new Error(`${command} printed no JSON: ${stderr}`)
    return JSON.parse(stdout) as Answer
  }

  async close(): Promise<void> {
    await this.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #shell(command: string): Promise<{ stdout: string; stderr: string }> {
    const typed = [...this.values].reduce((text, [name, value]) => text.replaceAll(`<${name}>`, value), command)
    const asking = this.#isOnFreePort && ASKING.test(typed) ? `${typed} --url ${this.#url}` : typed
    const local = asking.replaceAll('npx millrace', `"${process.execPath}" "${join(ROOT, 'bin/millrace.mjs')}"`)
    const options = { cwd: this.folder, env: this.#env, maxBuffer: OUTPUT_BYTES_MAX }
    // A failing command is nothing to fail about: its message is what is compared.
    return new Promise((resolve) =>
      execFile('sh', ['-c', local], options, (_error, stdout, stderr) => resolve({ stdout, stderr })),
    )
  }

  #named(output: string): string {
    return output.replaceAll(this.#url, DEFAULT_URL).trim()
  }
}
