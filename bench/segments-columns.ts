/**
 * Questions about everybody: previews over all users and all of their events, and the backfill of new segments with memberships stored,
 * while events come in. The data are made by the real path (events sent to a server), which takes longest; with a folder to keep them in,
 * the next run begins with them.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from '../src/base/random.ts'
import { EventGenerator } from '../src/engine/event-generator/event-generator.ts'
import { fixedLoad, introduceAll, median, quantile } from './front-door-load.ts'
import { countRun } from './front-door-runs.ts'
import { type FrontDoorServer, startFrontDoorServer } from './front-door-server.ts'
import type { BenchSegment } from './segment-mix.ts'
import { perEvent, threadTimes } from './thread-times.ts'

export type ColumnsOptions = {
  users: number
  events: number
  /** Of each question, after two that warm up. */
  runs: number
  /** While segments are filled. */
  perSecond: number
  /** Where the data are kept, and found. */
  data?: string
  progress: (text: string) => void
}

export type Question = { question: string; goalMs: number; medianMs: number; slowestMs: number; count: number }
/** `cpuSeconds`: by thread; what comes in meanwhile is among it. */
export type Backfill = {
  segment: string
  seconds: number
  members: number
  answerMsP99: number
  cpuSeconds: Record<string, number>
}

export type ColumnsOutcome = {
  users: number
  events: number
  /** Until everybody and everything is in the columns. */
  madeSeconds: number
  questions: Question[]
  backfills: Backfill[]
}

const PAST_MS = 180 * 86_400_000
const WARM_RUNS = 2
/** A backfill that takes longer is broken. */
const PATIENCE_MS = 600_000

const trait = { property: { key: 'mrr' }, operator: 'is_greater_than', options: { value: [5_000] } }
const ordered = { property: { key: 'event' }, operator: 'is_at_least', options: { eventName: 'Order Completed', count: 2 } }
const orderedLately = { ...ordered, options: { ...ordered.options, count: 1, timeframe: 'less_than', days: 30 } }

const QUESTIONS: { question: string; goalMs: number; segment: BenchSegment }[] = [
  { question: 'a trait', goalMs: 100, segment: { name: 'Trait', predicate: { type: 'all', predicates: [trait] } } },
  {
    question: 'a trait, and events in 30 days',
    goalMs: 500,
    segment: { name: 'Lately', predicate: { type: 'all', predicates: [trait, orderedLately] } },
  },
  {
    question: 'a trait, and events over all time',
    goalMs: 3_000,
    segment: { name: 'Ever', predicate: { type: 'all', predicates: [trait, ordered] } },
  },
]

export async function measureColumns(options: ColumnsOptions): Promise<ColumnsOutcome> {
  const { data, users, events, progress } = options
  const server = await startFrontDoorServer({ ...(data !== undefined && { data }), lakeFlushMs: 5_000 })
  await prepare(server, options)
  const startedAt = performance.now()
  await preview(server, QUESTIONS[0]?.segment)
  const madeSeconds = Math.round((performance.now() - startedAt) / 1000)
  progress(`The columns were made in ${madeSeconds} s.`)
  const questions: Question[] = []
  for (const one of QUESTIONS) questions.push(await ask(server, one, options))
  progress(JSON.stringify(questions))
  const backfills: Backfill[] = []
  for (const { question, segment } of QUESTIONS) {
    const filled = await backfill(server, { question, segment }, options)
    progress(JSON.stringify(filled))
    backfills.push(filled)
  }
  await server.close()
  return { users, events, madeSeconds, questions, backfills }
}

async function prepare(server: FrontDoorServer, { users, events: count, progress }: ColumnsOptions): Promise<void> {
  const notePath = join(server.data, 'bench-columns.json')
  const note = JSON.stringify({ users, events: count })
  if (existsSync(notePath)) {
    const found = readFileSync(notePath, 'utf8')
    if (found !== note) throw new Error(`The folder "${server.data}" has other data: ${found}. Name another, or delete it.`)
    return
  }
  const startedAt = performance.now()
  let nowMs = Date.now() - PAST_MS
  const events = new EventGenerator(seededRandom(13), {
    now: () => (nowMs += PAST_MS / (count + users + 1)),
    users,
    areIntroduced: true,
  })
  await introduceAll(server, events, users)
  await server.untilApplied()
  progress(`${users} users are there after ${Math.round((performance.now() - startedAt) / 1000)} s.`)
  const { appliedPerSecond } = await countRun(server, events, { eventsPerRequest: 100, connections: 8, count })
  progress(`${count} events are there, ${appliedPerSecond} a second.`)
  writeFileSync(notePath, note)
}

