import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { execute, freshDatabase, startPostgres } from '../../../test/postgres.ts'
import { describeTableEndpoint } from '../endpoint.contract.ts'
import type { TableSpec } from '../endpoint.ts'
import { openPostgresEndpoint } from './postgres-endpoint.ts'

beforeAll(async () => void (await startPostgres()))
afterAll(async () => (await startPostgres()).stop())

const COUNT_TYPE = 20

async function createTarget(schema = 'public') {
  const url = await freshDatabase()
  return {
    url,
    connect: (owner: string) => openPostgresEndpoint({ url, schema, owner }),
    query: async (sql: string): Promise<unknown[][]> => {
      const client = new pg.Client({ connectionString: url })
      client.setTypeParser(COUNT_TYPE, Number)
      await client.connect()
      try {
        return (await client.query<unknown[]>({ text: sql, rowMode: 'array' })).rows
      } finally {
        await client.end()
      }
    },
  }
}

describe('PostgreSQL keeps the promises of a table endpoint', () => {
  describeTableEndpoint({ createTarget })
})

const specs: TableSpec[] = [
  {
    table: 'users',
    source: 'examples/users',
    fields: [
      { field: 'id', location: '/id', role: 'key', types: ['string'], mayBeNull: false },
      { field: 'flow_document', location: '', role: 'document', types: ['object'], mayBeNull: false },
    ],
  },
]
const user = (id: string) => ({ key: [id], values: [], document: `{"id":"${id}"}`, exists: false })

test('a connection that the server ends is told as passing, and a new endpoint goes on', async () => {
  const target = await createTarget()
  const endpoint = target.connect('owner')
  await endpoint.open(specs)
  await endpoint.store(0, [user('alice')])
  await endpoint.commit([1])
  await endpoint.store(0, [user('bob')])
  await execute(target.url, `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'millrace'`)
  await expect(endpoint.commit([2])).rejects.toMatchObject({ code: 'endpoint_unavailable', retryable: true })
  await endpoint.close()
  const again = target.connect('owner')
  expect(await again.open(specs)).toEqual([1])
  expect(await again.load(0, [['alice'], ['bob']])).toEqual(['{"id":"alice"}', undefined])
  await again.close()
})

test('a server that goes away and comes back is told as passing', async () => {
  const server = await startPostgres()
  const target = await createTarget()
  const endpoint = target.connect('owner')
  await endpoint.open(specs)
  await endpoint.commit([1])
  await server.halt()
  const failure = { code: 'endpoint_unavailable', retryable: true }
  await expect(endpoint.store(0, [user('alice')])).rejects.toMatchObject(failure)
  await endpoint.close()
  const meanwhile = target.connect('owner')
  await expect(meanwhile.open(specs)).rejects.toMatchObject(failure)
  await meanwhile.close()
  await server.resume()
  const again = target.connect('owner')
  expect(await again.open(specs)).toEqual([1])
  await again.close()
})

test.each([
  { title: 'a wrong password', change: (url: URL) => void (url.password = 'wrong'), message: /password/ },
  { title: 'a database that does not exist', change: (url: URL) => void (url.pathname = '/nowhere'), message: /nowhere/ },
])('$title is not retried, and no message shows the password', async ({ change, message }) => {
  const url = new URL((await startPostgres()).url)
  change(url)
  const endpoint = openPostgresEndpoint({ url: url.href, owner: 'owner' })
  const opening = endpoint.open(specs)
  await expect(opening).rejects.toMatchObject({
    code: 'endpoint_unavailable',
    retryable: false,
    message: expect.stringMatching(message) as string,
  })
  await expect(opening).rejects.not.toMatchObject({ message: expect.stringContaining(url.password) as string })
  await endpoint.close()
})

test('a null character in a key or value is refused with table and key, in the document it is kept', async () => {
  const target = await createTarget()
  const endpoint = target.connect('owner')
  await endpoint.open(specs)
  await endpoint.store(0, [{ ...user('alice'), document: '{"note":"\\u0000"}' }])
  expect(await endpoint.load(0, [['alice']])).toEqual(['{"note":"\\u0000"}'])
  await expect(endpoint.store(0, [user('nul\0')])).rejects.toMatchObject({
    code: 'value_unsupported',
    message: expect.stringContaining('Table "users", key ["nul\\u0000"]: column "id"') as string,
  })
  await endpoint.close()
})

test('tables go to the schema that is asked for, which is made when it is missing', async () => {
  const target = await createTarget('Strange "schema"')
  const endpoint = target.connect('owner')
  await endpoint.open(specs)
  await endpoint.store(0, [user('alice')])
  await endpoint.commit([1])
  await endpoint.close()
  expect(await target.query('select id from "Strange ""schema""".users')).toEqual([['alice']])
})

test('a zombie that holds rows in an open transaction cannot commit them later', async () => {
  const target = await createTarget()
  const old = target.connect('owner')
  await old.open(specs)
  await old.store(0, [user('alice')])
  const next = target.connect('owner')
  expect(await next.open(specs)).toEqual([0])
  await expect(old.commit([1])).rejects.toMatchObject({ code: 'endpoint_fenced', retryable: false })
  await old.close()
  expect(await next.load(0, [['alice']])).toEqual([undefined])
  await next.close()
})
