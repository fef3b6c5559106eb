import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { storeContract } from '../store.contract.ts'
import { openSqliteStore } from './open-sqlite-store.ts'

const directory = mkdtempSync(join(tmpdir(), 'millrace-store-'))
afterAll(() => rmSync(directory, { recursive: true }))

let files = 0
const newPath = () => join(directory, `store-${++files}.db`)

for (const threaded of [false, true]) {
  storeContract(threaded ? 'The SQLite store with a thread' : 'The SQLite store', async () => {
    const path = newPath()
    const openAnother = () => openSqliteStore({ path, threaded })
    return { store: await openAnother(), openAnother }
  })
}
