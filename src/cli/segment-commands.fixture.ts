/** For tests of commands about segments: they run in this process, against a server on loopback. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import type { Command } from 'commander'
import { onTestFinished } from 'vitest'
import { FakeClock } from '../base/clock.ts'
import { all, trait } from '../engine/segments/reading/segment-world.fixture.ts'
import { applyCommand } from './apply.ts'
import type { CommandSurroundings } from './command-surroundings.ts'
import { planCommand } from './plan.ts'
import { segmentCommand } from './segment.ts'

class Collected extends Writable {
  text = ''
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

type Run = {
  /** What a person at a terminal answers. */
  typed?: string
  /** What comes by standard input of somebody who is no person. */
  piped?: string
  /** Each time that the command sleeps. */
  slept?: () => Promise<void>
}

/** Runs a command as `millrace …` does. */
export async function run(server: { url: string }, [name = '', ...args]: string[], { typed, piped, slept }: Run = {}) {
  const [stdout, stderr] = [new Collected(), new Collected()]
  const input = typed === undefined ? piped : `${typed}\n`
  const stdin: CommandSurroundings['stdin'] = Object.assign(Readable.from(input === undefined ? [] : [Buffer.from(input)]), {
    isTTY: typed !== undefined,
  })
  const clock = Object.assign(new FakeClock(), { sleep: async () => await slept?.() })
  const surroundings: CommandSurroundings = { stdin, stdout, stderr, fetch, clock }
  const commands: Record<string, (surroundings: CommandSurroundings) => Command> = {
    segment: segmentCommand,
    plan: planCommand,
    apply: applyCommand,
  }
  const command = commands[name]?.(surroundings)
  const quiet = (one: Command) => {
    one.exitOverride().configureOutput({ writeErr: () => {} })
    one.commands.forEach(quiet)
  }
  if (command) quiet(command)
  await command?.parseAsync([...args, '--url', server.url], { from: 'user' })
  return { out: stdout.text, err: stderr.text }
}

export function fileOf(name: string, content: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-segment-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, name)
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

export const PRO = all(trait('plan', 'equals', 'pro'), trait('created_at', 'is_less_than', 30))
export const MANUAL = { name: 'By hand', manual: true }

export const withoutIds = (text: string) => text.replaceAll(/[0-9a-f]{24}/g, '<id>')

/** A state of a segment: so many of four are done. */
export function filling(done: number) {
  return { step: 'members', cursor: '', done, total: 4, startedAt: '' } as const
}
