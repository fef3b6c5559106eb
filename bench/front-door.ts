/**
 * Tracked events through the whole path – durable, deduplicated, identity, traits, timeline – from another process on the same
 * machine: at 1, 15 and 100 events a request, from a file, and with repeats. `npm run bench front-door -- --only 15,file`
 * With `--users 5000000 --only 100` the cost of growth: five million introductions take minutes, so it is not part of all.
 */
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { seededRandom } from '../src/base/random.ts'
import { textTable } from '../src/cli/text-table.ts'
import { type Draw, DRAWS, EventGenerator } from '../src/engine/event-generator/event-generator.ts'
import { introduceAll, median } from './front-door-load.ts'
import { fileRun, fixedRun, fullRun, repeatRun, type Run } from './front-door-runs.ts'
import { startFrontDoorServer } from './front-door-server.ts'

const { values } = parseArgs({
  options: {
    users: { type: 'string', default: '100000' },
    draw: { type: 'string', default: 'uniform' },
    /** Sizes and phases, separated by commas. */
    only: { type: 'string', default: '1,15,100,file,repeats' },
    runs: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '8' },
    fileEvents: { type: 'string', default: '1000000' },
    json: { type: 'boolean', default: false },
  },
})
const users = Number(values.users)
const runs = Number(values.runs)
const seconds = Number(values.seconds)
const phases = values.only.split(',')
const draw: Draw = DRAWS.find((known) => known === values.draw) ?? 'uniform'

/** By events a request: connections that keep the server busy, and goals in events a second. */
const SIZES = [
  { eventsPerRequest: 1, connections: 32, goal: 3_000 },
  { eventsPerRequest: 15, connections: 16, goal: 20_000 },
  { eventsPerRequest: 100, connections: 8, goal: 40_000 },
] as const
const FILE_GOAL = 60_000
const ANSWER_MS_GOAL = 50
const REPEAT_SHARE = 0.05

type SizeOutcome = { eventsPerRequest: number; goal: number; full: Run; half: Run; runs: Run[] }

const now = () => Date.now()
const events = new EventGenerator(seededRandom(11), { now, users, draw, areIntroduced: true })
const server = await startFrontDoorServer()
const introducing = await introduceAll(server, events, users)
await server.untilApplied()
progress(
  `${users} users of 20 traits each are there, ${Math.round((introducing.events * 1000) / introducing.elapsedMs)} accepted a second`,
)

const sizes: SizeOutcome[] = []
for (const size of SIZES) if (phases.includes(`${size.eventsPerRequest}`)) sizes.push(await runSize(size))
const file = phases.includes('file') ? await runFile() : undefined
const repeats = phases.includes('repeats') ? await runRepeats() : undefined
const peakResidentMb = server.peakResidentMb()
await server.close()
report()

async function runSize({ goal, ...shape }: (typeof SIZES)[number]): Promise<SizeOutcome> {
  // What comes first warms both processes up for this size and is left out.
  await fullRun(server, events, { ...shape, seconds: Math.min(seconds, 3) })
  const all = await repeated(() => fullRun(server, events, { ...shape, seconds }))
  const full = medianRun(all)
  const reached = Math.min(full.acceptedPerSecond, full.appliedPerSecond)
  const requestsPerSecond = reached / 2 / shape.eventsPerRequest
  // Far more connections than are busy at half of the load, so that none is waited for.
  const half = medianRun(
    await repeated(() => fixedRun(server, events, { ...shape, connections: 4 * shape.connections, seconds, requestsPerSecond })),
  )
  progress(`${shape.eventsPerRequest} a request: ${JSON.stringify({ full, half })}`)
  return { eventsPerRequest: shape.eventsPerRequest, goal, full, half, runs: all }
}

async function runFile(): Promise<Run> {
  const outcome = medianRun(await repeated(() => fileRun(server, events, Number(values.fileEvents))))
  progress(`from a file: ${JSON.stringify(outcome)}`)
  return outcome
}

