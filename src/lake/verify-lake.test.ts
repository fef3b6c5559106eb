import { copyFile, mkdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { createHash } from 'node:crypto'
import { EVENTS, events, fileAll, newLake, section, type Lake } from './lake.fixture.ts'
import type { LakeStep } from './fragment-files.ts'
import { formatFragmentPath } from './fragment-path.ts'
import { listFragments, readContent, type Fragment } from './read-lake.ts'
import { verifyLake } from './verify-lake.ts'

/** Two journals: `vendor=1` in three fragments, `vendor=2` in one. */
async function filedLake(): Promise<Lake & { first: Fragment; second: Fragment; third: Fragment }> {
  const lake = await newLake()
  for (let position = 1; position <= 3; position++)
    lake.log.append([section(EVENTS, events(position, [1, 1, 2].slice(0, position)))])
  await fileAll(lake, { fragmentBytes: 1 })
  const [first, second, third] = await listFragments(lake.directory)
  if (!first || !second || !third) throw new Error('The lake has too few fragments.')
  return { ...lake, first, second, third }
}

async function problemsOf(lake: Lake): Promise<string[]> {
  return (await verifyLake(lake)).problems.map(({ kind, path }) => `${kind} ${path}`)
}

test('a whole lake is counted and has no problems', async () => {
  const lake = await filedLake()
  const progress: number[] = []
  const verification = await verifyLake({
    ...lake,
    onProgress: ({ doneBytes, totalBytes }) => progress.push(doneBytes / totalBytes),
  })
  expect(verification).toEqual({
    journals: 2,
    fragments: 4,
    documents: 6,
    sizeBytes: 6 * Buffer.byteLength(`${events(1, [1])[0]?.text}\n`),
    hasManifest: true,
    problems: [],
  })
  expect(progress.at(-1)).toBe(1)
  expect(progress).toEqual(progress.toSorted((a, b) => a - b))
})

test('a lake that does not exist yet is whole', async () => {
  expect(await verifyLake(await newLake())).toMatchObject({ fragments: 0, hasManifest: false, problems: [] })
})

test('a missing file is named, also when it is the last of its journal', async () => {
  const lake = await filedLake()
  await rm(lake.third.file)
  expect(await problemsOf(lake)).toEqual([`missing ${lake.third.path}`])
  await rm(lake.first.file)
  expect(await problemsOf(lake)).toEqual([`gap ${lake.second.path}`, `missing ${lake.first.path}`, `missing ${lake.third.path}`])
})

test('without a manifest gaps are still found', async () => {
  const lake = await filedLake()
  await rm(lake.manifestPath)
  await rm(lake.second.file)
  expect(await verifyLake(lake)).toMatchObject({ hasManifest: false, problems: [{ kind: 'gap', path: lake.third.path }] })
})

test('files that the manifest does not list are named', async () => {
  const lake = await filedLake()
  const copy = formatFragmentPath({ ...lake.second, hour: lake.second.hour + 1 })
  await mkdir(dirname(join(lake.directory, copy)), { recursive: true })
  await copyFile(lake.second.file, join(lake.directory, copy))
  await writeFile(join(lake.directory, 'notes.txt'), 'hello')
  expect(new Set(await problemsOf(lake))).toEqual(
    new Set([`overlap ${lake.second.path}`, 'unknown notes.txt', `unknown ${copy}`]),
  )
})

function crashWhenRecorded(step: LakeStep): void {
  if (step === 'recorded') throw new Error('crash')
}

test('a file that the writer has recorded but not yet moved is no problem', async () => {
  const lake = await newLake()
  lake.log.append([section(EVENTS, events(1, [1]))])
  await expect(fileAll(lake, { onStep: crashWhenRecorded })).rejects.toThrow('crash')
  expect(await verifyLake(lake)).toMatchObject({ fragments: 0, hasManifest: true, problems: [] })
})

test.each<[string, (content: Buffer) => Buffer, string[]]>([
  ['other bytes', (content) => Buffer.from(content.toString().replace('trains', 'planes')), ['wrong_checksum']],
  ['a line less', (content) => content.subarray(content.indexOf(10) + 1), ['wrong_length', 'wrong_checksum', 'wrong_count']],
  [
    'a line that is not JSON',
    (content) => Buffer.concat([Buffer.from('['), content.subarray(1)]),
    ['wrong_checksum', 'bad_line'],
  ],
  [
    'no last line break',
    (content) => Buffer.from(`${content.toString().trimEnd()} `),
    ['wrong_checksum', 'wrong_count', 'bad_line'],
  ],
])('content with %s is noticed', async (_, change, kinds) => {
  const lake = await filedLake()
  let content = Buffer.alloc(0)
  for await (const piece of readContent(lake.second)) content = Buffer.concat([content, piece])
  await writeFile(lake.second.file, zstdCompressSync(change(content)))
  const { problems } = await verifyLake(lake)
  expect(
    problems.map(({ kind, message }) => (message.includes('on the disk') ? 'size' : kind)).filter((kind) => kind !== 'size'),
  ).toEqual(kinds)
  expect(new Set(problems.map(({ path }) => path))).toEqual(new Set([lake.second.path]))
})

test('a damaged, cut or prolonged file is noticed', async () => {
  const lake = await filedLake()
  const bytes = await readFile(lake.second.file)
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 0xff
  await writeFile(lake.second.file, bytes)
  expect(await problemsOf(lake)).toEqual([`unreadable ${lake.second.path}`])
  await truncate(lake.second.file, bytes.length - 5)
  expect(await problemsOf(lake)).toEqual([`unreadable ${lake.second.path}`])
  await rename(lake.third.file, lake.second.file)
  await writeFile(lake.third.file, Buffer.concat([await readFile(lake.second.file), Buffer.from('more')]))
  expect(await problemsOf(lake)).toContain(`wrong_length ${lake.third.path}`)
})

test('lines are put together across pieces', async () => {
  const lake = await newLake()
  const text = Array.from({ length: 20_000 }, (_, i) => `{"event":"${i}","name":"Zoë"}\n`).join('')
  const name = { collection: EVENTS, partition: '', begin: 0, end: Buffer.byteLength(text), codec: 'gzip' as const, hour: 0 }
  const path = formatFragmentPath({ ...name, sha1: createHash('sha1').update(text).digest('hex') })
  await mkdir(dirname(join(lake.directory, path)), { recursive: true })
  await writeFile(join(lake.directory, path), gzipSync(text))
  expect(await verifyLake(lake)).toMatchObject({ documents: 20_000, problems: [] })
})
