/** The segments of a catalog at the start of a server: there before the first event, once, and whatever became of the start before. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { SegmentReport } from '../src/engine/segments/reading/segment-report.ts'
import { writeKeyOf } from '../src/engine/tracking/write-keys.ts'
import { changeWriteKeys, writeKeyFile } from '../src/http/tracking/write-key-file.ts'
import { openSqliteLogReader } from '../src/log/sqlite/open-sqlite-log-reader.ts'
import { decodeBatch } from '../src/model/document-batch.ts'
import type { Command } from '../src/model/profile/command.ts'
import { dataDirectory } from '../src/runtime/data-directory.ts'
import { sendUntilAccepted } from './crash/send-batch.ts'
import { ServerProcess } from './crash/server-process.ts'
import { until } from './sdk/until.ts'

const WRITE_KEY = 'key-of-web'
const running: ServerProcess[] = []

let folder: string
let data: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-segments-at-start-'))
  data = join(folder, 'data')
})

afterEach(async () => {
  for (const server of running.splice(0)) if (server.isAlive) await server.kill()
  rmSync(folder, { recursive: true, force: true })
})

const did = (eventName: string) => ({ property: { key: 'event' }, operator: 'at_least_once', options: { eventName } })
const group = (...predicates: object[]) => ({ type: 'all', predicates })
const ORDERED = group(did('Order'))
const SEGMENTS = {
  // It refers to the next one.
  both: group({ property: { key: 'segment' }, operator: 'is_member', options: { value: ['ordered'] } }),
  ordered: ORDERED,
  shops: { type: 'accounts_segment', predicate: ORDERED },
}

async function start(segments: object, options: { crashAt?: string } = {}): Promise<ServerProcess> {
  changeWriteKeys(writeKeyFile(data), () => [writeKeyOf(WRITE_KEY, { source: 'web', scopes: ['track'] }, '2026-03-01T00:00:00Z')])
  // JSON is YAML.
  writeFileSync(join(folder, 'millrace.yaml'), JSON.stringify({ sources: { web: {} }, segments }))
  const server = await ServerProcess.start({ catalog: folder, data, ...options })
  running.push(server)
  return server
}

async function segmentsOf({ url }: ServerProcess): Promise<Record<string, string>> {
  const { segments } = (await (await fetch(`${url}/segments`)).json()) as { segments: SegmentReport[] }
  return Object.fromEntries(segments.map(({ id, kind, state, members }) => [id, `${kind} ${state} ${members}`]))
}

async function send(server: ServerProcess): Promise<void> {
  const event = { type: 'track', event: 'Order', userId: 'u1', messageId: 'm1', timestamp: '2026-03-01T00:00:00Z' }
  await sendUntilAccepted(() => server.url, WRITE_KEY, [JSON.stringify(event)])
}

/** What stands on the log, entry by entry. */
async function logged(): Promise<string[]> {
  const log = await openSqliteLogReader(dataDirectory(data).logPath)
  const entries = await log.read(0, { maxBytes: Number.MAX_SAFE_INTEGER })
  await log.close()
  return entries.flatMap(({ payload }) =>
    decodeBatch(payload).flatMap((section) =>
      section.documents().map((text) => {
        const command = JSON.parse(text) as Command
        if (command.kind === 'define-segment') return `define ${command.definition.id}`
        return command.kind === 'delete-segment' ? `delete ${command.segment}` : section.collection
      }),
    ),
  )
}

const DEFINED = ['define ordered', 'define both', 'define shops']
const EMPTY = { both: 'user live 0', ordered: 'user live 0', shops: 'account live 0' }

test('they are there when it listens, before any event, and a restart that changes nothing defines nothing', async () => {
  const server = await start(SEGMENTS)
  expect(await segmentsOf(server)).toEqual(EMPTY)
  await send(server)
  await until('entered', async () => (await segmentsOf(server))['both'] === 'user live 1')
  expect(await segmentsOf(server)).toEqual({ ...EMPTY, both: 'user live 1', ordered: 'user live 1' })
  await server.stop()
  const again = await start(SEGMENTS)
  expect(await segmentsOf(again)).toEqual({ ...EMPTY, both: 'user live 1', ordered: 'user live 1' })
  await again.stop()
  expect(await logged()).toEqual([...DEFINED, 'millrace/inbox'])
})

test('a start after one that died before it had applied them defines only what is missing or another', async () => {
  await expect(start(SEGMENTS, { crashAt: 'store-written:1' })).rejects.toThrow('ended before it listened')
  const server = await start({ ordered: ORDERED, shops: { type: 'accounts_segment', predicate: group(did('Visit')) } })
  expect(await segmentsOf(server)).toEqual({ ordered: 'user live 0', shops: 'account live 0' })
  expect(await logged()).toEqual([...DEFINED, 'define shops', 'delete both'])
})

test('a segment of users does not become one of accounts: start, plan and apply say so', async () => {
  const changed = { ...SEGMENTS, shops: ORDERED, ordered: { type: 'accounts_segment', predicate: ORDERED }, both: ORDERED }
  const server = await start(SEGMENTS)
  for (const path of ['/plan', '/apply']) {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${server.url}${path}`, { method: 'POST', headers, body: JSON.stringify({ segments: changed }) })
    expect(answer.status).toBe(422)
    expect(await answer.text()).toContain('The segment \\"shops\\" is one of accounts, and cannot become one of users.')
  }
  await server.stop()
  await expect(start(changed)).rejects.toThrow(
    [
      'The segment "ordered" is one of users, and cannot become one of accounts.',
      'The segment "shops" is one of accounts, and cannot become one of users.',
      '  Give the new one another id in the catalog',
    ].join('\n'),
  )
  expect(await segmentsOf(await start(SEGMENTS))).toEqual(EMPTY)
  expect(await logged()).toEqual(DEFINED)
})
