/** What is done with each SDK, and what came of it. */
import { type Fault, FAULTS, FaultProxy, type Passage } from './fault-proxy.ts'
import type { SdkBuild } from './sdk-builds.ts'
import { type Ending, SdkProcess } from './sdk-process.ts'
import { type Stage, writeKeyFor } from './stage.ts'
import type { Stored } from './stored-events.ts'
import { until } from './until.ts'

export type SdkRun = {
  stored: Stored
  passages: Passage[]
  /** What the SDK reported as given up. */
  lost: string[]
  ending: Ending
}

/** Name of the event that meets a fault. */
export const eventAfter = (fault: string): string => `After ${fault}`
export const REFUSED = 'Refused again and again'
/** The last one: it shows that the SDK goes on, and that what came before is over. */
export const LAST = 'Afterwards'

/** The source of the run against a server that keeps refusing. */
export const refusedSource = (driver: string): string => `${driver}-refused`

/** The six calls, then one event for each fault, each when the one before is over. */
export async function runThroughFaults(build: SdkBuild, stage: Stage): Promise<SdkRun> {
  return await withSdk({ build, source: build.driver, stage }, async ({ sdk, proxy, arrived }) => {
    await sdk.order({ call: 'six calls' })
    await arrived('all calls', ({ applied }) => applied.length >= build.calls.length)
    for (const fault of FAULTS) {
      const event = eventAfter(fault)
      proxy.plan(event, [fault])
      await sdk.order({ call: 'track', event })
      await until(
        `${fault} on the way`,
        () => proxy.passagesOf(event).length > 0,
        () => proxy.passages,
      )
      if (build.losesAfter.includes(fault)) continue
      const logged = timesLogged(build, fault)
      await arrived(event, (stored) => countOf(stored.applied, event) > 0 && countOf(stored.logged, event) >= logged)
    }
  })
}

/** One event that is refused with 429 until the SDK gives it up, or as often as the SDK shall stand it. */
export async function runRefused(build: SdkBuild, stage: Stage): Promise<SdkRun> {
  const { whenRefused } = build
  if (!whenRefused) throw new Error(`${build.driver} is not made to be refused.`)
  return await withSdk({ build, source: refusedSource(build.driver), stage }, async ({ sdk, proxy, arrived }) => {
    proxy.plan(
      REFUSED,
      Array.from({ length: REFUSALS_MAX }, () => 'rate limited' as const),
    )
    await sdk.order({ call: 'track', event: REFUSED })
    const refusals = () => proxy.passagesOf(REFUSED).length
    if ('givesUpAfter' in whenRefused) {
      await until('given up', () => sdk.lost.length > 0, refusals)
      proxy.plan(REFUSED, [])
    } else {
      await until('refused so often', () => refusals() >= whenRefused.stillThereAfter, refusals)
      proxy.plan(REFUSED, [])
      await arrived(REFUSED, ({ applied }) => countOf(applied, REFUSED) > 0)
    }
  })
}

/** How often the log has the event that met the fault: twice, where the SDK repeats what had been taken. */
export function timesLogged({ losesAfter }: SdkBuild, fault: Fault): number {
  if (losesAfter.includes(fault)) return 0
  return fault === 'cut after' && !losesAfter.includes('cut before') ? 2 : 1
}

/** More than any SDK tries while the test waits. */
const REFUSALS_MAX = 100

export function countOf(events: readonly { name?: string }[], name: string): number {
  return events.filter((event) => event.name === name).length
}

type Cast = { build: SdkBuild; source: string; stage: Stage }
type Scene = {
  sdk: SdkProcess
  proxy: FaultProxy
  arrived: (what: string, isSo: (stored: Stored) => boolean) => Promise<void>
}

/** Plays a scene with an SDK, then sends the last event and lets it end. */
async function withSdk({ build, source, stage }: Cast, play: (scene: Scene) => Promise<void>): Promise<SdkRun> {
  const { driver, sdk: family } = build
  const proxy = await FaultProxy.start(stage.url)
  const writeKey = writeKeyFor({ name: source, sdk: family })
  const { clientKey, folder } = stage
  const sdk = new SdkProcess({ driver, host: proxy.url, writeKey, clientKey, run: source, folder })
  const arrived: Scene['arrived'] = async (what, isSo) => await stage.events.until(source, what, isSo)
  try {
    await play({ sdk, proxy, arrived })
    await sdk.order({ call: 'track', event: LAST })
    await arrived(LAST, ({ applied }) => countOf(applied, LAST) > 0)
    const ending = await sdk.close()
    return { stored: stage.events.of(source), passages: proxy.passages, lost: sdk.lost, ending }
  } finally {
    sdk.kill()
    await proxy.close()
  }
}
