import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Worker } from 'node:worker_threads'
import { afterAll, describe, expect, test } from 'vitest'
import { FakeClock, systemClock } from '../../base/clock.ts'
import { logContract } from '../log.contract.ts'
import { IDEMPOTENCY_WINDOW_MS } from '../log.ts'
import { openSqliteLogReader } from './open-sqlite-log-reader.ts'
import { openSqliteLog } from './open-sqlite-log.ts'

const directory = mkdtempSync(join(tmpdir(), 'millrace-log-'))
afterAll(() => rmSync(directory, { recursive: true }))

let files = 0
const newPath = () => join(directory, `log-${++files}.db`)
const EVERYTHING = { maxBytes: Number.MAX_SAFE_INTEGER }
const payload = (size: number) => new Uint8Array(size).fill(size % 251)

for (const threaded of [false, true]) {
  const name = threaded ? 'The SQLite log with a thread' : 'The SQLite log'

  logContract(name, async (clock) => {
    const path = newPath()
    const reopen = () => openSqliteLog({ path, clock, threaded })
    return { log: await reopen(), reopen }
  })

  describe(`${name}, when something fails`, () => {
    test('a full disk refuses what does not fit, and takes what fits', async () => {
      const log = await openSqliteLog({ path: newPath(), clock: systemClock, threaded, pagesMax: 40 })
      await log.append({ payload: payload(10), idempotencyKey: 'first' })
      const refused = { payload: payload(1_000_000), idempotencyKey: 'large' }
      await expect(log.append(refused)).rejects.toMatchObject({ code: 'disk_full', retryable: true })
      expect(await log.head()).toBe(1)
      expect(await log.append({ payload: payload(20) })).toEqual({ position: 2, isRepeat: false })
      await expect(log.append(refused)).rejects.toMatchObject({ code: 'disk_full' })
      expect(await log.append({ payload: payload(10), idempotencyKey: 'first' })).toEqual({ position: 1, isRepeat: true })
      expect((await log.read(0, EVERYTHING)).map((entry) => entry.payload.byteLength)).toEqual([10, 20])
      await log.close()
    })

    test('a file that is no log is refused when it is opened', async () => {
      const path = newPath()
      writeFileSync(path, 'This is no database, but long enough to look at.'.repeat(100))
      const refusal = { code: 'log_unavailable', retryable: false, message: expect.stringContaining(path) }
      await expect(openSqliteLog({ path, clock: systemClock, threaded })).rejects.toMatchObject(refusal)
    })

    test('a folder that is missing is named when the log is opened', async () => {
      const path = join(directory, 'missing', 'log.db')
      await expect(openSqliteLog({ path, clock: systemClock, threaded })).rejects.toMatchObject({ code: 'log_unavailable' })
    })
  })
}

test('when its thread dies the open appends are rejected, and the next starts it anew', async () => {
  const started: Worker[] = []
  const onWorker = (worker: Worker) => started.push(worker)
  process.on('worker', onWorker)
  const path = newPath()
  const log = await openSqliteLog({ path, clock: systemClock, threaded: true })
  await log.append({ payload: payload(1) })

  // While another connection holds the file, the thread cannot finish any of them.
  const holder = new DatabaseSync(path)
  holder.exec('begin immediate')
  const open = [1, 2, 3].map((i) => log.append({ payload: payload(5_000_000), idempotencyKey: `key ${i}` }))
  const rejected = open.map((append) => expect(append).rejects.toMatchObject({ code: 'log_unavailable', retryable: true }))
  await new Promise(setImmediate)
  const ended = started[0]?.terminate()
  holder.close()
  await Promise.all([ended, ...rejected])

  const again = await log.append({ payload: payload(5_000_000), idempotencyKey: 'key 1' })
  expect(started).toHaveLength(2)
  const entries = await log.read(0, EVERYTHING)
  expect(entries.map(({ position }) => position)).toEqual(entries.map((_, i) => i + 1))
  expect(entries.map(({ position }) => position)).toContain(again.position)
  process.off('worker', onWorker)
  await log.close()
})