async function runRepeats(): Promise<Awaited<ReturnType<typeof repeatRun>>> {
  const repeating = new EventGenerator(seededRandom(12), { now, users, draw, areIntroduced: true, repeatShare: REPEAT_SHARE })
  const outcome = await repeatRun(server, repeating, { eventsPerRequest: 15, connections: 16, seconds })
  if (outcome.sent !== outcome.dropped) throw new Error(`${outcome.sent} repeats were sent, ${outcome.dropped} were dropped.`)
  progress(`repeats: ${JSON.stringify(outcome)}`)
  return outcome
}

async function repeated(once: () => Promise<Run>): Promise<Run[]> {
  const all: Run[] = []
  for (let i = 0; i < runs; i++) all.push(await once())
  return all
}

/** The run in the middle by the rate over all. */
function medianRun(all: readonly Run[]): Run {
  const sorted = all.toSorted((a, b) => a.appliedPerSecond - b.appliedPerSecond)
  const [middle = sorted[0]] = sorted.slice(Math.floor((sorted.length - 1) / 2))
  if (middle === undefined) throw new Error('At least one run is needed.')
  const deferred = all.reduce((sum, each) => sum + each.deferred, 0)
  return { ...middle, answerMsP99: median(all.map(({ answerMsP99 }) => answerMsP99)), deferred }
}

/** On stderr, so that stdout is the result. */
function progress(text: string): void {
  process.stderr.write(`${text}\n`)
}

function report(): void {
  const outcome = { node: process.version, users, draw, seconds, runs, sizes, file, repeats, peakResidentMb }
  if (values.json) return console.log(JSON.stringify(outcome))
  console.log(
    `\n${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}; the load runs on the same machine.` +
      `\n${users} users of 20 traits, drawn ${draw}; per size ${runs} runs of ${seconds} s at full load, then ${runs} at half of it; medians.` +
      `\nFull load: each connection sends when it is answered; the rate counts until all is applied. Half: a fixed rate, answers count from when due.\n`,
  )
  console.log(textTable([...sizes.map(sizeRow), ...(file ? [fileRow(file)] : [])]))
  if (repeats)
    console.log(
      `\n${repeats.sent} repeats (${REPEAT_SHARE * 100} %) were sent and dropped, at ${repeats.run.appliedPerSecond} events/s.`,
    )
  console.log(`Peak memory of the server ${peakResidentMb} MiB. Processor time per event, µs by thread:`)
  for (const { eventsPerRequest, full } of sizes)
    console.log(`  ${eventsPerRequest} a request: ${JSON.stringify(full.cpuUsPerEvent)}`)
  if (file) console.log(`  from a file: ${JSON.stringify(file.cpuUsPerEvent)}`)
}

function sizeRow({ eventsPerRequest, goal, full, half }: SizeOutcome): Record<string, unknown> {
  const reached = Math.min(full.acceptedPerSecond, full.appliedPerSecond)
  return {
    'events a request': `${eventsPerRequest}`,
    'goal events/s': goal,
    'reached events/s': reached,
    verdict: verdict(reached, goal),
    'accepted events/s': full.acceptedPerSecond,
    'requests/s': full.requestsPerSecond,
    'p50 ms': full.answerMsP50,
    'p99 ms': full.answerMsP99,
    'lag max ms': full.lagMsMax,
    deferred: full.deferred,
    'half: p50 ms': half.answerMsP50,
    [`half: p99 ms (≤ ${ANSWER_MS_GOAL})`]: half.answerMsP99,
    'half: lag max ms': half.lagMsMax,
  }
}

function fileRow(outcome: Run): Record<string, unknown> {
  const reached = Math.min(outcome.acceptedPerSecond, outcome.appliedPerSecond)
  return {
    'events a request': 'file',
    'goal events/s': FILE_GOAL,
    'reached events/s': reached,
    verdict: verdict(reached, FILE_GOAL),
    'accepted events/s': outcome.acceptedPerSecond,
    'lag max ms': outcome.lagMsMax,
  }
}

function verdict(reached: number, goal: number): string {
  return reached >= goal ? 'goal' : reached >= goal / 2 ? 'above the floor' : 'BELOW THE FLOOR'
}
