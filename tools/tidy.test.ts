import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LAYERS } from './layers.ts'
import { type File, findProblems, type RuleName, RULES } from './tidy.ts'

const root = join(import.meta.dirname, '..')

/** What is tracked, and what will be. */
const files: File[] = execFileSync(
  'git',
  ['-c', 'safe.directory=*', 'ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'],
  {
    cwd: root,
    encoding: 'utf8',
  },
)
  .split('\0')
  // What is planted below is no problem.
  .filter((path) => path !== '' && path !== 'tools/tidy.test.ts')
  .flatMap((path) => readIfThere(path))

/** Files that are removed but not yet from the index are not read. */
function readIfThere(path: string): File[] {
  try {
    return [{ path, text: readFileSync(join(root, path), 'utf8') }]
  } catch {
    return []
  }
}

const PLANTED: Record<RuleName, File[]> = {
  'a file of more than 400 lines': [{ path: 'src/base/clock.ts', text: 'x\n'.repeat(401) }],
  'a file or folder name that is not kebab-case': [
    { path: 'src/base/systemClock.ts', text: '' },
    { path: 'src/Base/clock.ts', text: '' },
    { path: 'tools/lint_config.mjs', text: '' },
  ],
  'a name that says nothing': [
    { path: 'src/base/utils.ts', text: '' },
    { path: 'src/helpers/clock.test.ts', text: '' },
    { path: 'src/engine/apply/apply-2.ts', text: '' },
    { path: 'src/http/request-handler.ts', text: '' },
    { path: 'src/http/index.ts', text: '' },
  ],
  'a path of one machine': [{ path: 'docs/a.md', text: 'Look into /home/ada/notes.' }],
  'a leftover': [
    { path: 'src/base/clock.ts', text: '// TODO: leap seconds' },
    { path: 'src/base/clock.test.ts', text: "test.only('x', () => {})" },
    { path: 'src/base/clock.test.ts', text: "  describe.skip('x', () => {})" },
  ],
  'time, chance or environment in deciding code': [
    { path: 'src/engine/apply/apply.ts', text: 'const now = Date.now()' },
    { path: 'src/engine/apply/apply.ts', text: 'const now = new Date()' },
    { path: 'src/model/key.ts', text: 'return Math.random()' },
    { path: 'src/model/key.ts', text: "const { TZ } = process.env['TZ']" },
  ],
  'a host in package-lock.json': [{ path: 'package-lock.json', text: '  "resolved": "https://registry.example/ws.tgz",' }],
  'an optional package that package-lock.json does not have': [
    {
      path: 'package-lock.json',
      text: JSON.stringify({
        packages: { 'node_modules/a': { optionalDependencies: { 'a-linux': '1', 'a-mac': '1' } }, 'node_modules/a-linux': {} },
      }),
    },
  ],
  'a link to nothing': [
    { path: 'docs/a.md', text: 'See [there](nowhere.md).' },
    { path: 'README.md', text: 'See [there](docs/nowhere.md#part).' },
    { path: 'STYLE.md', text: 'See [there](README.md#two-hours).' },
    { path: 'STYLE.md', text: '# Style\n\nSee [above](#stile).' },
  ],
}

describe.each(Object.keys(RULES) as RuleName[])('%s', (name) => {
  test('is found where it is planted', () => {
    for (const file of PLANTED[name]) expect(findProblems(name, [file], root), file.path + file.text).toHaveLength(1)
  })

  test('is nowhere in the repository', () => {
    expect(findProblems(name, files, root), RULES[name].instead).toEqual([])
  })
})

test('what only looks like a problem is none', () => {
  const innocent: File[] = [
    { path: 'src/cli/check-types.ts', text: 'new Date(now); fetch("http://localhost/home/x"); clock.now()' },
    { path: 'src/engine/apply/apply.test.ts', text: 'Date.now()' },
    { path: 'test/sdk/drivers/analytics-node-3.ts', text: '' },
    {
      path: 'docs/a.md',
      text: '# A `top`-heading: it\n[site](https://example.org/x) [top](#a-top-heading-it) [readme](../README.md#two-minutes)',
    },
  ]
  for (const name of Object.keys(RULES) as RuleName[]) expect(findProblems(name, innocent, root), name).toEqual([])
})

test('every folder of src stands in the layer table', () => {
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  expect(folders.map(({ name }) => name).toSorted()).toEqual(Object.keys(LAYERS).toSorted())
})