test('what was acknowledged survives the death of the process, and positions go on', async () => {
  const path = newPath()
  const script = `
    import { openSqliteLog } from ${JSON.stringify(new URL('./open-sqlite-log.ts', import.meta.url).href)}
    const clock = { now: () => Date.now(), sleep: async () => {} }
    const log = await openSqliteLog({ path: ${JSON.stringify(path)}, clock, threaded: true })
    for (;;) {
      const receipts = await Promise.all([1, 2, 3].map(() => log.append({ payload: new Uint8Array(3_000) })))
      for (const { position } of receipts) process.stdout.write(position + '\\n')
    }`
  const scriptPath = join(directory, 'append-forever.mjs')
  writeFileSync(scriptPath, script)
  const child = spawn(process.execPath, [scriptPath], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8')
  for await (const chunk of child.stdout) {
    output += chunk
    if (output.length > 2_000) child.kill('SIGKILL')
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  const acknowledged = Math.max(...output.split('\n').slice(0, -1).map(Number))

  // A reader may be the first to open it after the crash.
  const reader = await openSqliteLogReader(path)
  const entries = await reader.read(0, EVERYTHING)
  expect(entries.length).toBeGreaterThanOrEqual(acknowledged)
  expect(entries.map(({ position }) => position)).toEqual(entries.map((_, i) => i + 1))
  await reader.close()
  const log = await openSqliteLog({ path, clock: systemClock })
  expect((await log.append({ payload: payload(1) })).position).toBe(entries.length + 1)
  await log.close()
})

test('a log in memory keeps what was appended until it is closed', async () => {
  const log = await openSqliteLog({ path: ':memory:', clock: systemClock })
  await Promise.all([1, 2, 3].map((size) => log.append({ payload: payload(size) })))
  expect((await log.read(1, EVERYTHING)).map(({ position }) => position)).toEqual([2, 3])
  await log.close()
})

test('a reader beside the log sees every entry whose append has resolved', async () => {
  const path = newPath()
  const log = await openSqliteLog({ path, clock: systemClock, threaded: true })
  const reader = await openSqliteLogReader(path)
  expect(await reader.head()).toBe(0)
  for (let i = 1; i <= 5; i++) {
    await log.append({ payload: payload(i) })
    expect(await reader.head()).toBe(i)
    expect((await reader.read(i - 1, EVERYTHING)).map((entry) => entry.payload.byteLength)).toEqual([i])
  }
  await reader.close()
  await log.close()
})

test('a reader of a log that does not exist is refused', async () => {
  await expect(openSqliteLogReader(newPath())).rejects.toMatchObject({ code: 'log_unavailable' })
})

test('expired idempotency keys go, a few with each new one', async () => {
  const path = newPath()
  const clock = new FakeClock()
  const log = await openSqliteLog({ path, clock })
  const append = (key: string) => log.append({ payload: payload(1), idempotencyKey: key })
  await Promise.all(Array.from({ length: 100 }, (_, i) => append(`old ${i}`)))
  clock.advance(IDEMPOTENCY_WINDOW_MS)
  const db = new DatabaseSync(path, { readOnly: true })
  const count = () => (db.prepare('select count(*) as keys from idempotency').get() as { keys: number }).keys
  await append('new')
  expect(count()).toBe(99)
  await Promise.all(Array.from({ length: 60 }, (_, i) => append(`new ${i}`)))
  expect(count()).toBe(61)
  db.close()
  await log.close()
})

/** Small ones share a page, large ones have many; the first ones fill the page that becomes the root of the tree. */
const MARKED_SIZES = [30, 300, 3_000, 30_000, 200_000]
const marked = (i: number) => Buffer.from(`mark-${i};`.repeat((MARKED_SIZES[i % MARKED_SIZES.length] ?? 30) / 8))

test('after a redaction no byte of the old payloads is in the files, also with readers beside it', async () => {
  const path = newPath()
  const log = await openSqliteLog({ path, clock: systemClock, threaded: true })
  const reader = await openSqliteLogReader(path)
  const all = Array.from({ length: 150 }, (_, i) => i)
  for (const i of all) await log.append({ payload: marked(i) })
  // In several steps, as neighbours of what goes must not move.
  for (const remainder of [0, 1]) {
    const changes = all
      .filter((i) => i % 3 === remainder)
      .map((i) => ({ position: i + 1, payload: new Uint8Array(marked(i).length) }))
    await reader.read(0, EVERYTHING)
    await log.redact(changes)
  }
  const file = Buffer.concat([path, `${path}-wal`].map((name) => readFileSync(name)))
  expect(all.filter((i) => file.includes(`mark-${i};`))).toEqual(all.filter((i) => i % 3 === 2))
  expect(statSync(`${path}-wal`).size).toBe(0)
  expect((await reader.read(0, EVERYTHING)).map((entry) => entry.payload.byteLength)).toEqual(all.map((i) => marked(i).length))
  await reader.close()
  await log.close()
})

test('neither is there after redactions to other sizes, of neighbours later', async () => {
  const path = newPath()
  const log = await openSqliteLog({ path, clock: systemClock })
  const all = Array.from({ length: 60 }, (_, i) => i)
  for (const i of all) await log.append({ payload: marked(i) })
  for (const remainder of [0, 1]) {
    const changes = all
      .filter((i) => i % 3 === remainder)
      .map((i) => ({ position: i + 1, payload: new Uint8Array((i * 700) % 9_000) }))
    await log.redact(changes)
  }
  const file = Buffer.concat([path, `${path}-wal`].map((name) => readFileSync(name)))
  expect(all.filter((i) => file.includes(`mark-${i};`))).toEqual(all.filter((i) => i % 3 === 2))
  await log.close()
})

test('a redaction that cannot empty the write-ahead log says so, and succeeds when it is repeated', async () => {
  const path = newPath()
  const log = await openSqliteLog({ path, clock: systemClock })
  await log.append({ payload: marked(1) })
  const holder = new DatabaseSync(path, { readOnly: true })
  holder.exec('begin')
  holder.prepare('select count(*) from entries').get()
  await log.append({ payload: payload(10) })
  await expect(log.redact([{ position: 1, payload: new Uint8Array(marked(1).length) }])).rejects.toMatchObject({
    code: 'log_unavailable',
    retryable: true,
  })
  holder.close()
  await log.redact([])
  expect(Buffer.concat([path, `${path}-wal`].map((name) => readFileSync(name))).includes('mark-1;')).toBe(false)
  await log.close()
})

test('the write-ahead log is reused rather than grown', async () => {
  const path = newPath()
  const log = await openSqliteLog({ path, clock: systemClock })
  for (let i = 0; i < 100; i++) await log.append({ payload: payload(500_000) })
  const { size } = statSync(`${path}-wal`)
  expect(size).toBeLessThan(20_000_000)
  await log.close()
})
