import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { EVENTS, events, fileAll, journalsOf, newLake, PROFILES, section, type Lake } from './lake.fixture.ts'
import { createLakeWriter, type LakeWriterOptions } from './lake-writer.ts'
import { Manifest } from './manifest.ts'
import { mapAtOnce } from './map-at-once.ts'
import { listFragments, readFragments } from './read-lake.ts'
import { isTombstone, tombstone, type Redaction } from './redaction.ts'
import { verifyLake } from './verify-lake.ts'

const SMALL = { fragmentBytes: 200 }

/** The second event of each entry; two of them are of `vendor=1`, two of `vendor=2`. */
const ofZoe: Redaction = {
  id: 'first',
  collections: [EVENTS],
  isDryRun: false,
  mayConcern: (text) => text.includes('Zoë 1'),
  concerns: (line) => line.includes('Zoë 1'),
}

async function lakeToRedact(): Promise<Lake> {
  const lake = await newLake()
  for (let position = 1; position <= 4; position++) {
    const documents = events(position, [1, (position % 2) + 1, 2])
    lake.log.append([section(EVENTS, documents)])
    const outputs = documents.map(({ text }, i) => ({ partition: '', text, source: [position, i] as [number, number] }))
    lake.store.publish(PROFILES, outputs, { after: position - 1, through: position })
  }
  return lake
}

async function redact(lake: Lake, redaction: Redaction, options: Partial<LakeWriterOptions> = {}): Promise<void> {
  await fileAll(lake, { ...SMALL, redactions: async () => [redaction], ...options })
}

function outcomeOf({ manifestPath }: Lake, id = ofZoe.id) {
  const manifest = Manifest.openForReading(manifestPath)
  try {
    return manifest.redaction(id)
  } finally {
    manifest.close()
  }
}

function redacted(text: string): string {
  return text.replaceAll(/^.*Zoë 1.*$/gm, (line) => tombstone(Buffer.byteLength(line)).toString())
}

/** The journals as they must be once the redaction is done. */
function withoutZoe(journals: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(journals).map(([name, text]) => [name, name.startsWith(EVENTS) ? redacted(text) : text]),
  )
}

async function fragmentNames({ directory }: Lake): Promise<string[]> {
  return (await listFragments(directory)).map(
    ({ collection, partition, begin, end }) => `${collection} ${partition} ${begin}-${end}`,
  )
}

test('lines that go become tombstones of the same length; all others, all offsets and other collections stay', async () => {
  const lake = await lakeToRedact()
  await fileAll(lake, SMALL)
  const [before, names] = [await journalsOf(lake), await fragmentNames(lake)]
  await redact(lake, ofZoe)
  expect(await journalsOf(lake)).toEqual(withoutZoe(before))
  expect(await fragmentNames(lake)).toEqual(names)
  expect((await verifyLake(lake)).problems).toEqual([])
  expect(outcomeOf(lake)).toEqual({ fragments: 4, lines: 4, isComplete: true })
  expect(await readdir(join(lake.directory, '.open'))).toEqual([])
})

test('fragments that hold no such line are not touched', async () => {
  const lake = await lakeToRedact()
  await fileAll(lake, SMALL)
  const filesOf = async () =>
    Promise.all((await listFragments(lake.directory)).map(async ({ file }) => [file, await readFile(file)]))
  const before = await filesOf()
  await redact(lake, { ...ofZoe, concerns: () => false })
  expect(await filesOf()).toEqual(before)
  expect(outcomeOf(lake)).toEqual({ fragments: 0, lines: 0, isComplete: true })
})

test('a complete redaction is not done again, and another one does not count what is gone', async () => {
  const lake = await filedLake()
  const done: string[] = []
  const onRedacted = (id: string) => done.push(id)
  for (const redaction of [ofZoe, ofZoe, { ...ofZoe, id: 'second' }]) await redact(lake, redaction, { onRedacted })
  expect(done).toEqual(['first', 'second'])
  expect(outcomeOf(lake, 'second')).toEqual({ fragments: 0, lines: 0, isComplete: true })
})

test('a dry run counts the same and changes nothing', async () => {
  const lake = await lakeToRedact()
  await fileAll(lake, SMALL)
  const before = await journalsOf(lake)
  await redact(lake, { ...ofZoe, isDryRun: true })
  expect(await journalsOf(lake)).toEqual(before)
  expect(outcomeOf(lake)).toEqual({ fragments: 4, lines: 4, isComplete: true })
})