async function ask(
  server: FrontDoorServer,
  { question, goalMs, segment }: (typeof QUESTIONS)[number],
  { runs }: ColumnsOptions,
): Promise<Question> {
  const took: number[] = []
  let count = 0
  for (let i = 0; i < WARM_RUNS + runs; i++) {
    const startedAt = performance.now()
    count = await preview(server, segment)
    if (i >= WARM_RUNS) took.push(performance.now() - startedAt)
  }
  return { question, goalMs, medianMs: median(took), slowestMs: quantile(took, 1), count }
}

/** How many match. Answered with `server_busy` or the like while the columns are made: asked again. */
async function preview({ url }: FrontDoorServer, segment: BenchSegment | undefined): Promise<number> {
  const until = Date.now() + PATIENCE_MS
  for (;;) {
    const response = await fetch(`${url}/segments/preview`, {
      method: 'POST',
      headers: JSON_HEADERS,
      body: JSON.stringify(segment),
    })
    const answer = (await response.json()) as { count?: number }
    if (answer.count !== undefined) return answer.count
    if (response.status < 500 || Date.now() > until)
      throw new Error(`A preview was answered with ${response.status}: ${JSON.stringify(answer)}`)
    await sleep(100)
  }
}

const JSON_HEADERS = { 'content-type': 'application/json' }

type Filled = { question: string; segment: BenchSegment }

async function backfill(
  server: FrontDoorServer,
  { question, segment }: Filled,
  { users, perSecond }: ColumnsOptions,
): Promise<Backfill> {
  const id = `backfill-${Date.now()}`
  let isOver = false
  const events = new EventGenerator(seededRandom(Date.now()), { now: Date.now, users, areIntroduced: true })
  const answerMs: number[] = []
  const loading = (async () => {
    while (!isOver) {
      const load = await fixedLoad(server, {
        connections: 8,
        eventsPerRequest: 10,
        requestsPerSecond: perSecond / 10,
        seconds: 1,
        nextEvent: () => events.next(),
      })
      answerMs.push(...load.answerMs)
    }
  })()
  const startedAt = performance.now()
  const threadsBefore = threadTimes(server.pid)
  const response = await fetch(`${server.url}/segments/${id}`, {
    method: 'PUT',
    headers: JSON_HEADERS,
    body: JSON.stringify(segment),
  })
  if (!response.ok) throw new Error(`The segment was answered with ${response.status}: ${await response.text()}`)
  const members = await untilLive(server, id)
  const seconds = (performance.now() - startedAt) / 1000
  const cpuSeconds = perEvent(threadsBefore, threadTimes(server.pid), 1e6)
  isOver = true
  await loading
  await requireExact(server, { id, segment })
  return { segment: question, seconds: Number(seconds.toFixed(1)), members, answerMsP99: quantile(answerMs, 0.99), cpuSeconds }
}

/** Members and preview are the same when nothing comes; who leaves between two looks by time alone is given a second chance. */
async function requireExact(server: FrontDoorServer, { id, segment }: { id: string; segment: BenchSegment }): Promise<void> {
  let told = ''
  for (let look = 0; look < 5; look++) {
    await server.untilApplied()
    const members = await untilLive(server, id)
    const count = await preview(server, segment)
    if (members === count) return
    told = `Segment "${id}" has ${members} members, its preview has ${count}.`
    await sleep(1_000)
  }
  throw new Error(told)
}

async function untilLive({ url }: FrontDoorServer, id: string): Promise<number> {
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until; await sleep(100)) {
    const { state, members } = (await (await fetch(`${url}/segments/${id}`)).json()) as { state: string; members: number }
    if (state === 'live') return members
  }
  throw new Error(`Segment "${id}" is not filled after ${PATIENCE_MS / 1000} s.`)
}
