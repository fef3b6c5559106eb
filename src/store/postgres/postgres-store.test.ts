import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { execute, freshDatabase, startPostgres, type Postgres } from '../../../test/postgres.ts'
import { storeContract } from '../store.contract.ts'
import type { Store, Transaction } from '../store.ts'
import { openPostgresStore } from './open-postgres-store.ts'

let postgres: Postgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.stop())

storeContract('The PostgreSQL store', async () => {
  const url = await freshDatabase()
  const openAnother = () => openPostgresStore({ url })
  return { store: await openAnother(), openAnother }
})

const changes = (count: number, value: string): Transaction => ({
  documents: Array.from({ length: count }, (_, i) => ({ space: 'space', key: `key ${i}`, value })),
  outputs: [],
  checkpoints: [{ task: 'task', position: count }],
})

const BLOCKED = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
const TERMINATE_OTHERS = `
  select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
`

/** Everything that a store can be asked. */
const questions = (store: Store, fence: number): Promise<unknown>[] => [
  store.acquire('other'),
  store.load('space', ['key']),
  store.scan('space', {}, 1),
  store.commit('0', fence, changes(1, 'value')),
  store.readOutputs('collection', 0, 1),
  store.checkpoints(),
  store.loadCursor('cursor'),
  store.saveCursor('cursor', 'value'),
]

describe('The PostgreSQL store, when something fails', () => {
  test('rejects everything while the server is down, and works again when it is back', async () => {
    const store = await openPostgresStore({ url: await freshDatabase() })
    const { fence } = await store.acquire('0')
    await store.commit('0', fence, changes(3, 'before'))

    await postgres.halt()
    for (const question of questions(store, fence)) {
      await expect(question).rejects.toMatchObject({ code: 'store_unavailable', retryable: true })
    }
    await postgres.resume()

    expect(await store.load('space', ['key 0', 'key 3'])).toEqual(['before', undefined])
    const again = await store.acquire('0')
    expect(again.checkpoints).toEqual(new Map([['task', 3]]))
    await store.commit('0', again.fence, changes(4, 'after'))
    expect(await store.load('space', ['key 0', 'key 3'])).toEqual(['after', 'after'])
    await store.close()
  })

  test('a connection that is lost in the middle of a commit changes nothing or everything', async () => {
    const url = await freshDatabase()
    const store = await openPostgresStore({ url })
    const { fence } = await store.acquire('0')
    await store.commit('0', fence, changes(1, 'before'))
    // Whoever holds the owner's row keeps the commit in its middle.
    const holder = new Client({ connectionString: url })
    holder.on('error', () => undefined)
    await holder.connect()
    await holder.query('begin')
    await holder.query('select from millrace.owners for update')
    const running = store.commit('0', fence, changes(2, 'lost'))
    const refusal = expect(running).rejects.toMatchObject({ code: 'store_unavailable', retryable: true })
    while ((await execute(url, BLOCKED)).rowCount === 0);
    await execute(url, TERMINATE_OTHERS)
    await refusal
    await holder.end().catch(() => undefined)

    expect(await store.load('space', ['key 0', 'key 1'])).toEqual(['before', undefined])
    await store.commit('0', fence, changes(2, 'found'))
    expect(await store.load('space', ['key 0', 'key 1'])).toEqual(['found', 'found'])
    await store.close()
  })

  test.each([
    { title: 'no server', change: (url: URL) => (url.port = '1'), retryable: true },
    { title: 'a wrong password', change: (url: URL) => (url.password = 'wrong'), retryable: false },
    { title: 'a database that does not exist', change: (url: URL) => (url.pathname = '/missing'), retryable: false },
  ])('opening with $title says so without the password', async ({ change, retryable }) => {
    const url = new URL(await freshDatabase())
    change(url)
    const error: unknown = await openPostgresStore({ url: url.href }).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'store_unavailable', retryable, message: expect.stringContaining(url.host) })
    expect(String(error)).not.toContain(':millrace@')
  })

  test('processes may open a new database together', async () => {
    const url = await freshDatabase()
    const stores = await Promise.all([1, 2, 3, 4].map(() => openPostgresStore({ url })))
    const applied = await execute(url, 'select number from millrace.migrations order by number')
    expect(applied.rows).toEqual([{ number: 1 }])
    await Promise.all(stores.map((store) => store.close()))
  })
})

test('the tables are legible to people', async () => {
  const url = await freshDatabase()
  const store = await openPostgresStore({ url })
  await store.commit('0', (await store.acquire('0')).fence, changes(1, '{"a":1}'))
  await store.close()
  const { rows } = await execute(
    url,
    `select name, key, value::json ->> 'a' as a from millrace.documents join millrace.spaces on spaces.id = documents.space`,
  )
  expect(rows).toEqual([{ name: 'space', key: 'key 0', a: '1' }])
})

test('a scan over a key that is too long to be kept in order is refused', async () => {
  const store = await openPostgresStore({ url: await freshDatabase() })
  const { fence } = await store.acquire('0')
  const key = 'x'.repeat(1_000)
  await store.commit('0', fence, { documents: [{ space: 'space', key, value: '1' }], outputs: [], checkpoints: [] })
  await expect(store.scan('space', {}, 10)).rejects.toThrow('SCANNED_KEY_LENGTH_MAX')
  await store.close()
})
