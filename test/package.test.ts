/** The package as `npm pack` makes it, installed into an empty folder and used there with nothing but Node 24 and npm. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RunningCommand } from './running-command.ts'

const ROOT = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'millrace-package-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Without the programs of the checkout, and with the Node that runs this test before any other. */
const elsewhere = (process.env['PATH'] ?? '').split(delimiter).filter((path) => !path.includes('node_modules'))
const env = { ...process.env, PATH: [dirname(process.execPath), ...elsewhere].join(delimiter) }

function run(command: string, args: readonly string[], cwd = folder): { output: string; code: number | null } {
  const { stdout, stderr, status, error } = spawnSync(command, args, { cwd, env, encoding: 'utf8' })
  if (error) throw error
  return { output: (stdout + stderr).trim(), code: status }
}

const command = join(folder, 'node_modules/.bin/millrace')
const millrace = (...args: string[]) => run(command, args)

/** Paths in the tarball. */
let files: string[] = []

beforeAll(() => {
  // A database that somebody’s run has left beside the example must stay behind.
  const planted = join(ROOT, 'examples/segment/planted-by-the-package-test.db')
  writeFileSync(planted, '')
  try {
    const packed = run('npm', ['pack', '--silent', '--json', '--pack-destination', folder], ROOT)
    expect(packed.code, packed.output).toBe(0)
  } finally {
    rmSync(planted)
  }
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  files = run('tar', ['tzf', tarball()]).output.split('\n')
  const installed = run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', tarball()])
  expect(installed.code, installed.output).toBe(0)
}, 120_000)

function tarball(): string {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  return join(folder, `millrace-${version}.tgz`)
}

test('the package holds programs, declarations, examples and documents: no sources, tests or databases', () => {
  expect(files).toContain('package/dist/index.d.ts')
  expect(files).toContain('package/examples/segment/millrace.yaml')
  const folders = new Set(files.map((path) => path.split('/').slice(1, -1)[0] ?? '.'))
  expect([...folders].toSorted()).toEqual(['.', 'bin', 'dist', 'docs', 'examples'])
  expect(files.filter((path) => /\.(test|scenario|contract|fixture)\.|\.db|millrace-data/.test(path))).toEqual([])
  expect(files.filter((path) => path.startsWith('package/dist/') && !/\.(js|d\.ts)$/.test(path))).toEqual([])
})

/** The package that a statement at the start of a line, or an `import()`, names. */
const IMPORT = /(?:^(?:import|export) .*from |\bimport\()['"]((?:@[\w-]+\/)?[\w-]+)(?:\/[^'"]*)?['"]/gm

test('every module of the package finds what it imports among its dependencies', () => {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  const imported = new Set<string>()
  for (const path of files.filter((path) => path.startsWith('package/dist/') && path.endsWith('.js'))) {
    const text = readFileSync(join(folder, 'node_modules/millrace', path.slice('package/'.length)), 'utf8')
    for (const [, name = ''] of text.matchAll(IMPORT)) imported.add(name)
  }
  expect([...imported].filter((name) => !(name in dependencies))).toEqual([])
  expect(Object.keys(dependencies).filter((name) => !imported.has(name))).toEqual([])
})

test('a copied example passes its check without a compiler, which says so in one line, and its tests', () => {
  expect(millrace('init').output).toContain('Copied the example "segment" to segment.')
  expect(millrace('check', 'segment')).toEqual({
    output:
      'Types were not checked: TypeScript is not installed (`npm install --save-dev typescript`).\n' +
      'No problems: 1 source, 4 collections, 3 derivations, 1 materialization, 10 tests',
    code: 0,
  })
  const tested = millrace('test', 'segment')
  expect(tested.output).toContain('Ran 10 tests, 10 passed, 0 failed')
  expect(tested.code).toBe(0)
})

describe('beside TypeScript', () => {
  beforeAll(() => {
    for (const name of ['typescript', '@types/node']) {
      mkdirSync(dirname(join(folder, 'node_modules', name)), { recursive: true })
      symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
    }
  })

  test('`check` compiles the lambdas against the package’s declarations', () => {
    expect(millrace('check', 'segment').output).toBe(
      'No problems: 1 source, 4 collections, 3 derivations, 1 materialization, 10 tests',
    )
    const module = join(folder, 'segment/segment-detail.ts')
    const text = readFileSync(module, 'utf8')
    writeFileSync(module, text.replace('event.remove', 'event.removed'))
    const { output, code } = millrace('check', 'segment')
    writeFileSync(module, text)
    expect(output).toMatch(/segment-detail\.ts:6:\d+ +Property 'removed' does not exist/)
    expect(code).toBe(1)
  })

  test('a compiler of one’s own resolves `millrace`, declarations included', () => {
    const options = [
      '--strict',
      '--noEmit',
      '--allowImportingTsExtensions',
      '--target',
      'es2024',
      '--module',
      'nodenext',
      '--types',
      '',
    ]
    const tsc = join(folder, 'node_modules/typescript/bin/tsc')
    expect(run(process.execPath, [tsc, ...options, 'segment/profiles.ts'])).toEqual({ output: '', code: 0 })
    writeFileSync(
      join(folder, 'wrong.ts'),
      "import { defineDerivation } from 'millrace'\nexport default defineDerivation<string>({})\n",
    )
    expect(run(process.execPath, [tsc, ...options, 'wrong.ts']).output).toContain("Type 'string' does not satisfy the constraint")
  })
})

const EVENTS = 20_000
const MEMBERS = 'select count(*) as memberships from segment_memberships'

test('a started engine takes generated events, keeps its tables, and stops in order', { timeout: 60_000 }, async () => {
  const engine = new RunningCommand(command, ['start', 'segment', '--port', '0'], { cwd: folder, env })
  try {
    const [, url = ''] = await engine.waitFor(/listens on (http:\S+\d)/)
    const feed = `"${command}" generate segment-events --count ${EVENTS} | tee events.ndjson | "${command}" ingest examples/segment/events --url ${url}`
    const fed = run('sh', ['-c', feed])
    expect(fed.output).toContain('20,000 documents into examples/segment/events')
    expect(millrace('status', '--url', url).output).toContain('20,000 documents accepted')

    const expected = membershipsIn(readFileSync(join(folder, 'events.ndjson'), 'utf8'))
    let rows = ''
    for (const deadline = Date.now() + 20_000; rows !== `[{"memberships":${expected}}]` && Date.now() < deadline;)
      rows = millrace('query', 'segment/examples.db', MEMBERS, '--json').output.replaceAll(/\s/g, '')
    expect(JSON.parse(rows)).toEqual([{ memberships: expected }])
  } finally {
    expect(await engine.stop('SIGTERM'), engine.output).toBe(0)
  }
  expect(engine.output).toContain('Stopped. Everything accepted is on disk.')
  expect(existsSync(join(folder, 'millrace-data'))).toBe(true)
  expect(millrace('lake', 'verify').output).toContain('no gap, no overlap, all checksums match')
  const counted = millrace('lake', 'query', 'select count(*) as events from "examples/segment/events"', '--json')
  expect(JSON.parse(counted.output)).toEqual([{ events: EVENTS }])
})

function membershipsIn(ndjson: string): number {
  const keys = ndjson
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { user: string; segment: { vendor: number; name: string } })
    .map(({ user, segment: { vendor, name } }) => JSON.stringify([vendor, name, user]))
  return new Set(keys).size
}