test('what a running writer has read and not yet published is redacted as well', async () => {
  const lake = await lakeToRedact()
  let isWanted = false
  const stop = new AbortController()
  const writer = createLakeWriter({
    ...lake,
    collections: [{ name: EVENTS }],
    redactions: async () => (isWanted ? [ofZoe] : []),
    onRedacted: () => stop.abort(),
  })
  const waits: (() => void)[] = []
  await writer.run(
    stop.signal,
    (signal) =>
      new Promise((resolve) => {
        if (signal.aborted) resolve()
        waits.push(resolve)
      }),
    ({ kind }) => {
      if (kind !== 'idle' || isWanted) return
      isWanted = true
      setImmediate(() => waits.at(-1)?.())
    },
  )
  const texts = Object.values(await journalsOf(lake)).join('')
  expect(texts).not.toContain('Zoë 1')
  expect(texts.split('\n').filter(isTombstone)).toHaveLength(4)
  expect((await verifyLake(lake)).problems).toEqual([])
})

test('after a crash at any step a fragment is as before or as after, and the next run completes the rest', async () => {
  const expected = withoutZoe(await filedJournals())
  const total = await stepsOf(Number.POSITIVE_INFINITY, await filedLake())
  expect(total).toBeGreaterThan(9)
  const stepNumbers = Array.from({ length: total }, (_, i) => i + 1)
  await mapAtOnce(stepNumbers, 8, async (stepNumber) => {
    const lake = await filedLake()
    const names = await fragmentNames(lake)
    await stepsOf(stepNumber, lake)
    // One file for each stretch at every moment, so that a reader of the directory gets each line once.
    expect(await fragmentNames(lake)).toEqual(names)
    for await (const line of readFragments(await listFragments(lake.directory))) JSON.parse(line)
    await redact(lake, ofZoe)
    expect(await journalsOf(lake)).toEqual(expected)
    expect((await verifyLake(lake)).problems).toEqual([])
    expect(outcomeOf(lake)).toEqual({ fragments: 4, lines: 4, isComplete: true })
    expect(await readdir(join(lake.directory, '.open'))).toEqual([])
  })
})

test('after any number of crashes the lake is the same as without', async () => {
  const expected = withoutZoe(await filedJournals())
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 4 }), async (crashes) => {
      const lake = await filedLake()
      for (const stepNumber of crashes) await stepsOf(stepNumber, lake)
      await redact(lake, ofZoe)
      expect(await journalsOf(lake)).toEqual(expected)
      expect(outcomeOf(lake)).toEqual({ fragments: 4, lines: 4, isComplete: true })
    }),
    { numRuns: 12 },
  )
})

test('a writer that is stopped meanwhile goes on with the rest later', async () => {
  const lake = await filedLake()
  const stop = new AbortController()
  const writer = createLakeWriter({
    ...lake,
    collections: [{ name: EVENTS }],
    redactions: async () => [ofZoe],
    onStep: (step) => step === 'renamed' && stop.abort(),
  })
  await writer.run(
    stop.signal,
    () => Promise.resolve(),
    () => undefined,
  )
  expect(outcomeOf(lake)).toEqual({ fragments: 1, lines: expect.any(Number), isComplete: false })
  await redact(lake, ofZoe)
  expect(outcomeOf(lake)).toEqual({ fragments: 4, lines: 4, isComplete: true })
})

test('a tombstone is JSON of exactly the length that was asked for', () => {
  for (let size = 1; size < 40; size++) {
    const text = tombstone(size).toString()
    expect(text).toHaveLength(size)
    expect(JSON.parse(text)).toEqual(size === 1 ? 0 : size < 15 ? {} : { erased: true })
    expect(isTombstone(text)).toBe(size >= 15)
  }
})

async function filedLake(): Promise<Lake> {
  const lake = await lakeToRedact()
  await fileAll(lake, SMALL)
  return lake
}

async function filedJournals(): Promise<Record<string, string>> {
  return await journalsOf(await filedLake())
}

/** Redacts until the step of this number (from 1) and crashes there; resolves to the number of steps taken. */
async function stepsOf(stepNumber: number, lake: Lake): Promise<number> {
  let steps = 0
  const onStep = () => {
    steps++
    if (steps === stepNumber) throw new Error('crash')
  }
  await redact(lake, ofZoe, { onStep }).catch((error: unknown) => expect(String(error)).toBe('Error: crash'))
  return steps
}
