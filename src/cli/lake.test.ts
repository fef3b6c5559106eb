import { rm } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { EVENTS, events, fileAll, newLake, section, type Lake } from '../lake/lake.fixture.ts'
import { listFragments } from '../lake/read-lake.ts'
import { lakeCommand } from './lake.ts'

let printed: string[] = []

beforeEach(() => {
  printed = []
  vi.spyOn(console, 'log').mockImplementation((text: string) => printed.push(text))
})

afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = undefined
})

async function filedLake(): Promise<Lake> {
  const lake = await newLake()
  lake.log.append([section(EVENTS, events(1, [1, 2, 1]))])
  await fileAll(lake)
  return lake
}

/** Prints as `millrace lake …` does. */
async function lake(root: string, ...args: string[]): Promise<string> {
  await lakeCommand().parseAsync([...args, '--data', root], { from: 'user' })
  return printed.join('\n')
}

test('verify says that a whole lake is whole', async () => {
  const { root } = await filedLake()
  expect(await lake(root, 'verify')).toBe('2 fragments, 3 documents, 0.0 MB: no gap, no overlap, all checksums match')
})

test('verify lists problems and fails', async () => {
  const { root, directory } = await filedLake()
  const [first] = await listFragments(directory)
  await rm(first?.file ?? '')
  await expect(lake(root, 'verify')).rejects.toMatchObject({
    code: 'lake_corrupt',
    message: expect.stringContaining('1 problem.') as string,
  })
  expect(printed[0]).toBe(`missing: ${first?.path}\n  The manifest lists this fragment, but the file is not there.`)
  printed = []
  expect(JSON.parse(await lake(root, 'verify', '--json'))).toMatchObject({ problems: [{ kind: 'missing' }] })
  expect(process.exitCode).toBe(1)
})

test('list shows a row per journal', async () => {
  const { root } = await filedLake()
  expect((await lake(root, 'list')).split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['collection', 'partition', 'fragments', 'documents', 'MB', 'first hour (UTC)', 'last hour (UTC)'],
    expect.anything(),
    [EVENTS, 'vendor=1', '1', '2', '0', '2026-01-01 09:00', '2026-01-01 09:00'],
    [EVENTS, 'vendor=2', '1', '1', '0', '2026-01-01 09:00', '2026-01-01 09:00'],
  ])
})

test('query answers as a table or as JSON', async () => {
  const { root } = await filedLake()
  const sql = `select vendor, count(*) as events from "${EVENTS}" group by vendor order by vendor`
  expect((await lake(root, 'query', sql)).split('\n').map((line) => line.trim())).toEqual([
    'vendor  events',
    '──────  ──────',
    '1       2',
    '2       1',
  ])
  printed = []
  expect(JSON.parse(await lake(root, 'query', sql, '--json'))).toEqual([
    { vendor: 1, events: 2 },
    { vendor: 2, events: 1 },
  ])
})

test('a data directory without a lake is named', async () => {
  await expect(lake('/nowhere', 'list')).rejects.toMatchObject({
    code: 'usage_invalid',
    message: 'There is no lake in "/nowhere".',
  })
})
