import { spawn } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LakeStep } from './fragment-files.ts'
import { EVENTS, events, expectedJournals, fileAll, journalsOf, newLake, PROFILES, section, type Lake } from './lake.fixture.ts'
import { fillLog, KILLED_OPTIONS } from './lake-killed.fixture.ts'
import { mapAtOnce } from './map-at-once.ts'
import { verifyLake } from './verify-lake.ts'

/** Small fragments, several partitions, both kinds of collections, so that a run takes every kind of step. */
const OPTIONS = { fragmentBytes: 130, openFragmentsMax: 3 }

async function lakeToFile(): Promise<Lake> {
  const lake = await newLake()
  const large = JSON.stringify({ text: 'x'.repeat(300_000) })
  for (let position = 1; position <= 3; position++) {
    const documents = [
      ...events(position, [1, 2, 1, 3].slice(0, position + 1)),
      ...(position === 3 ? [{ partition: 'vendor=9', text: large }] : []),
    ]
    // Two sections, so that a fragment could wrongly end between them.
    lake.log.append([section(EVENTS, documents.slice(0, 2)), section(EVENTS, documents.slice(2))])
    const outputs = documents.map(({ text }, i) => ({ partition: '', text, source: [position, i] as [number, number] }))
    lake.store.publish(PROFILES, outputs, { after: position - 1, through: position })
  }
  return lake
}

/** Files until the step of this number (from 1) and crashes there; resolves to the steps taken. */
async function crashAt(lake: Lake, stepNumber: number): Promise<LakeStep[]> {
  const steps: LakeStep[] = []
  const onStep = (step: LakeStep) => {
    steps.push(step)
    if (steps.length === stepNumber) throw new Error('crash')
  }
  await fileAll(lake, { ...OPTIONS, onStep }).catch((error: unknown) => {
    expect(String(error)).toBe('Error: crash')
  })
  return steps
}

async function expectWhole(lake: Lake): Promise<void> {
  expect(await journalsOf(lake)).toEqual(expectedJournals(lake))
  expect((await verifyLake(lake)).problems).toEqual([])
  expect(await readdir(join(lake.directory, '.open'))).toEqual([])
}

test('after a crash at any step the lake is the same as without', async () => {
  const seen = new Set<LakeStep>()
  const total = (await crashAt(await lakeToFile(), Number.POSITIVE_INFINITY)).length
  expect(total).toBeGreaterThan(20)
  const stepNumbers = Array.from({ length: total }, (_, i) => i + 1)
  await mapAtOnce(stepNumbers, 8, async (stepNumber) => {
    const lake = await lakeToFile()
    const steps = await crashAt(lake, stepNumber)
    seen.add(steps.at(-1) ?? 'read')
    await fileAll(lake, OPTIONS)
    await expectWhole(lake)
  })
  expect([...seen].toSorted()).toEqual(['compressed', 'published', 'read', 'recorded', 'renamed', 'synced'])
})

test('after any number of crashes, during the repair too, the lake is the same as without', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 2, maxLength: 5 }), async (crashes) => {
      const lake = await lakeToFile()
      for (const stepNumber of crashes) await crashAt(lake, stepNumber)
      await fileAll(lake, OPTIONS)
      await expectWhole(lake)
    }),
    { numRuns: 12 },
  )
})

test('a killed process leaves a lake that the next one completes', async () => {
  const lake = await newLake()
  fillLog(lake.log)
  for (const stepNumber of [3, 11, 12, 13]) await killAt(lake, stepNumber)
  await fileAll(lake, KILLED_OPTIONS)
  await expectWhole(lake)
})

/** Runs the writer in a process of its own and kills it (SIGKILL) once it reports the step of this number. */
async function killAt({ root }: Lake, stepNumber: number): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'lake-killed.fixture.ts'), root], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.on('exit', (_, signal) => resolve(signal)))
  let steps = 0
  for await (const _ of createInterface({ input: child.stdout })) {
    steps++
    if (steps === stepNumber) child.kill('SIGKILL')
  }
  expect(await ended).toBe('SIGKILL')
}
