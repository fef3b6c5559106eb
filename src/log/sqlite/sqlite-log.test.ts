import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { logContract } from '../log.contract.ts'
import { openSqliteLog } from './open-sqlite-log.ts'

const directory = mkdtempSync(join(tmpdir(), 'millrace-log-'))
afterAll(() => rmSync(directory, { recursive: true }))

let files = 0
const newPath = () => join(directory, `log-${++files}.db`)

for (const threaded of [false, true]) {
  logContract(threaded ? 'The SQLite log with a thread' : 'The SQLite log', async (clock) => {
    const path = newPath()
    const reopen = () => openSqliteLog({ path, clock, threaded })
    return { log: await reopen(), reopen }
  })
}
