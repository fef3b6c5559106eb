import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seededRandom } from '../src/base/random.ts'
import { EventGenerator } from '../src/engine/event-generator/event-generator.ts'
import { ServerProcess } from './crash/server-process.ts'

type Counts = { documents: { accepted: number; applied: number }; events: { repeated: number; setAside: number } }

let folder: string
let server: ServerProcess
let writeKey: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-ingest-events-'))
  const [catalog, data] = [join(folder, 'catalog'), join(folder, 'data')]
  mkdirSync(catalog)
  writeFileSync(join(catalog, 'millrace.yaml'), 'sources:\n  web: {}\n')
  const created = millrace('source', 'key', 'create', 'web', '--catalog', catalog, '--data', data, '--json')
  writeKey = (JSON.parse(created.stdout) as { key: string }).key
  server = await ServerProcess.start({ catalog, data })
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

function millrace(...args: string[]): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(process.execPath, ['bin/millrace.mjs', ...args], {
    encoding: 'utf8',
    env: { ...process.env, MILLRACE_WRITE_KEY: writeKey },
  })
}

function ingest(path: string, ...args: string[]) {
  return millrace('ingest', 'events', path, '--url', server.url, '--json', ...args)
}

/** When everything that was accepted is applied. */
async function settled(): Promise<Counts> {
  for (;;) {
    const counts = (await server.status()) as Counts
    if (counts.documents.applied >= counts.documents.accepted && counts.events !== undefined) return counts
    await new Promise(setImmediate)
  }
}

test('a file is accepted whole, once, and what is wrong in it is found', async () => {
  const events = new EventGenerator(seededRandom(5), { now: () => Date.UTC(2026, 0, 1), users: 200 })
  const lines = Array.from({ length: 3_000 }, () => events.next())
  const nameless = lines.splice(0, 500).map((line) => line.replace(/"messageId":"[^"]+",/, ''))
  const path = join(folder, 'events.ndjson')
  writeFileSync(path, [...nameless, ...lines, '{"type":"track","userId":"u1"}', '{"type":"tr', ''].join('\n'))

  const first = ingest(path, '--batch', '400', '--skip-invalid')
  expect(JSON.parse(first.stdout)).toMatchObject({ accepted: 3_000, rejected: 2 })
  const skipped = first.stderr.replaceAll(`${folder}/`, '').trimEnd().split('\n').toSorted()
  expect(skipped).toEqual([
    expect.stringMatching(/^skipped events\.ndjson:3001 .*\(event_name_missing\)$/),
    expect.stringMatching(/^skipped events\.ndjson:3002 is not JSON: .*\(body_invalid\)$/),
  ])
  expect((await settled()).events).toMatchObject({ repeated: 0, setAside: 1 })

  expect(JSON.parse(ingest(path, '--skip-invalid', '--connections', '1').stdout)).toMatchObject({ accepted: 3_000 })
  expect((await settled()).events.repeated).toBe(3_000)

  const strict = ingest(path)
  expect(strict.status).toBe(1)
  expect(strict.stderr).toMatch(/events\.ndjson:300[12] .*events were accepted/)
})

test('a wrong write key is refused with advice', () => {
  const path = join(folder, 'one.ndjson')
  writeFileSync(path, '{"type":"track","userId":"u1","event":"Seen"}\n')
  const { status, stderr } = ingest(path, '--write-key', 'wrong')
  expect(status).toBe(1)
  expect(stderr).toMatch(/refuses events \(401\).*\n.*millrace source key create/)
})
