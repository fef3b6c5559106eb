import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeFolder } from '../catalog/scratch-catalog.fixture.ts'

const MAIN = new URL('../../bin/millrace.mjs', import.meta.url).pathname

/** Runs the real command in `folder`. */
function millrace(folder: string, ...args: string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { cwd: folder }, (_error, stdout, stderr) => resolve(stdout + stderr))
  })
}

test('each example says what to do with it next, and has no problems', async () => {
  const folder = writeFolder({})
  expect(await millrace(folder, 'init')).toBe(
    'Copied the example "segment" to segment. Next:\n  millrace test segment\n  millrace start segment --generate 1000\n',
  )
  expect(await millrace(folder, 'init', 'shop', '--example', 'profiles')).toBe(
    'Copied the example "profiles" to shop. Next:\n  millrace check shop\n  millrace start shop\n',
  )
  expect(existsSync(join(folder, 'shop/events.ndjson'))).toBe(true)
  expect(await millrace(folder, 'check', 'shop')).toBe('No problems: 2 sources, 12 traits\n')
  expect(await millrace(folder, 'init', 'audiences', '--example', 'audiences')).toContain('millrace start audiences\n')
  expect(await millrace(folder, 'check', 'audiences')).toBe('No problems: 1 source, 2 traits, 8 segments\n')
})

test('an example that does not exist is answered with a similar one', async () => {
  expect(await millrace(writeFolder({}), 'init', 'shop', '--example', 'profile')).toContain('Did you mean "profiles"?')
})
