/**
 * The front-door benchmark with and without segments, in one run: two servers with the same users and the same past, loaded in turns, so
 * that what the machine does meanwhile is the same for both. What counts is the ratio.
 */
import { seededRandom } from '../src/base/random.ts'
import { EventGenerator } from '../src/engine/event-generator/event-generator.ts'
import { introduceAll, median } from './front-door-load.ts'
import { countRun, type Run } from './front-door-runs.ts'
import { type FrontDoorServer, startFrontDoorServer } from './front-door-server.ts'
import { countMoves } from './segment-changes.ts'
import { benchSegments } from './segment-mix.ts'

export type RateOptions = {
  users: number
  segments: number
  /** Pairs of runs at each size. */
  runs: number
  /** About so long each run takes. */
  seconds: number
  /** Events of each user before anything is measured, over the last 90 days. */
  past: number
  /** Events a request. */
  sizes: number[]
  progress: (text: string) => void
}

export type RateOutcome = {
  eventsPerRequest: number
  without: number
  with: number
  ratio: number
  /** Entries and exits an event, with segments. */
  movesPerEvent: number
  cpuUsPerEvent: Record<'without' | 'with', Record<string, number>>
  runs: Record<'without' | 'with', number[]>
}

type Side = { server: FrontDoorServer; live: EventGenerator }

const PAST_MS = 90 * 86_400_000
const CONNECTIONS: Record<number, number> = { 1: 32, 15: 16 }
const CONNECTIONS_DEFAULT = 8
/** Of the run that finds out how many events take `seconds`. */
const TRIAL_EVENTS = 15_000

export async function measureRates({ sizes, ...options }: RateOptions): Promise<RateOutcome[]> {
  const [without, having] = [await openSide(0, options), await openSide(options.segments, options)]
  const outcomes: RateOutcome[] = []
  for (const size of sizes) {
    outcomes.push(await compare({ without, with: having }, size, options))
    options.progress(`${size} a request: ${JSON.stringify(outcomes.at(-1))}`)
  }
  await Promise.all([without.server.close(), having.server.close()])
  return outcomes
}

type SideOptions = Omit<RateOptions, 'sizes'>

async function openSide(segments: number, { users, past, progress }: SideOptions): Promise<Side> {
  const server = await startFrontDoorServer({ segments: benchSegments(segments) })
  let nowMs: number | undefined = Date.now() - PAST_MS
  const total = users * past
  const now = () => (nowMs === undefined ? Date.now() : (nowMs += PAST_MS / (total + 1)))
  const live = new EventGenerator(seededRandom(11), { now, users, areIntroduced: true })
  const introduced = await introduceAll(server, new EventGenerator(seededRandom(12), { now: Date.now, users }), users)
  await server.untilApplied()
  const history = total > 0 ? await countRun(server, live, { eventsPerRequest: 100, connections: 4, count: total }) : undefined
  nowMs = undefined
  progress(
    `${segments} segments: ${introduced.events} users are there; their past was taken at ${history?.appliedPerSecond} events/s`,
  )
  return { server, live }
}

async function compare(
  sides: Record<'without' | 'with', Side>,
  eventsPerRequest: number,
  { runs, seconds }: SideOptions,
): Promise<RateOutcome> {
  const shape = { eventsPerRequest, connections: CONNECTIONS[eventsPerRequest] ?? CONNECTIONS_DEFAULT }
  const run = ({ server, live }: Side, count: number) => countRun(server, live, { ...shape, count })
  const counts = { without: 0, with: 0 }
  for (const side of ['without', 'with'] as const) {
    // What comes first warms the server up for this size and is left out.
    await run(sides[side], TRIAL_EVENTS)
    counts[side] = Math.round((await run(sides[side], TRIAL_EVENTS)).appliedPerSecond * seconds)
  }
  const from = (await sides.with.server.counts()).position
  const all: Record<'without' | 'with', Run[]> = { without: [], with: [] }
  for (let i = 0; i < runs; i++) {
    // Whoever comes first in one pair comes second in the next.
    for (const side of i % 2 === 0 ? (['without', 'with'] as const) : (['with', 'without'] as const))
      all[side].push(await run(sides[side], counts[side]))
  }
  const rates = { without: all.without.map(rateOf), with: all.with.map(rateOf) }
  const moves = await countMoves(sides.with.server.data, from)
  return {
    eventsPerRequest,
    without: median(rates.without),
    with: median(rates.with),
    ratio: Number((median(rates.with) / median(rates.without)).toFixed(2)),
    movesPerEvent: Number((moves / (counts.with * runs)).toFixed(2)),
    cpuUsPerEvent: { without: all.without.at(-1)?.cpuUsPerEvent ?? {}, with: all.with.at(-1)?.cpuUsPerEvent ?? {} },
    runs: rates,
  }
}

function rateOf({ appliedPerSecond }: Run): number {
  return appliedPerSecond
}
