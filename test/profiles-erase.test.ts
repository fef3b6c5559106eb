/** Ada of the profiles example is forgotten on a running server, with part of her events in the lake and part of them not yet. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { ErasureReport } from '../src/engine/erasure/erasure.ts'
import { ConsoleSession, ROOT } from './console-session.ts'
import { removeAllButLog, type StoredDocument, storedDocuments } from './stored-state.ts'
import { findTexts } from './texts-on-disk.ts'

const EXAMPLE = join(ROOT, 'examples/profiles')
const START = `npx millrace start ${EXAMPLE}`
const ADA = [
  'ada@engines.example',
  'Ada Lovelace',
  'u-1001',
  '7b0ab8f2-1d5e-4f0c-9a55-0f2f7f2f4c01',
  'c1f3e9d0-6a44-4d5b-8f0e-9e8f6f1b7a02',
  'ios-3f6c2a',
  // Of her orders: tallies keep them.
  'o-501',
  'o-503',
]
/** Users whom nothing of Ada's concerns. */
const OTHERS = ['charles@engines.example', 'grace@post.example']
/** The user who gave Ada's email as a trait keeps it (docs/profiles.md), so she would be found there. */
const EVENTS = readFileSync(join(EXAMPLE, 'events.ndjson'), 'utf8')
  .trimEnd()
  .split('\n')
  .filter((line) => !line.includes('u-1004'))

const ORDERS = (comparison: string, value: number) => ({
  type: 'all',
  predicates: [
    {
      property: { key: 'event' },
      operator: 'distinct_count',
      options: { eventName: 'Order Completed', property: 'order_id', comparison, value },
    },
  ],
})
const SEGMENTS = {
  buyers: ORDERS('is_greater_or_equal', 1),
  strangers: ORDERS('equals', 0),
  'buying-companies': { type: 'accounts_segment', predicate: ORDERS('is_greater_or_equal', 1) },
  shop: {
    type: 'all',
    predicates: [{ property: { key: 'email' }, operator: 'contains', options: { value: ['engines.example'] } }],
  },
  chosen: { manual: true },
}

const session = new ConsoleSession('erase', { isOnFreePort: true })
const data = join(session.folder, 'millrace-data')
let before: StoredDocument[]
let countsBefore: Record<string, number>
let herParts: string[]
let receipt: ErasureReport

afterAll(() => session.close())

async function send(name: string, lines: readonly string[]): Promise<string> {
  writeFileSync(join(session.folder, name), `${lines.join('\n')}\n`)
  return await session.run(`npx millrace ingest events ${name} --write-key <key> --connections 1 --skip-invalid`)
}

async function ask<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const headers = body === undefined ? {} : { 'content-type': 'application/json' }
  const response = await fetch(`${session.url}${path}`, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  // What the endpoint says.
  return (await response.json()) as Answer
}

type Listed = { segments: { id: string; members: number; state: string }[] }

/** Once history is looked at. */
async function countMembers(): Promise<Record<string, number>> {
  const { segments } = await vi.waitUntil(
    async () => {
      const listed = await ask<Listed>('GET', '/segments')
      return listed.segments.every(({ state }) => state === 'live') && listed
    },
    { timeout: 20_000, interval: 50 },
  )
  return Object.fromEntries(segments.map(({ id, members }) => [id, members]))
}

async function segmentsOf(ref: string): Promise<string[]> {
  const { segments } = await ask<{ segments: { id: string }[] }>('GET', `/${ref}/segments`)
  return segments.map(({ id }) => id)
}

/** The profiles of the others, and what leads to them. */
function documentsOfOthers(documents: readonly StoredDocument[]): StoredDocument[] {
  const profiles = documents.filter(({ space, value }) => space === 'entity/user' && OTHERS.some((text) => value.includes(text)))
  const ids = profiles.map(({ key }) => key)
  const leading = documents.filter(({ space, value }) => space === 'identifier/user' && ids.some((id) => value.includes(id)))
  return [...profiles, ...leading]
}

beforeAll(async () => {
  mkdirSync(data, { recursive: true })
  const created = await session.run(`npx millrace source key create web --catalog ${EXAMPLE}`)
  session.values.set('key', /^mr_track_\S+/.exec(created)?.[0] ?? '')
  await session.start(`${START} --lake-flush-ms 50`)
  await send('first.ndjson', EVENTS)
  await session.runUntil('npx millrace lake verify', /^[1-9]/)
  await session.stop()
  // From here on, what comes stays in the outputs for minutes.
  await session.start(START)
  for (const [id, document] of Object.entries(SEGMENTS)) await ask('PUT', `/segments/${id}`, document)
  await ask('POST', '/segments/chosen/members', { add: ['u-1001', 'u-1003'] })
  await send('second.ndjson', [
    '{"type":"track","userId":"u-1001","event":"Order Returned","messageId":"shop-041"}',
    '{"type":"track","userId":"u-1002","event":"Order Returned","messageId":"shop-042"}',
    '{"type":"track","userId":"u-1001","messageId":"shop-nameless"}',
  ])
  await session.runUntil('npx millrace status', /applied, 1 repeated, 2 set aside/)
  countsBefore = await countMembers()
  herParts = (await ask<{ parts: { id: string }[] }>('GET', '/users/u-1001')).parts.map(({ id }) => id)
  await ask('POST', '/segments/preview', SEGMENTS.buyers)
  before = storedDocuments(data)
}, 120_000)

