import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { afterAll, describe, expect, test } from 'vitest'
import { storeContract } from '../store.contract.ts'
import type { DocumentChange, Transaction } from '../store.ts'
import { openSqliteStoreReader } from './open-sqlite-store-reader.ts'
import { cursorPath } from './cursor-file.ts'
import { openSqliteStore } from './open-sqlite-store.ts'

const directory = mkdtempSync(join(tmpdir(), 'millrace-store-'))
afterAll(() => rmSync(directory, { recursive: true }))

let files = 0
const newPath = () => join(directory, `store-${++files}.db`)

const changes = (count: number, value: string): Transaction => ({
  documents: Array.from({ length: count }, (_, i): DocumentChange => ({ space: 'space', key: `key ${i}`, value })),
  outputs: [],
  checkpoints: [{ task: 'task', position: count }],
})

/** Resolves when the thread that scans the keys, which is yet to be started, has ended. */
const endOfKeyScan = () =>
  new Promise<void>((resolve) =>
    process.on('worker', function onWorker(worker: Worker) {
      if (worker.threadName !== 'key scan') return
      process.off('worker', onWorker)
      worker.once('exit', () => resolve())
    }),
  )

for (const threaded of [false, true]) {
  const name = threaded ? 'The SQLite store with a thread' : 'The SQLite store'

  storeContract(name, async () => {
    const path = newPath()
    const openAnother = () => openSqliteStore({ path, threaded })
    return { store: await openAnother(), openAnother }
  })

  describe(`${name}, when something fails`, () => {
    test('a full disk refuses a commit as a whole, and the next can succeed', async () => {
      const store = await openSqliteStore({ path: newPath(), threaded, pagesMax: 60 })
      const { fence } = await store.acquire('0')
      await store.commit('0', fence, changes(10, 'before'))
      await expect(store.commit('0', fence, changes(20, 'x'.repeat(100_000)))).rejects.toMatchObject({
        code: 'disk_full',
        retryable: true,
      })
      expect(await store.load('space', ['key 0', 'key 15'])).toEqual(['before', undefined])
      expect(await store.checkpoints()).toEqual(new Map([['task', 10]]))
      await store.commit('0', fence, changes(12, 'after'))
      expect(await store.load('space', ['key 0', 'key 11', 'key 15'])).toEqual(['after', 'after', undefined])
      await store.close()
    })

    test('a file that is no store is refused when it is opened', async () => {
      const path = newPath()
      writeFileSync(path, 'This is no database, but long enough to look at.'.repeat(100))
      const refusal = { code: 'store_unavailable', retryable: false, message: expect.stringContaining(path) }
      await expect(openSqliteStore({ path, threaded })).rejects.toMatchObject(refusal)
    })
  })
}

test('when its thread dies the commit is rejected, and whoever acquires again can go on', async () => {
  const started: Worker[] = []
  const onWorker = (worker: Worker) => started.push(worker)
  process.on('worker', onWorker)
  const path = newPath()
  const store = await openSqliteStore({ path, threaded: true })
  const { fence } = await store.acquire('0')
  const running = store.commit('0', fence, changes(20_000, 'lost'))
  await Promise.all([
    started[0]?.terminate(),
    expect(running).rejects.toMatchObject({ code: 'store_unavailable', retryable: true }),
  ])

  const again = await store.acquire('0')
  const wasCommitted = again.checkpoints.has('task')
  expect(await store.load('space', ['key 0', 'key 19999'])).toEqual(wasCommitted ? ['lost', 'lost'] : [undefined, undefined])
  await store.commit('0', again.fence, changes(20_001, 'found'))
  expect(await store.load('space', ['key 0', 'key 20000', 'key 20001'])).toEqual(['found', 'found', undefined])
  process.off('worker', onWorker)
  await store.close()
})

test('keys of before are found while they are scanned and after', async () => {
  const path = newPath()
  const before = await openSqliteStore({ path, threaded: true })
  await before.commit('0', (await before.acquire('0')).fence, changes(5_000, 'value'))
  await before.close()

  const ended = endOfKeyScan()
  const store = await openSqliteStore({ path, threaded: true })
  await store.acquire('0')
  const keys = Array.from({ length: 6_000 }, (_, i) => `key ${i}`)
  const expected = keys.map((_, i) => (i < 5_000 ? 'value' : undefined))
  expect(await store.load('space', keys)).toEqual(expected)
  await ended
  expect(await store.load('space', keys)).toEqual(expected)
  await store.close()
})

test('keys of spaces that are read in order are found by `load` as well', async () => {
  const path = newPath()
  const orderedSpaces = ['space']
  const before = await openSqliteStore({ path, threaded: true, orderedSpaces })
  await before.commit('0', (await before.acquire('0')).fence, changes(10, 'value'))
  expect(await before.load('space', ['key 0', 'key 10'])).toEqual(['value', undefined])
  await before.close()
  const ended = endOfKeyScan()
  const store = await openSqliteStore({ path, threaded: true, orderedSpaces })
  await store.acquire('0')
  await ended
  expect(await store.load('space', ['key 0', 'key 10'])).toEqual(['value', undefined])
  await store.close()
})

test('a store in memory works as long as it is open', async () => {
  const store = await openSqliteStore({ path: ':memory:' })
  const { fence } = await store.acquire('0')
  await store.commit('0', fence, changes(3, 'value'))
  await store.saveCursor('cursor', 'value')
  expect(await store.load('space', ['key 2', 'key 3'])).toEqual(['value', undefined])
  expect(await store.loadCursor('cursor')).toBe('value')
  await store.close()
})

