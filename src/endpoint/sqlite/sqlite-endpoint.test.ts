import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe } from 'vitest'
import { describeTableEndpoint } from '../endpoint.contract.ts'
import { openSqliteEndpoint } from './sqlite-endpoint.ts'

const directory = mkdtempSync(join(tmpdir(), 'millrace-sqlite-endpoint-'))
afterAll(() => rmSync(directory, { recursive: true }))
let files = 0

function createTarget() {
  const path = join(directory, `folder-${++files}`, 'target.db')
  return {
    path,
    connect: (owner: string) => openSqliteEndpoint({ path, owner }),
    query: async (sql: string): Promise<unknown[][]> => {
      const db = new DatabaseSync(path)
      const statement = db.prepare(sql)
      statement.setReturnArrays(true)
      const rows = statement.all() as unknown as unknown[][]
      db.close()
      return rows
    },
  }
}

describe('SQLite keeps the promises of a table endpoint', () => {
  describeTableEndpoint({ createTarget: async () => createTarget() })
})
