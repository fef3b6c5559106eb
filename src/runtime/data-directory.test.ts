import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { dataDirectory, lockDataDirectory } from './data-directory.ts'

function emptyDirectory() {
  const path = mkdtempSync(join(tmpdir(), 'millrace-data-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return dataDirectory(path)
}

test('a directory has one owner at a time, who is named to the others', () => {
  const directory = emptyDirectory()
  const release = lockDataDirectory(directory)
  expect(() => lockDataDirectory(directory)).toThrow(
    expect.objectContaining({
      code: 'directory_locked',
      message: `The data directory "${directory.path}" is in use by the process ${process.pid}.`,
    }),
  )
  release()
  lockDataDirectory(directory)()
})

test('the lock of a killed process ends with it', async () => {
  const directory = emptyDirectory()
  const module = new URL('data-directory.ts', import.meta.url).href
  const code = `
    import { dataDirectory, lockDataDirectory } from '${module}'
    globalThis.release = lockDataDirectory(dataDirectory('${directory.path}'))
    console.log('locked')
    setInterval(() => {}, 1_000)`
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(owner.stdout, 'data')
  expect(() => lockDataDirectory(directory)).toThrow(`by the process ${owner.pid}`)
  owner.kill('SIGKILL')
  await once(owner, 'exit')
  lockDataDirectory(directory)()
})
