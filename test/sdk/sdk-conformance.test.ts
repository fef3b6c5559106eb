/** Each pinned SDK build, as its users hold it, sends to a real Millrace through a network that fails. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectedEvents } from './expected-events.ts'
import { FAULTS } from './fault-proxy.ts'
import { Lanes } from './lanes.ts'
import { SDK_BUILDS } from './sdk-builds.ts'
import {
  countOf,
  eventAfter,
  LAST,
  REFUSED,
  refusedSource,
  runRefused,
  runThroughFaults,
  type SdkRun,
  timesLogged,
} from './sdk-run.ts'
import { Stage } from './stage.ts'

/** SDKs mostly wait, so there may be more of them than cores. */
const AT_ONCE = 3
/** Of a test: its SDK may stand in line behind all others. */
const TIMEOUT_MS = 240_000

const refusedBuilds = SDK_BUILDS.filter(({ whenRefused }) => whenRefused !== undefined)
const lanes = new Lanes(AT_ONCE)
/** By source. All are started at once; a test waits for its own. */
const runs = new Map<string, Promise<SdkRun>>()
let stage: Stage

beforeAll(async () => {
  stage = await Stage.open([
    ...SDK_BUILDS.map(({ driver, sdk }) => ({ name: driver, sdk })),
    ...refusedBuilds.map(({ driver, sdk }) => ({ name: refusedSource(driver), sdk })),
  ])
  for (const build of SDK_BUILDS) start(build.driver, () => runThroughFaults(build, stage))
  for (const build of refusedBuilds) start(refusedSource(build.driver), () => runRefused(build, stage))
})

afterAll(async () => {
  await Promise.allSettled(runs.values())
  await stage.close()
})

function start(source: string, job: () => Promise<SdkRun>): void {
  const run = lanes.run(job)
  runs.set(source, run)
  // It is the test that fails.
  run.catch(() => {})
}

async function runOf(source: string): Promise<SdkRun> {
  const run = runs.get(source)
  if (!run) throw new Error(`Nothing was started for ${source}.`)
  return await run
}

const LATER_NAMES = new Set([...FAULTS.map((fault) => eventAfter(fault)), LAST])

/** After the six calls. */
function isLater({ name = '' }: { name?: string }): boolean {
  return LATER_NAMES.has(name)
}

describe.each(SDK_BUILDS)('$driver', { timeout: TIMEOUT_MS }, (build) => {
  test('its calls arrive as canonical events', async () => {
    const { stored } = await runOf(build.driver)
    const events = build.calls.map((call) => stored.applied.find((event) => event.type === call && !isLater(event)))
    expect(events).toEqual(expectedEvents(build))
    expect(stored.applied.filter(({ corrections }) => corrections !== undefined)).toEqual([])
    expect(stored.quarantined).toEqual([])
  })

  test('a request that is refused or cut off is made again and stored once, where the SDK tries again', async () => {
    const { stored, passages } = await runOf(build.driver)
    const names = FAULTS.map((fault) => eventAfter(fault))
    const counts = Object.fromEntries([...names, LAST].map((name) => [name, countOf(stored.applied, name)]))
    const expected = FAULTS.map((fault) => [eventAfter(fault), build.losesAfter.includes(fault) ? 0 : 1])
    expect(counts).toEqual({ ...Object.fromEntries(expected), [LAST]: 1 })
    expect(FAULTS.map((fault) => countOf(stored.logged, eventAfter(fault)))).toEqual(
      FAULTS.map((fault) => timesLogged(build, fault)),
    )
    expect(stored.applied).toHaveLength(new Set(stored.applied.map(({ id }) => id)).size)
    expect(passages.flatMap(({ fault }) => fault ?? [])).toEqual(FAULTS)
    expect(passages.filter(({ status = 200 }) => status >= 300)).toEqual([])
  })

  test('its process lives as long as it is wanted, and asks nobody but Millrace', async () => {
    const { ending } = await runOf(build.driver)
    expect(ending).toMatchObject({ exitCode: 0, signal: null, attempts: [] })
  })
})

describe.each(refusedBuilds)('$driver, refused again and again', { timeout: TIMEOUT_MS }, (build) => {
  const { driver, whenRefused } = build

  test('its process lives on, and what it keeps is stored once', async () => {
    const { stored, passages, lost, ending } = await runOf(refusedSource(driver))
    const refusals = passages.filter(({ fault }) => fault !== undefined)
    expect(ending).toMatchObject({ exitCode: 0, signal: null, attempts: [] })
    expect(countOf(stored.applied, LAST)).toBe(1)
    if (whenRefused && 'givesUpAfter' in whenRefused) {
      expect(refusals).toHaveLength(whenRefused.givesUpAfter)
      expect(lost).toHaveLength(1)
      expect(countOf(stored.applied, REFUSED)).toBe(0)
    } else {
      expect(lost).toEqual([])
      expect(countOf(stored.applied, REFUSED)).toBe(1)
    }
  })
})

test('none of it meets a defect of Millrace', { timeout: TIMEOUT_MS }, async () => {
  await Promise.allSettled(runs.values())
  expect(stage.errors).toBe('')
})
