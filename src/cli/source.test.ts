import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { writeFolder } from '../catalog/scratch-catalog.fixture.ts'
import { hashOfKey } from '../engine/tracking/write-keys.ts'
import { createKey } from './source/source-keys.ts'
import { readWriteKeys, writeKeyFile } from '../http/tracking/write-key-file.ts'

const MAIN = new URL('../../bin/millrace.mjs', import.meta.url).pathname
const CATALOG = { 'millrace.yaml': 'sources: { web: {}, app: { sdk: rudderstack, strict: true } }\n' }

type Ran = { code: number; stdout: string; stderr: string }

/** Runs the real command in one folder, one call after the other. */
function commandIn(folder: string) {
  return (...args: string[]): Promise<Ran> => millrace(folder, args)
}

function millrace(folder: string, args: string[], input = ''): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, 'source', ...args], { cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    )
    child.stdin?.end(input)
  })
}

const keysIn = (folder: string) => readWriteKeys(writeKeyFile(join(folder, 'millrace-data')))

test('a key is made, shown once, listed by its beginning, and revoked', async () => {
  const folder = writeFolder(CATALOG)
  const source = commandIn(folder)
  const made = await source('key', 'create', 'web', '--types', 'track,page', '--expires', '2999-01-31')
  expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^mr_track_[\w-]{43}\n$/) as unknown })
  const key = made.stdout.trim()
  const [kept] = keysIn(folder)
  expect(kept).toMatchObject({
    hash: hashOfKey(key),
    source: 'web',
    scopes: ['track'],
    types: ['track', 'page'],
    expiresAt: '2999-01-31T00:00:00.000Z',
  })
  const listed = await source('key', 'list', 'web')
  expect(listed.stdout).toContain(`${key.slice(0, 13)}…`)
  expect(listed.stdout).toMatch(/track, page .* 2999-01-31 00:00 +valid/)
  expect(listed.stdout + made.stderr).not.toContain(key)
  expect(await source('key', 'revoke', kept?.id ?? '')).toMatchObject({ code: 0 })
  expect(JSON.parse((await source('key', 'list', '--json')).stdout)).toMatchObject([{ id: kept?.id, standing: 'revoked' }])
})

test('a key that clients have already is taken over, also from standard input', async () => {
  const folder = writeFolder(CATALOG)
  const source = commandIn(folder)
  expect(await source('key', 'import', 'web', 'segment-key-0123456789')).toMatchObject({ code: 0 })
  expect(await millrace(folder, ['key', 'import', 'app', '-'], 'rudder-key-0123456789\n')).toMatchObject({ code: 0 })
  expect(keysIn(folder).map(({ hash }) => hash)).toEqual(['segment-key-0123456789', 'rudder-key-0123456789'].map(hashOfKey))
  expect(await source('key', 'import', 'app', 'segment-key-0123456789')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('is there already') as unknown,
  })
})

test('a key to read needs no source', async () => {
  const folder = writeFolder(CATALOG)
  const { stdout } = await commandIn(folder)('key', 'create', '--scope', 'read,admin', '--json')
  expect(JSON.parse(stdout)).toMatchObject({ key: expect.stringMatching(/^mr_admin_/) as unknown, scopes: ['read', 'admin'] })
  expect(stdout).not.toContain('hash')
})

test('sources are listed with the number of keys that hold', async () => {
  const folder = writeFolder(CATALOG)
  const source = commandIn(folder)
  await source('key', 'create', 'web')
  await source('key', 'create', 'web', '--expires', '2020-01-01')
  const { stdout } = await source('list')
  expect(stdout).toMatch(/web +segment +no +1\n/)
  expect(stdout).toMatch(/app +rudderstack +yes +0\n/)
  expect(JSON.parse((await source('list', '--json')).stdout)).toMatchObject([
    { name: 'web', validKeys: 1 },
    { name: 'app', validKeys: 0 },
  ])
})

describe('the command refuses', () => {
  test('a source that does not exist, by its code', async () => {
    const folder = writeFolder(CATALOG)
    const flags = { data: join(folder, 'millrace-data'), catalog: folder, scope: ['track' as const] }
    await expect(createKey('elsewhere', flags)).rejects.toMatchObject({ code: 'source_unknown', hint: 'Its sources: web, app.' })
  })

  test.each<[string, string[], RegExp]>([
    ['a source that does not exist', ['key', 'create', 'wbe'], /has no source "wbe"[^]*Did you mean "web"/],
    ['a key for tracking without a source', ['key', 'create'], /needs a source/],
    ['a scope that does not exist', ['key', 'create', 'web', '--scope', 'root'], /"root" is none of track, read, admin/],
    ['a type that does not exist', ['key', 'create', 'web', '--types', 'click'], /"click" is none of/],
    ['an end that is no date', ['key', 'create', 'web', '--expires', 'soon'], /must be a date/],
    ['a key that is short', ['key', 'import', 'web', 'short'], /8 to 200 characters/],
    ['to revoke what is not there', ['key', 'revoke', 'abc'], /There is no write key "abc"/],
    ['a catalog that is not there', ['list', '--catalog', 'nowhere'], /nowhere/],
  ])('%s', async (_name, args, message) => {
    const folder = writeFolder(CATALOG)
    const { code, stderr } = await commandIn(folder)(...args)
    expect(stderr).toMatch(message)
    expect(code).toBe(1)
    expect(keysIn(folder)).toEqual([])
  })
})