test('a reader beside the store sees every commit that has resolved, and keeps cursors', async () => {
  const path = newPath()
  const reader = await openSqliteStoreReader(path)
  const store = await openSqliteStore({ path, threaded: true })
  const { fence } = await store.acquire('0')
  for (let through = 1; through <= 3; through++) {
    const output = { collection: 'c', after: through - 1, through, appendedAt: through, payload: new Uint8Array([through]) }
    await store.commit('0', fence, { ...changes(through, 'value'), outputs: [output] })
    expect((await reader.readOutputs('c', through - 1, 10)).map(({ payload }) => Uint8Array.from(payload))).toEqual([
      output.payload,
    ])
    expect(await reader.checkpoints()).toEqual(new Map([['task', through]]))
    expect(await reader.load('space', [`key ${through - 1}`, `key ${through}`])).toEqual(['value', undefined])
    expect(await reader.scan('space', { from: `key ${through - 1}` }, 9)).toEqual([{ key: `key ${through - 1}`, value: 'value' }])
  }
  await reader.saveCursor('cursor', 'of the reader')
  expect(await store.loadCursor('cursor')).toBe('of the reader')
  await reader.close()
  await store.close()
})

test('the write-ahead log is reused rather than grown, also with readers beside it', async () => {
  const path = newPath()
  const store = await openSqliteStore({ path })
  const reader = await openSqliteStoreReader(path)
  const { fence } = await store.acquire('0')
  for (let round = 0; round < 40; round++) {
    await store.commit('0', fence, changes(2_000, `${round}`.repeat(1_000)))
    await reader.load('space', ['key 0', 'key 1999'])
  }
  // Written over and over, 40 times about 4 MB.
  expect(statSync(`${path}-wal`).size).toBeLessThan(80_000_000)
  await reader.close()
  await store.close()
})

const marked = (i: number, value: string | undefined) => ({ space: 'space', key: `key-${i};`, value })

test('after scrubbing no byte of what was deleted, replaced or pruned is in the files', async () => {
  const path = newPath()
  const store = await openSqliteStore({ path, threaded: true })
  const reader = await openSqliteStoreReader(path)
  const { fence } = await store.acquire('0')
  // Values that grow and shrink move rows between pages, which leaves copies behind.
  for (let round = 1; round <= 12; round++) {
    const documents = Array.from({ length: 600 }, (_, i) => marked(i, `value-${i};`.repeat(1 + ((i * 7 + round * 31) % 90))))
    const payload = Buffer.from(`output-${round};`.repeat(3_000))
    const output = { collection: 'c', after: round - 1, through: round, appendedAt: round, payload }
    await store.commit('0', fence, { ...changes(0, ''), documents, outputs: [output] })
  }
  const erased = Array.from({ length: 60 }, (_, i) => i * 10)
  await store.commit('0', fence, {
    ...changes(0, ''),
    documents: erased.map((i) => marked(i, undefined)),
    prunedOutputs: [{ collection: 'c', through: 5 }],
    replacedOutputs: [{ collection: 'c', through: 6, payload: new Uint8Array(1) }],
  })
  for (const text of ['body-1;'.repeat(2_000), 'body-2;'.repeat(9_000), '']) await reader.saveCursor('body', text)
  await reader.saveCursor('kept', 'body-3;')
  await reader.scrub()
  const files = [path, cursorPath(path)].flatMap((file) => [file, `${file}-wal`])
  const bytes = Buffer.concat(files.map((file) => readFileSync(file)))
  const isLegible = (text: string) => bytes.includes(text)
  expect(erased.flatMap((i) => [`key-${i};`, `value-${i};`]).filter(isLegible)).toEqual([])
  expect([1, 2, 3, 4, 5, 6].map((round) => `output-${round};`).filter(isLegible)).toEqual([])
  expect(['body-1;', 'body-2;'].filter(isLegible)).toEqual([])
  expect(['key-1;', 'value-1;', 'output-7;', 'body-3;'].filter(isLegible)).toHaveLength(4)
  await reader.close()
  await store.close()
})

test('threads may open a new store together', async () => {
  const path = newPath()
  const script = `
    const { workerData } = require('node:worker_threads')
    Atomics.wait(workerData.start, 0, 0)
    import(workerData.module).then(async ({ openSqliteStore }) => {
      const store = await openSqliteStore({ path: workerData.path })
      await store.saveCursor(workerData.name, 'saved')
      await store.close()
    })`
  const start = new Int32Array(new SharedArrayBuffer(4))
  const module = new URL('./open-sqlite-store.ts', import.meta.url).href
  const names = ['a', 'b', 'c', 'd']
  const workers = names.map((name) => new Worker(script, { eval: true, workerData: { start, module, path, name } }))
  const ended = workers.map((worker) => new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject)))
  Atomics.store(start, 0, 1)
  Atomics.notify(start, 0)
  await Promise.all(ended)
  const store = await openSqliteStore({ path })
  expect(await Promise.all(names.map((name) => store.loadCursor(name)))).toEqual(names.map(() => 'saved'))
  await store.close()
})

test('the tables are legible to people', async () => {
  const path = newPath()
  const store = await openSqliteStore({ path })
  await store.commit('0', (await store.acquire('0')).fence, changes(1, '{"a":1}'))
  await store.close()
  const db = new DatabaseSync(path, { readOnly: true })
  const sql = "select name, key, value ->> 'a' as a from documents join spaces on spaces.id = documents.space"
  expect(db.prepare(sql).all()).toEqual([{ name: 'space', key: 'key 0', a: 1 }])
  db.close()
})
