/** The runs of the front-door benchmark: each loads the server, waits until all is applied, and says what it took. */
import { execFile } from 'node:child_process'
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setInterval as every } from 'node:timers/promises'
import { promisify } from 'node:util'
import { systemClock } from '../src/base/clock.ts'
import { writeLines } from '../src/cli/generate.ts'
import type { EventGenerator } from '../src/engine/event-generator/event-generator.ts'
import { fixedLoad, fullLoad, type Load, quantile } from './front-door-load.ts'
import type { EventCounts, FrontDoorServer } from './front-door-server.ts'
import { perEvent, threadTimes, TICKS_PER_SECOND } from './thread-times.ts'

export type Run = {
  requestsPerSecond: number
  acceptedPerSecond: number
  /** From the first request until everything is applied. */
  appliedPerSecond: number
  answerMsP50: number
  answerMsP99: number
  lagMsMax: number
  deferred: number
  /** Of the server by thread; of what sends, under `load`. */
  cpuUsPerEvent: Record<string, number>
}

export type LoadShape = { eventsPerRequest: number; connections: number; seconds: number }

export function fullRun(server: FrontDoorServer, events: EventGenerator, { seconds, ...shape }: LoadShape): Promise<Run> {
  const until = performance.now() + seconds * 1000
  const isOver = () => performance.now() >= until
  return measure(server, () => fullLoad(server, { ...shape, nextEvent: () => events.next(), isOver }))
}

type CountShape = Omit<LoadShape, 'seconds'> & { count: number }

/** As fast as it goes, so many events (whole requests), however long it takes. */
export function countRun(server: FrontDoorServer, events: EventGenerator, { count, ...shape }: CountShape): Promise<Run> {
  let sent = 0
  const isOver = () => {
    sent += shape.eventsPerRequest
    return sent > count
  }
  return measure(server, () => fullLoad(server, { ...shape, nextEvent: () => events.next(), isOver }))
}

type FixedShape = LoadShape & { requestsPerSecond: number }

export function fixedRun(server: FrontDoorServer, events: EventGenerator, shape: FixedShape): Promise<Run> {
  return measure(server, () => fixedLoad(server, { ...shape, nextEvent: () => events.next() }))
}

const run = promisify(execFile)

/** `millrace ingest events` on a file of so many events that were never sent before. */
export async function fileRun(server: FrontDoorServer, events: EventGenerator, count: number): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const path = join(folder, 'events.ndjson')
  const out = createWriteStream(path)
  await writeLines(out, { clock: systemClock, count, nextLine: () => events.next() })
  await once(out.end(), 'finish')
  const outcome = await measure(server, async (): Promise<Load> => {
    const startedAt = performance.now()
    const args = ['bin/millrace.mjs', 'ingest', 'events', path, '--url', server.url, '--json']
    const { stdout } = await run(process.execPath, args, { env: { ...process.env, MILLRACE_WRITE_KEY: server.writeKey } })
    const { accepted } = JSON.parse(stdout) as { accepted: number }
    return { requests: 0, events: accepted, elapsedMs: performance.now() - startedAt, answerMs: [], deferred: 0 }
  })
  rmSync(folder, { recursive: true })
  return outcome
}

/** How many repeats the server has dropped, and how many of the events that it got were repeats. */
export async function repeatRun(
  server: FrontDoorServer,
  events: EventGenerator,
  shape: LoadShape,
): Promise<{ sent: number; dropped: number; run: Run }> {
  const before = await server.counts()
  const sentBefore = events.repeats
  const outcome = await fullRun(server, events, shape)
  const after = await server.counts()
  return { sent: events.repeats - sentBefore, dropped: after.repeated - before.repeated, run: outcome }
}

async function measure(server: FrontDoorServer, send: () => Promise<Load>): Promise<Run> {
  const before = await server.untilApplied()
  const threadsBefore = threadTimes(server.pid)
  const loadBefore = loadCpuSeconds()
  const lag = new LagWatch(server.counts)
  const startedAt = performance.now()
  const load = await send()
  const after = await server.untilApplied()
  const totalMs = performance.now() - startedAt
  requireAll(load, before, after)
  const threads = perEvent(threadsBefore, threadTimes(server.pid), load.events)
  return {
    requestsPerSecond: perSecond(load.requests, load.elapsedMs),
    acceptedPerSecond: perSecond(load.events, load.elapsedMs),
    appliedPerSecond: perSecond(load.events, totalMs),
    answerMsP50: quantile(load.answerMs, 0.5),
    answerMsP99: quantile(load.answerMs, 0.99),
    lagMsMax: Math.round(await lag.stop()),
    deferred: load.deferred,
    cpuUsPerEvent: { ...threads, load: Number((((loadCpuSeconds() - loadBefore) * 1e6) / load.events).toFixed(2)) },
  }
}

function requireAll({ events }: Load, before: EventCounts, after: EventCounts): void {
  const applied = after.events - before.events
  if (applied !== events) throw new Error(`${events} events were answered as accepted, the server has applied ${applied}.`)
}

function perSecond(count: number, ms: number): number {
  return Math.round((count * 1000) / ms)
}

/** Of this process and of the commands that it ran to their end, but not of the server, which runs on. Linux only; elsewhere 0. */
function loadCpuSeconds(): number {
  if (!existsSync('/proc/self/stat')) return 0
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  // utime, stime, cutime, cstime of proc(5), in ticks.
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) / TICKS_PER_SECOND, 0)
}

const WATCH_MS = 200

/** The longest lag that the status has shown. */
class LagWatch {
  #max = 0
  readonly #ended = new AbortController()
  readonly #watching: Promise<void>

  constructor(counts: () => Promise<EventCounts>) {
    this.#watching = this.#watch(counts)
  }

  async stop(): Promise<number> {
    this.#ended.abort()
    await this.#watching
    return this.#max
  }

  async #watch(counts: () => Promise<EventCounts>): Promise<void> {
    try {
      for await (const _ of every(WATCH_MS, undefined, { signal: this.#ended.signal }))
        this.#max = Math.max(this.#max, (await counts()).lagMs)
    } catch (error) {
      if (!this.#ended.signal.aborted) throw error
    }
  }
}
