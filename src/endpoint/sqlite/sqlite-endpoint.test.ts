import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, test } from 'vitest'
import { describeTableEndpoint } from '../endpoint.contract.ts'
import type { TableSpec } from '../endpoint.ts'
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

const users: TableSpec = {
  table: 'users',
  source: 'examples/users',
  fields: [
    { field: 'id', location: '/id', role: 'key', types: ['integer'], mayBeNull: false },
    { field: 'is_admin', location: '/is_admin', role: 'key', types: ['boolean'], mayBeNull: false },
    { field: 'flow_document', location: '', role: 'document', types: ['object'], mayBeNull: false },
  ],
}
const user = (id: number, document = `{"id":${id}}`) => ({ key: [id, id % 2 === 0], values: [], document, exists: false })

async function openUsers(options: { pagesMax?: number } = {}) {
  const target = createTarget()
  const endpoint = openSqliteEndpoint({ path: target.path, owner: 'owner', ...options })
  await endpoint.open([users])
  return { target, endpoint }
}

test('a full disk is told as passing, and what was committed before stays', async () => {
  const { target, endpoint } = await openUsers({ pagesMax: 20 })
  await endpoint.store(0, [user(1)])
  await endpoint.commit([1])
  const rows = Array.from({ length: 300 }, (_, i) => user(i + 2, `{"text":"${'x'.repeat(2_000)}"}`))
  await expect(endpoint.store(0, rows)).rejects.toMatchObject({ code: 'disk_full', retryable: true })
  await endpoint.close()
  expect(await target.query('select id from users')).toEqual([[1]])
  const again = openSqliteEndpoint({ path: target.path, owner: 'owner' })
  expect(await again.open([users])).toEqual([1])
  await again.store(0, rows)
  await again.commit([2])
  await again.close()
  expect(await target.query('select count(*) from users')).toEqual([[301]])
})

test.each([
  { title: 'deleted', lose: (path: string) => rmSync(path) },
  { title: 'replaced', lose: (path: string) => (rmSync(path), writeFileSync(path, '')) },
])('a file that is $title while in use is noticed before anything more is written', async ({ lose }) => {
  const { target, endpoint } = await openUsers()
  await endpoint.commit([1])
  lose(target.path)
  await expect(endpoint.store(0, [user(1)])).rejects.toMatchObject({ code: 'endpoint_unavailable', retryable: true })
  await endpoint.close()
})

test('a file that is no database is not retried', async () => {
  const path = join(directory, 'letter.txt')
  writeFileSync(path, 'Dear reader, this is not a database, however long you look at it.'.repeat(20))
  const endpoint = openSqliteEndpoint({ path, owner: 'owner' })
  await expect(endpoint.open([users])).rejects.toMatchObject({ code: 'endpoint_unavailable', retryable: false })
  await endpoint.close()
})

test('a path that cannot be made is told with the folder', async () => {
  const path = join(directory, 'letter.txt')
  writeFileSync(path, 'a file')
  const endpoint = openSqliteEndpoint({ path: join(path, 'folder', 'target.db'), owner: 'owner' })
  await expect(endpoint.open([users])).rejects.toMatchObject({
    code: 'endpoint_unavailable',
    message: expect.stringContaining('folder') as string,
  })
})

test('names that differ by case only are one to SQLite, and are refused', async () => {
  const endpoint = openSqliteEndpoint({ path: createTarget().path, owner: 'owner' })
  await expect(endpoint.open([users, { ...users, table: 'Users' }])).rejects.toMatchObject({ code: 'value_unsupported' })
})

test('rows are found whether they came before or after the filter of known keys was made', async () => {
  const { endpoint } = await openUsers()
  const missing = Array.from({ length: 5_000 }, (_, i) => [-i - 1, false])
  const load = (rows: { key: (number | boolean)[] }[]) =>
    endpoint.load(
      0,
      rows.map(({ key }) => key),
    )
  const early = [user(1), user(2)]
  await endpoint.store(0, early)
  expect((await endpoint.load(0, missing)).every((document) => document === undefined)).toBe(true)
  const late = Array.from({ length: 5_000 }, (_, i) => user(i + 10))
  await endpoint.store(0, late)
  expect(await load([...early, ...late])).toEqual([...early, ...late].map(({ document }) => document))
  expect((await endpoint.load(0, missing)).every((document) => document === undefined)).toBe(true)
  await endpoint.close()
})

test('a row that somebody else inserted meanwhile is replaced, not a failure', async () => {
  const { target, endpoint } = await openUsers()
  const missing = Array.from({ length: 2_000 }, (_, i) => [-i - 1, false])
  await endpoint.load(0, missing)
  await endpoint.commit([1])
  await target.query(`insert into users values (-1, 0, 'theirs')`)
  await endpoint.store(
    0,
    [user(-1)].map((row) => ({ ...row, key: [-1, false] })),
  )
  await endpoint.commit([2])
  expect(await target.query('select flow_document from users')).toEqual([['{"id":-1}']])
  await endpoint.close()
})
