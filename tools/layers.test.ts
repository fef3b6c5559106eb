import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { LAYERS } from './layers.ts'
import { lintConfig } from './lint-config.ts'

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'millrace-layers-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The linter's messages for one file with these lines, in a tree that has our configuration. */
function lint(path: string, source: string): string {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(join(folder, '.oxlintrc.json'), lintConfig())
  writeFileSync(file, source)
  const { stdout, stderr } = spawnSync(join(root, 'node_modules/.bin/oxlint'), [path], { cwd: folder, encoding: 'utf8' })
  rmSync(file)
  return stdout + stderr
}

test('the linter’s configuration is the one that the layer table generates', () => {
  expect(readFileSync(join(root, '.oxlintrc.json'), 'utf8')).toBe(lintConfig())
})

test('a folder imports only folders that stand before it in the table, so there is no cycle', () => {
  const names = Object.keys(LAYERS)
  for (const [name, allowed] of Object.entries(LAYERS)) {
    for (const other of allowed) expect(names.indexOf(other), `${name} → ${other}`).toBeLessThan(names.indexOf(name))
  }
})

test.each([
  ['src/base/x.ts', '../model/key.ts', 'src/base may import only itself (tools/layers.ts)'],
  ['src/model/x.ts', '../log/log.ts', 'src/model may import only itself, base'],
  ['src/model/deep/x.ts', '../../engine/apply/apply.ts', 'src/model may import only itself, base'],
  ['src/engine/apply/x.ts', '../../store/sqlite/open-sqlite-store.ts', 'may import only the port store/store.ts'],
  ['src/store/x.ts', '../runtime/engine.ts', 'src/store may import only'],
])('a planted import in %s of %s is caught, also of a type', (path, target, message) => {
  expect(lint(path, `export { x } from '${target}'\n`)).toContain(message)
  expect(lint(path, `import type { X } from '${target}'\nexport type Y = X\n`)).toContain(message)
})

test.each([
  ['src/engine/apply/x.ts', '../../store/store.ts'],
  ['src/model/deep/x.ts', '../key.ts'],
  ['src/runtime/x.ts', '../store/sqlite/open-sqlite-store.ts'],
  ['src/store/sqlite/x.ts', '../store.ts'],
  ['src/model/x.test.ts', '../engine/apply/apply.ts'],
  ['src/model/x.fixture.ts', '../engine/apply/apply.ts'],
])('%s may import %s', (path, target) => {
  expect(lint(path, `export { x } from '${target}'\n`)).not.toContain('layers.ts')
})
