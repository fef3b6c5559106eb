/** `npm start` as a newcomer meets it: in a checkout of its own, on a terminal, with everything that it suggests pasted into another. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RunningCommand } from './running-command.ts'

const ROOT = join(import.meta.dirname, '..')
const scratch = mkdtempSync(join(tmpdir(), 'millrace-start-'))
const checkout = join(scratch, 'millrace')
const env = process.env
let terminal: RunningCommand

/** What goes before each status: back to the start of the line, and clear it. */
const REWRITE = '\r\u001B[K'
const STATUS = /^events in ([\d,]+) · applied ([\d,]+) · lag (\d+) ms · ([\d,]+) events\/s$/

type Status = { accepted: number; applied: number; lagMs: number; rate: number }

/** The statuses that stood on the line, one after the other. */
function statuses(): Status[] {
  return terminal.output.split(REWRITE).flatMap((line) => {
    const [, accepted, applied, lagMs, rate] = (STATUS.exec(line) ?? []).map((text) => Number(text.replaceAll(',', '')))
    if (accepted === undefined || applied === undefined || lagMs === undefined || rate === undefined) return []
    return [{ accepted, applied, lagMs, rate }]
  })
}

/** The example's database, and data of whoever works in this checkout, stay out of the copy. */
function isSource(path: string): boolean {
  return !/\.db(-wal|-shm)?$|^millrace-data$/.test(basename(path))
}

beforeAll(() => {
  for (const name of ['bin', 'examples', 'src', 'tools', 'package.json', 'package-lock.json'])
    cpSync(join(ROOT, name), join(checkout, name), { recursive: true, filter: isSource })
  symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'))
  const start = `exec npm start -- --port 0 --data ${join(scratch, 'data')}`
  terminal = new RunningCommand('script', ['--quiet', '--flush', '--return', '--command', start, '/dev/null'], {
    cwd: checkout,
    env,
  })
})

afterAll(async () => {
  await terminal.stop('SIGTERM')
  rmSync(scratch, { recursive: true, force: true })
})

test('it says where it listens, and a line that is rewritten in place counts about 1,000 events a second', async () => {
  await terminal.waitFor(
    /Millrace \S+ listens on http:\/\/127\.0\.0\.1:\d+: 1 source, 4 collections, 3 derivations, 1 materialization, 10 tests\./,
  )
  await terminal.waitFor(/Ctrl-C stops\./)
  await terminal.waitFor(/events in (?:\d\d+|[3-9]),\d{3} · applied (?:\d\d+|[2-9]),\d{3} · .*[\r\n]/)
  const seen = statuses()
  const [first, last] = [seen[0], seen.at(-1)]
  if (!first || !last) throw new Error('There is no status line.')
  expect(last.accepted).toBeGreaterThan(first.accepted)
  expect(last.applied).toBeGreaterThan(first.applied)
  expect(last.lagMs).toBeLessThan(5_000)
  expect(last.rate).toBeGreaterThan(700)
  expect(last.rate).toBeLessThan(1_300)
})

test('every command that it suggests works as pasted into another terminal', { timeout: 90_000 }, async () => {
  const [, block = ''] = await terminal.waitFor(/Try next, in another terminal:\r\n((?: {2}.*\r\n)+)/)
  const commands = block.trim().split(/\r\n\s*/)
  expect(commands.map((command) => command.split(' ').slice(0, 3).join(' '))).toEqual([
    'npx millrace query',
    'npx millrace query',
    'npx millrace source',
    'npx millrace status',
    'npx millrace lake',
    'npx millrace generate',
  ])
  const outputs = commands.map((command) => {
    const { stdout, stderr, status } = spawnSync('sh', ['-c', command], { cwd: checkout, env, encoding: 'utf8' })
    expect(status, `${command}\n${stdout}${stderr}`).toBe(0)
    return stdout
  })
  const [profiles, memberships, key, status, , ingested] = outputs
  expect(profiles).toMatch(/^user [\s\S]*\nusr-/)
  expect(memberships).toMatch(/^vendor[\s\S]*seg-/)
  expect(key).toMatch(/mr_track_/)
  expect(status).toMatch(/apply +running/)
  expect(ingested).toContain('100,000 documents into examples/segment/events')
  await terminal.waitFor(/events in 1\d\d,\d{3} · /)
})

test('Ctrl-C stops it in order, with exit code 0', async () => {
  terminal.type('\u0003')
  await terminal.waitFor(/Stopped\. Everything accepted is on disk\./)
  expect(await terminal.stop()).toBe(0)
})
