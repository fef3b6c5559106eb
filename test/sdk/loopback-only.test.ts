/** The guard of the drivers: without it, the suite could not tell that nobody else was asked. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const PRELOAD = join(import.meta.dirname, 'loopback-only.ts')

/** What a script with the guard prints, and which attempts were written down. */
function runGuarded(script: string): { output: string; attempts: string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-guard-'))
  const attemptsPath = join(folder, 'attempts')
  writeFileSync(attemptsPath, '')
  try {
    const { stdout, stderr } = spawnSync(process.execPath, ['--import', PRELOAD, '--input-type=module', '--eval', script], {
      env: { PATH: process.env['PATH'], SDK_ATTEMPTS_PATH: attemptsPath },
      encoding: 'utf8',
    })
    return { output: stdout + stderr, attempts: readFileSync(attemptsPath, 'utf8').split('\n').filter(Boolean) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Prints the status that this machine answers with, then the code of each failure. Nothing of it would reach anybody. */
const SCRIPT = `
import { lookup, promises } from 'node:dns'
import { once } from 'node:events'
import { createServer, get } from 'node:http'
import { connect } from 'node:net'

const server = createServer((request, response) => response.end()).listen(0, 'localhost')
await once(server, 'listening')
console.log((await fetch('http://localhost:' + server.address().port)).status)
server.close()

const codeOf = (error) => console.log(error.cause?.code ?? error.code)
await fetch('https://sdk.invalid/v1/batch').catch(codeOf)
await once(connect(80, '255.255.255.255'), 'connect').catch(codeOf)
await once(connect({ port: 80, host: 'socket.invalid' }), 'connect').catch(codeOf)
await once(get('http://agent.invalid/'), 'response').catch(codeOf)
await promises.lookup('promise.invalid').catch(codeOf)
await new Promise((resolve) => lookup('callback.invalid', (error) => resolve(codeOf(error))))
`

test('whatever would leave this machine is refused and written down, and this machine is reached', () => {
  const { output, attempts } = runGuarded(SCRIPT)
  expect(output.trim().split('\n')).toEqual(['200', ...Array.from({ length: 4 }, () => 'ECONNREFUSED'), 'EACCES', 'EACCES'])
  expect(attempts).toEqual([
    'sdk.invalid:443',
    '255.255.255.255:80',
    'socket.invalid:80',
    'agent.invalid:80',
    'promise.invalid',
    'callback.invalid',
  ])
})
