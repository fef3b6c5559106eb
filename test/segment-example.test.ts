/** The segment example as it stands: its own tests, its three catalog files, and a stream of generated events against the oracle. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../src/base/clock.ts'
import { seededRandom } from '../src/base/random.ts'
import { loadCatalog } from '../src/catalog/load-catalog.ts'
import { runCatalogTests, selectTests } from '../src/engine/catalog-test/catalog-tests.ts'
import { segmentEvents } from '../src/engine/segment-generator/segment-events.ts'
import type { Catalog } from '../src/model/catalog.ts'
import { SchemaSet } from '../src/model/schema/schema-set.ts'
import { openTestEngine } from '../src/runtime/test-engine.ts'
import { digestOf, SegmentOracle, TableDigest, type OracleEvent } from './segment-oracle.ts'

const EXAMPLE = join(import.meta.dirname, '../examples/segment')

async function loadExample(file: string): Promise<Catalog> {
  const { catalog, problems } = await loadCatalog(join(EXAMPLE, file), { env: {} })
  expect(problems).toEqual([])
  if (catalog === undefined) throw new Error('The example has problems.')
  return catalog
}

test.each([
  ['millrace.yaml', 10],
  ['toggles-webhook.millrace.yaml', 10],
  ['push-profiles.millrace.yaml', 11],
])('all tests of %s pass', async (file, count) => {
  const catalog = await loadExample(file)
  const results = await Array.fromAsync(
    runCatalogTests(catalog, selectTests(catalog), {
      openEngine: openTestEngine,
      schemas: new SchemaSet(catalog.schemas),
      clock: systemClock,
    }),
  )
  expect(results.filter(({ failure }) => failure)).toEqual([])
  expect(results).toHaveLength(count)
})

describe('generated events', () => {
  // Few users, so that many events meet the same membership.
  const random = seededRandom(7)
  const stream = segmentEvents(random, { users: 40, now: () => Date.UTC(2026, 0, 1) + Math.floor(random.next() * 1e9) })
  const events = Array.from({ length: 5_000 }, (): OracleEvent => {
    const event = stream.next().value
    return event.remove || random.next() < 0.7 ? event : { ...event, value: `value ${random.nextUint32() % 100}` }
  })

  test('yield what the oracle computes, however they are cut into transactions', async () => {
    const catalog = await loadExample('push-profiles.millrace.yaml')
    const toggles = new TableDigest()
    const oracle = new SegmentOracle((toggle) => toggles.add(toggle))
    const engine = await openTestEngine(catalog)
    for (let start = 0; start < events.length;) {
      const end = Math.min(events.length, start + 1 + Math.floor(random.next() * 1_000))
      await engine.ingest('examples/segment/events', events.slice(start, end))
      if (random.next() < 0.5) await engine.settle()
      start = end
    }
    await engine.settle()
    for (const event of events) oracle.apply(event)

    const schemas = new SchemaSet(catalog.schemas)
    const digestOfCollection = async (name: string) => {
      const documents = new Map()
      const schema = schemas.compile(catalog.collections[name]?.schema ?? '')
      for await (const { key, document } of engine.read(name))
        documents.set(key, schema.reduce(documents.get(key), document, 'full'))
      return digestOf(documents.values())
    }
    expect(await digestOfCollection('examples/segment/memberships')).toBe(digestOf(oracle.memberships()))
    expect(await digestOfCollection('examples/segment/profiles')).toBe(digestOf(oracle.profiles()))
    expect(await digestOfCollection('examples/segment/profiles-pushed')).toBe(digestOf(oracle.profiles()))
    expect(await digestOfCollection('examples/segment/toggles')).toBe(toggles.toString())
    await engine.close()
  })
})

function runCommand(...args: string[]) {
  return spawnSync(process.execPath, [join(import.meta.dirname, '../bin/millrace.mjs'), ...args], { encoding: 'utf8' })
}

describe('`millrace test`', () => {
  test('prints how each test ended and exits with 0', () => {
    const { stdout, stderr, status } = runCommand('test', EXAMPLE, '--only', 'segmentation events')
    expect(stderr).toBe('')
    expect(stdout).toBe(
      [
        'Running 2 tests...',
        'Segment membership updates with segmentation events: PASSED',
        'User profiles update with segmentation events: PASSED',
        '',
        'Ran 2 tests, 2 passed, 0 failed',
        '',
      ].join('\n'),
    )
    expect(status).toBe(0)
  })

  test('prints where documents differ and exits with 1', () => {
    // Asked to be exact, that test fails: it names some members only.
    const { stdout, status } = runCommand('test', EXAMPLE, '--only', 'user profiles', '--exact')
    expect(stdout).toContain('User profiles update with segmentation events: FAILED\n')
    expect(stdout).toMatch(/ {2}verify examples\/segment\/profiles \(.*tests\.millrace\.yaml:\d+\)/)
    expect(stdout).toContain('    document ["alice"] differs\n')
    expect(stdout).toContain('      /segments/1/first\n      - nothing\n      + "2021-01-16T12:34:56Z"\n')
    expect(stdout).toContain('Ran 1 test, 0 passed, 1 failed')
    expect(status).toBe(1)
  })

  test('prints results as JSON', () => {
    const { stdout, status } = runCommand('test', EXAMPLE, '--only', 'user profiles', '--exact', '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      passed: 0,
      failed: 1,
      tests: [{ name: 'User profiles update with segmentation events', passed: false, step: { kind: 'verify' } }],
    })
    expect(status).toBe(1)
  })

  test('says which test was meant, and where the catalog is not', () => {
    const misspelt = runCommand('test', EXAMPLE, '--only', 'a late event decides membership but does not move lats')
    expect(misspelt.stderr).toContain('Did you mean "A late event decides membership but does not move last"?')
    expect(misspelt.status).toBe(1)
    const missing = runCommand('test', join(EXAMPLE, 'nowhere.yaml'))
    expect(missing.stderr).toContain('nowhere.yaml')
    expect(missing.status).toBe(1)
  })
})

test('the demo webhook counts documents once, whatever is repeated', async () => {
  const demo = spawn(process.execPath, [join(EXAMPLE, 'demo-webhook-api.ts'), '--port', '0', '--delay-ms', '0'], {
    stdio: 'pipe',
  })
  const lines = createInterface(demo.stdout)[Symbol.asyncIterator]()
  const nextLine = async () => (await lines.next()).value as string
  const url = /http:\S+(?=,)/.exec(await nextLine())?.[0] ?? ''
  const post = async (key: string, body: string) =>
    (await fetch(url, { method: 'POST', headers: { 'idempotency-key': key }, body })).status

  expect(await post('a', '[{"x":1},{"x":2}]')).toBe(200)
  expect(await nextLine()).toBe('#1: 2 documents, 17 bytes; 2 documents in all, 0 repeats')
  expect([await nextLine(), await nextLine()]).toEqual(['  {"x":1}', '  {"x":2}'])
  expect(await post('a', '[{"x":1},{"x":2}]')).toBe(200)
  expect(await nextLine()).toBe('#2: 2 documents, 17 bytes (a repeat); 2 documents in all, 1 repeats')
  expect([await nextLine(), await nextLine()]).toEqual(['  {"x":1}', '  {"x":2}'])
  expect(await post('b', 'no JSON')).toBe(400)
  demo.kill()
  await once(demo, 'exit')
})
