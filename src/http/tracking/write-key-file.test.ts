import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { MillraceError } from '../../base/errors.ts'
import { withKey, type WriteKey, writeKeyOf } from '../../engine/tracking/write-keys.ts'
import { changeWriteKeys, readWriteKeys, writeKeyFile } from './write-key-file.ts'

const CREATED_AT = '2026-01-01T00:00:00.000Z'

function file(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-keys-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return writeKeyFile(join(folder, 'data'))
}

const keyOf = (name: string): WriteKey => writeKeyOf(`${name}-0123456789`, { source: 'web', scopes: ['track'] }, CREATED_AT)
const add = (path: string, key: WriteKey) => changeWriteKeys(path, (keys) => withKey(keys, key))

test('keys are kept as they were written, for the owner only, and never themselves', () => {
  const path = file()
  const key = writeKeyOf(
    'secret-0123456789',
    { source: 'web', scopes: ['track', 'read'], types: ['page'], expiresAt: CREATED_AT },
    CREATED_AT,
  )
  add(path, key)
  add(path, keyOf('other'))
  expect(readWriteKeys(path)).toEqual([key, keyOf('other')])
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readFileSync(path, 'utf8')).not.toContain('0123456789')
})

test('without a file there are no keys', () => {
  expect(readWriteKeys(file())).toEqual([])
})

test('a change that fails writes nothing', () => {
  const path = file()
  add(path, keyOf('one'))
  expect(() => add(path, keyOf('one'))).toThrow(MillraceError)
  expect(readWriteKeys(path)).toEqual([keyOf('one')])
})

describe('a file', () => {
  test.each<[string, string]>([
    ['that is no JSON', 'x'],
    ['of another version', '{"version":2,"keys":[]}'],
    ['with a scope that does not exist', JSON.stringify({ version: 1, keys: [{ ...keyOf('one'), scopes: ['root'] }] })],
    ['with a hash that is none', JSON.stringify({ version: 1, keys: [{ ...keyOf('one'), hash: 'x' }] })],
  ])('%s is not overwritten', (_name, text) => {
    const path = file()
    add(path, keyOf('one'))
    writeFileSync(path, text)
    expect(() => add(path, keyOf('two'))).toThrow(expect.objectContaining({ code: 'write_keys_invalid' }) as Error)
    expect(readFileSync(path, 'utf8')).toBe(text)
  })
})

test('processes that change it at the same time lose nothing', async () => {
  const path = file()
  add(path, keyOf('first'))
  const modules = ['../../engine/tracking/write-keys.ts', './write-key-file.ts'].map(
    (name) => new URL(name, import.meta.url).href,
  )
  const script = (name: string) => `
    const { withKey, writeKeyOf } = await import(${JSON.stringify(modules[0])})
    const { changeWriteKeys } = await import(${JSON.stringify(modules[1])})
    for (let i = 0; i < 20; i++) {
      const key = writeKeyOf('${name}-' + i + '-0123456789', { source: 'web', scopes: ['track'] }, '${CREATED_AT}')
      changeWriteKeys(${JSON.stringify(path)}, (keys) => withKey(keys, key))
    }`
  const runs = ['a', 'b'].map((name) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script(name)], { stdio: ['ignore', 'ignore', 'inherit'] })
    return new Promise((resolve) => child.on('exit', resolve))
  })
  expect(await Promise.all(runs)).toEqual([0, 0])
  expect(readWriteKeys(path)).toHaveLength(41)
}, 30_000)
