/** The session of the README, run as a reader would: every `$` line is executed in order, and what it prints is compared. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'millrace-readme-'))
let server: ChildProcess | undefined

afterAll(async () => {
  if (server && server.exitCode === null) {
    server.kill('SIGTERM')
    await new Promise((resolve) => server?.on('exit', resolve))
  }
  rmSync(folder, { recursive: true, force: true })
})

type Step = { command: string; output: string }

function session(): Step[] {
  const blocks = readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/```console\n([\s\S]*?)```/g)
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
function pattern(output: string): RegExp {
  return new RegExp(
    `^${output
      .split('…')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('[\\s\\S]*')}$`,
  )
}

/** In an empty folder; there `npx` would look for a published Millrace. */
function shell(command: string): string {
  const local = command.replaceAll('npx millrace', `"${process.execPath}" "${join(ROOT, 'bin/millrace.mjs')}"`)
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}` }
  const { stdout, stderr } = spawnSync('sh', ['-c', local], { cwd: folder, encoding: 'utf8', env })
  return (stdout + stderr).trim()
}

async function start(command: string): Promise<string> {
  const args = command.replace('npx millrace ', '').split(' ')
  server = spawn(process.execPath, [join(ROOT, 'bin/millrace.mjs'), ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (!server.stdout) throw new Error('The server has no output.')
  let output = ''
  for await (const line of createInterface(server.stdout)) {
    output += `${line}\n`
    if (line.startsWith('events in')) break
  }
  server.stdout.resume()
  return output.trim()
}

/** Tables and lake follow within moments: a reader who types does not notice, a test asks again. */
const FOLLOWING_MS = 15_000

test('every command of the session prints what the README says', { timeout: 120_000 }, async () => {
  const steps = session()
  expect(steps.length).toBeGreaterThan(7)
  for (const { command, output } of steps) {
    const expected = pattern(output)
    if (command.includes(' start ')) {
      expect(await start(command), command).toMatch(expected)
      continue
    }
    const deadline = Date.now() + FOLLOWING_MS
    let actual = shell(command)
    while (!expected.test(actual) && /query|verify/.test(command) && Date.now() < deadline) {
      await sleep(250)
      actual = shell(command)
    }
    expect(actual, command).toMatch(expected)
  }
})
