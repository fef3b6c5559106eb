/** Profiles in PostgreSQL: the same log leads to the same documents as in SQLite, and erasing and reading work there as well. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { SegmentReport } from '../src/engine/segments/reading/segment-report.ts'
import { writeKeyOf } from '../src/engine/tracking/write-keys.ts'
import { changeWriteKeys, writeKeyFile } from '../src/http/tracking/write-key-file.ts'
import { openPostgresStore } from '../src/store/postgres/open-postgres-store.ts'
import { dataDirectory } from '../src/runtime/data-directory.ts'
import type { EngineStatus } from '../src/runtime/status.ts'
import { ServerProcess } from './crash/server-process.ts'
import { execute, freshDatabase, startPostgres } from './postgres.ts'
import { until } from './sdk/until.ts'
import { type StoredDocument, storedDocuments } from './stored-state.ts'

const ROOT = join(import.meta.dirname, '..')
const CATALOG = join(ROOT, 'examples/profiles')
const KEY = 'the-key-of-the-source-web'
const EVENTS = 39
const ORDERED = { property: { key: 'event' }, operator: 'sum', options: { eventName: 'Order Completed', property: 'total' } }
const BUYING = group({ ...ORDERED, options: { ...ORDERED.options, comparison: 'is_greater_than', value: 5 } })
/** None that time alone changes: the second server would put ticks onto its log. */
const SEGMENTS = {
  buyers: BUYING,
  'free-buyers': group(
    { property: { key: 'segment' }, operator: 'is_member', options: { value: ['buyers'] } },
    { property: { key: 'plan' }, operator: 'equals', options: { value: ['free'] } },
  ),
  buying: { type: 'accounts_segment', predicate: BUYING },
}
const folder = mkdtempSync(join(tmpdir(), 'millrace-profiles-'))
const running: ServerProcess[] = []

function group(...predicates: object[]): object {
  return { type: 'all', predicates }
}

afterAll(async () => {
  for (const server of running) if (server.isAlive) await server.stop()
  rmSync(folder, { recursive: true, force: true })
  await (await startPostgres()).stop()
})

async function start(data: string, store?: string): Promise<ServerProcess> {
  const server = await ServerProcess.start({ catalog: CATALOG, data, ...(store !== undefined && { store }) })
  running.push(server)
  return server
}

async function applied(server: ServerProcess, events: number): Promise<void> {
  await until(`${events} events are applied`, async () => {
    const status = (await server.status()) as EngineStatus
    return status.documents.lagMs === 0 && status.events?.applied === events
  })
}

async function send(server: ServerProcess, lines: readonly string[]): Promise<unknown> {
  const answer = await fetch(`${server.url}/v1/import`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${KEY}:`)}` },
    body: `{"batch":[${lines.join()}]}`,
  })
  return await answer.json()
}

async function define(server: ServerProcess, id: string, document: object): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${server.url}/segments/${id}`, { method: 'PUT', headers, body: JSON.stringify(document) })
  expect(answer.status).toBe(200)
}

async function segmentsOf(server: ServerProcess): Promise<SegmentReport[]> {
  return ((await (await fetch(`${server.url}/segments`)).json()) as { segments: SegmentReport[] }).segments
}

/** The same documents, as this database has them. */
async function inDatabase(url: string, documents: readonly StoredDocument[]): Promise<(string | undefined)[]> {
  const store = await openPostgresStore({ url })
  const values: (string | undefined)[] = []
  for (const { space, key } of documents) values.push(...(await store.load(space, [key])))
  await store.close()
  return values
}

test('the same log leads to the same documents, and everything works from there', { timeout: 120_000 }, async () => {
  const [inSqlite, inPostgres] = [join(folder, 'sqlite'), join(folder, 'postgres')]
  const terms = writeKeyOf(KEY, { source: 'web', scopes: ['track'] }, new Date().toISOString())
  changeWriteKeys(writeKeyFile(inSqlite), () => [terms])
  const lines = readFileSync(join(CATALOG, 'events.ndjson'), 'utf8').trim().split('\n')
  const first = await start(inSqlite)
  expect(await send(first, lines)).toMatchObject({ accepted: 40 })
  await applied(first, EVENTS)
  for (const [id, document] of Object.entries(SEGMENTS)) await define(first, id, document)
  await until('all history is looked at', async () => (await segmentsOf(first)).every(({ state }) => state === 'live'))
  const segments = await segmentsOf(first)
  expect(segments.map(({ id, members }) => [id, members])).toEqual([
    ['buyers', 2],
    ['buying', 1],
    ['free-buyers', 1],
  ])
  await first.stop()

  mkdirSync(inPostgres)
  cpSync(dataDirectory(inSqlite).logPath, dataDirectory(inPostgres).logPath)
  cpSync(writeKeyFile(inSqlite), writeKeyFile(inPostgres))
  const url = await freshDatabase()
  const second = await start(inPostgres, url)
  await applied(second, EVENTS)
  expect(await segmentsOf(second)).toEqual(segments)
  const documents = storedDocuments(inSqlite)
  expect(await inDatabase(url, documents)).toEqual(documents.map(({ value }) => value))
  const { rows } = await execute(url, 'select count(*)::int as count from millrace.documents')
  expect(rows).toEqual([{ count: documents.length }])

  expect(await send(second, lines)).toMatchObject({ accepted: 40 })
  await until('the repeats are dropped', async () => ((await second.status()) as EngineStatus).events?.repeated === 41)
  expect(await (await fetch(`${second.url}/users/u-1001/events?limit=3`)).json()).toMatchObject({ events: [{}, {}, {}] })
  const erased = await fetch(`${second.url}/erasures`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'user', identifier: { kind: 'external_id', value: 'u-1001' }, dryRun: false }),
  })
  const { id } = (await erased.json()) as { id: string }
  await until('the erasure is done', async () => {
    const report = (await (await fetch(`${second.url}/erasures/${id}`)).json()) as { state: string }
    return report.state === 'done'
  })
  expect((await fetch(`${second.url}/users/u-1001`)).status).toBe(404)
  const ofAda = documents.filter(
    ({ space, key, value }) => /^(entity|identifier).user$/.test(space) && `${key}${value}`.includes('u-1001'),
  )
  expect(ofAda.length).toBeGreaterThan(1)
  expect((await inDatabase(url, ofAda)).every((value) => value === undefined)).toBe(true)
  await second.stop()
})
