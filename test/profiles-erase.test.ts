/** Ada of the profiles example is forgotten on a running server, with part of her events in the lake and part of them not yet. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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
]
/** Users whom nothing of Ada's concerns. */
const OTHERS = ['charles@engines.example', 'grace@post.example']
/** The user who gave Ada's email as a trait keeps it (docs/profiles.md), so she would be found there. */
const EVENTS = readFileSync(join(EXAMPLE, 'events.ndjson'), 'utf8')
  .trimEnd()
  .split('\n')
  .filter((line) => !line.includes('u-1004'))

const session = new ConsoleSession('erase', { isOnFreePort: true })
const data = join(session.folder, 'millrace-data')
let before: StoredDocument[]
let receipt: ErasureReport

afterAll(() => session.close())

async function send(name: string, lines: readonly string[]): Promise<string> {
  writeFileSync(join(session.folder, name), `${lines.join('\n')}\n`)
  return await session.run(`npx millrace ingest events ${name} --write-key <key> --connections 1 --skip-invalid`)
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
  await send('second.ndjson', [
    '{"type":"track","userId":"u-1001","event":"Order Returned","messageId":"shop-041"}',
    '{"type":"track","userId":"u-1002","event":"Order Returned","messageId":"shop-042"}',
    '{"type":"track","userId":"u-1001","messageId":"shop-nameless"}',
  ])
  await session.runUntil('npx millrace status', /applied, 1 repeated, 2 set aside/)
  before = storedDocuments(data)
}, 120_000)

test('before, she is in log, state, lake and quarantine', () => {
  const found = findTexts(data, ADA)
  for (const where of ['of entries', 'of outputs', '.zst, unpacked']) expect(found.join('\n')).toContain(where)
  expect(documentsOfOthers(before).map(({ space }) => space)).toContain('entity/user')
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
    for (const count of [log.entries, log.events, outputs.events, lake.fragments, lake.events]) expect(count).toBeGreaterThan(0)
    for (const text of ADA) expect(JSON.stringify(receipt)).not.toContain(text)
  })

  test('no file has anything of her, while the server runs', () => {
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
    await session.runUntil('npx millrace entity timeline user u-1002 --limit 1', /Order Returned/)
    await session.stop()
    expect(documentsOfOthers(storedDocuments(data))).toEqual(documents)
    expect(findTexts(data, ADA)).toEqual([])
  })
})
