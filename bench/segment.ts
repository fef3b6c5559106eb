/**
 * The whole segment example: durable log, validation, three derivations, both SQLite tables, the lake.
 * `npm run bench segment -- --events 5000000 [--users 1000000] [--oracle]`
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startEngine, type Engine } from '../src/runtime/engine.ts'
import { lineChunks } from './line-chunks.ts'
import { segmentFile } from './segment-file.ts'
import { perEvent, threadTimes } from './thread-times.ts'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '5000000' },
    users: { type: 'string', default: '1000000' },
    json: { type: 'boolean', default: false },
  },
})
const events = Number(values.events)
const users = Number(values.users)

/** The feeder keeps at most so many documents ahead of the tables, so that the log does not simply swallow the file first. */
const AHEAD_MAX = 1_000_000
const COLLECTION = 'examples/segment/events'
const SAMPLE_MS = 20

type Sample = { atMs: number; documents: number; residentMb: number }

async function main(): Promise<void> {
  const file = await segmentFile(events, users)
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  cpSync('examples/segment', join(folder, 'segment'), { recursive: true, filter: (path) => !/\.db/.test(path) })
  const engine = await startEngine({ catalog: join(folder, 'segment'), data: join(folder, 'data'), port: 0 })
  const cpuBefore = process.cpuUsage()
  const threadsBefore = threadTimes()
  const startedAt = performance.now()
  const follower = new Follower(engine, startedAt)
  const sampler = setInterval(() => follower.sample(), SAMPLE_MS)
  for await (const lines of lineChunks(file)) {
    await follower.untilBehindBy(AHEAD_MAX)
    const batch = engine.ingest.prepare(COLLECTION)
    for (const line of lines) {
      const refusals = batch.addText(line)
      if (refusals) throw new Error(JSON.stringify(refusals))
    }
    follower.accept(lines.length, engine.ingest.append([batch]))
  }
  const acceptedMs = performance.now() - startedAt
  await follower.untilBehindBy(0)
  const totalMs = performance.now() - startedAt
  clearInterval(sampler)
  const cpu = process.cpuUsage(cpuBefore)
  const threadUs = perEvent(threadsBefore, threadTimes(), events)
  const stopAt = performance.now()
  await engine.stop()
  report({ follower, acceptedMs, totalMs, cpuUs: cpu.user + cpu.system, threadUs, stopMs: performance.now() - stopAt })
  rmSync(folder, { recursive: true })
}

/** Follows how many documents both tables reflect. */
class Follower {
  samples: Sample[] = []
  #engine: Engine
  #startedAt: number
  #counts: { position: number; documents: number }[] = []
  #accepted = 0
  #done = 0

  constructor(engine: Engine, startedAt: number) {
    this.#engine = engine
    this.#startedAt = startedAt
  }

  accept(documents: number, receipt: Promise<{ position: number }>): void {
    this.#accepted += documents
    void receipt.then(({ position }) => this.#counts.push({ position, documents }))
  }

  async untilBehindBy(documents: number): Promise<void> {
    while (this.#accepted - this.#done > documents)
      await new Promise((resolve) => setTimeout(resolve, 5)).then(() => this.sample())
  }

  sample(): void {
    const { apply, materializations } = this.#engine.status()
    if (apply.state === 'stopped' || apply.stopped?.length) throw new Error(JSON.stringify(apply))
    const positions = Object.values(materializations).flatMap((task) => {
      if (task.state === 'stopped') throw new Error(task.message)
      return task.bindings?.map(({ position }) => position) ?? [0]
    })
    const reached = Math.min(...positions)
    while ((this.#counts[0]?.position ?? Number.POSITIVE_INFINITY) <= reached) this.#done += this.#counts.shift()?.documents ?? 0
    const { residentBytes } = this.#engine.status().memory
    this.samples.push({
      atMs: performance.now() - this.#startedAt,
      documents: this.#done,
      residentMb: residentBytes / 1024 / 1024,
    })
  }

  /** Events a second between two counts, by when the tables had passed them. */
  rateBetween(from: number, to: number): number {
    const at = (documents: number) => {
      const after = this.samples.find((sample) => sample.documents >= documents) ??
        this.samples.at(-1) ?? { atMs: 0, documents: 0 }
      const before = this.samples.findLast((sample) => sample.documents < documents) ?? { atMs: 0, documents: 0 }
      const share = (documents - before.documents) / Math.max(1, after.documents - before.documents)
      // Tables advance by whole transactions: within one, progress is taken as even.
      const lastChange = this.samples.find((sample) => sample.documents === before.documents)?.atMs ?? 0
      return lastChange + share * (after.atMs - lastChange)
    }
    return ((to - from) * 1000) / (at(to) - at(from))
  }
}

type Outcome = {
  follower: Follower
  acceptedMs: number
  totalMs: number
  cpuUs: number
  threadUs: Record<string, number>
  stopMs: number
}

function report({ follower, acceptedMs, totalMs, cpuUs, threadUs, stopMs }: Outcome): void {
  const million = Math.min(1_000_000, Math.floor(events / 2))
  const outcome = {
    node: process.version,
    events,
    users,
    perSecond: Math.round((events * 1000) / totalMs),
    firstMillionPerSecond: Math.round(follower.rateBetween(0, million)),
    lastMillionPerSecond: Math.round(follower.rateBetween(events - million, events)),
    peakResidentMb: Math.round(Math.max(...follower.samples.map(({ residentMb }) => residentMb))),
    cpuUsPerEvent: Number((cpuUs / events).toFixed(2)),
    cpuUsPerEventByThread: threadUs,
    acceptedSeconds: Number((acceptedMs / 1000).toFixed(1)),
    totalSeconds: Number((totalMs / 1000).toFixed(1)),
    stopSeconds: Number((stopMs / 1000).toFixed(1)),
  }
  console.log(values.json ? JSON.stringify(outcome) : outcome)
}

await main()