test('before, she is in log, state, lake and quarantine', () => {
  const found = findTexts(data, ADA)
  for (const where of ['of entries', 'of outputs', '.zst, unpacked', 'columns.duckdb']) expect(found.join('\n')).toContain(where)
  expect(documentsOfOthers(before).map(({ space }) => space)).toContain('entity/user')
})

test('before, segments have counted her in', async () => {
  expect(await segmentsOf('users/u-1001')).toEqual(['buyers', 'chosen', 'shop'])
  expect(await segmentsOf('accounts/c-77')).toEqual(['buying-companies'])
  const kept = before.filter(({ space }) => space.startsWith('activity/')).filter(({ value }) => value.includes('o-501'))
  expect(kept.map(({ space }) => space)).toEqual(['activity/account', 'activity/user'])
  expect(countsBefore).toMatchObject({ buyers: 2, 'buying-companies': 1, shop: 2, chosen: 2 })
})

describe('after an erasure', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    receipt = await session.json<ErasureReport>('npx millrace entity erase user u-1001 --yes')
  }, 120_000)

  test('the receipt lists each place, and names nobody', () => {
    expect(receipt).toMatchObject({
      state: 'done',
      places: { state: { parts: 2, identifiers: 5 }, quarantine: { items: 1 }, suppression: { identifiers: 5 } },
    })
    const { log, outputs, lake } = receipt.places
    for (const count of [log.entries, log.events, log.commands, lake.fragments, lake.events]) expect(count).toBeGreaterThan(0)
    for (const count of [outputs.events, outputs.changes]) expect(count).toBeGreaterThan(0)
    expect(receipt.places.columns).toEqual({ isDiscarded: true })
    for (const text of ADA) expect(JSON.stringify(receipt)).not.toContain(text)
  })

  test('no file has anything of her, while the server runs', () => {
    expect(findTexts(data, ADA)).toEqual([])
  })

  test('segments keep nothing of her, and are right without her', async () => {
    const kept = storedDocuments(data).filter(({ key, value }) => herParts.some((part) => `${key}${value}`.includes(part)))
    expect(kept).toEqual([])
    const { buyers = 0, chosen = 0, shop = 0, strangers } = countsBefore
    expect(await countMembers()).toEqual({
      buyers: buyers - 1,
      chosen: chosen - 1,
      shop: shop - 1,
      strangers,
      'buying-companies': 0,
    })
    expect(await segmentsOf('users/u-1002')).toEqual(['shop', 'strangers'])
    expect(await segmentsOf('users/u-1003')).toEqual(['buyers', 'chosen'])
    expect(await segmentsOf('accounts/c-77')).toEqual([])
  })

  test('everybody is counted anew', async () => {
    expect(await ask('POST', '/segments/preview', SEGMENTS.buyers)).toMatchObject({ count: 1 })
    expect(findTexts(data, ADA)).toEqual([])
  })

  test('nobody else has changed', () => {
    expect(documentsOfOthers(storedDocuments(data))).toEqual(documentsOfOthers(before))
  })

  test('she is not found, and what is sent of her is refused and kept nowhere', async () => {
    expect(await session.run('npx millrace entity show user u-1001')).toMatch(/^There is no user "u-1001"\./)
    const output = await send('again.ndjson', EVENTS)
    expect(output).toContain('(person_suppressed)')
    expect(findTexts(data, ADA)).toEqual([])
  })

  test('a replay of the log gives the others’ profiles byte by byte, and nothing of her', async () => {
    expect(await session.stop()).toBe(0)
    expect(findTexts(data, ADA)).toEqual([])
    const documents = documentsOfOthers(storedDocuments(data))
    removeAllButLog(data)
    await session.start(START)
    await session.runUntil('npx millrace entity timeline user u-1002 --limit 9', /Order Returned/)
    const { 'buying-companies': _, ...counts } = await countMembers()
    expect(counts).toEqual({ buyers: 1, chosen: 1, shop: 1, strangers: countsBefore['strangers'] })
    await session.stop()
    expect(documentsOfOthers(storedDocuments(data))).toEqual(documents)
    expect(findTexts(data, ADA)).toEqual([])
  })
})
