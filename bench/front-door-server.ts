/** A Millrace of its own process with one source, as the front-door benchmark loads it, and how far it says it has come. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ServerProcess } from '../test/crash/server-process.ts'
import type { BenchSegment } from './segment-mix.ts'
import { cpuSeconds } from './thread-times.ts'

export type EventCounts = {
  /** Inputs since the server started; ticks of its clock are among them. */
  accepted: number
  applied: number
  lagMs: number
  /** Since the data directory began; `repeated` ones are among them. */
  events: number
  repeated: number
  /** Of the log, up to which all is applied. */
  position: number
}

export type FrontDoorServer = {
  url: string
  writeKey: string
  pid: number
  /** The data directory. */
  data: string
  counts: () => Promise<EventCounts>
  /** Resolves with the counts when all that was accepted is applied. */
  untilApplied: () => Promise<EventCounts>
  /** Resolves when what follows behind `apply` (the lake, the columns) is done as well, and the process does next to nothing. */
  untilAtRest: () => Promise<void>
  /** The most memory that the process has had, in MiB. */
  peakResidentMb: () => number
  close: () => Promise<void>
}

export type FrontDoorOptions = {
  /** By id; applied before anything comes, so that there is no history to look at. */
  segments?: Record<string, BenchSegment>
  /** Data directory that stays; else it goes with the server. */
  data?: string
  lakeFlushMs?: number
}

export async function startFrontDoorServer(options: FrontDoorOptions = {}): Promise<FrontDoorServer> {
  const { segments = {}, lakeFlushMs = 300_000 } = options
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const [catalog, data] = [join(folder, 'catalog'), options.data ?? join(folder, 'data')]
  mkdirSync(catalog)
  writeFileSync(join(catalog, 'millrace.yaml'), `sources:\n  web: {}\nsegments: ${JSON.stringify(segments)}\n`)
  const writeKey = createKey(catalog, data)
  const server = await ServerProcess.start({ catalog, data, lakeFlushMs })
  await applySegments(server.url, segments)
  // A benchmark that fails leaves no server behind.
  process.once('exit', () => server.isAlive && process.kill(server.pid))
  const counts = async () => countsOf(await server.status())
  return {
    url: server.url,
    writeKey,
    pid: server.pid,
    data,
    counts,
    untilApplied: () => untilApplied(counts),
    untilAtRest: () => untilAtRest(server.pid),
    peakResidentMb: () => peakResidentMb(server.pid),
    close: async () => {
      await server.stop()
      rmSync(folder, { recursive: true })
    },
  }
}

/** What stands in the catalog is applied by itself at some time; this waits for it. */
async function applySegments(url: string, segments: Record<string, BenchSegment>): Promise<void> {
  if (Object.keys(segments).length === 0) return
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${url}/apply`, { method: 'POST', headers, body: JSON.stringify({ segments }) })
  const answer = (await response.json()) as { isApplied?: boolean }
  if (!response.ok || !answer.isApplied)
    throw new Error(`The segments were not applied: ${JSON.stringify(answer).slice(0, 1_000)}`)
}

function createKey(catalog: string, data: string): string {
  const args = ['bin/millrace.mjs', 'source', 'key', 'create', 'web', '--catalog', catalog, '--data', data, '--json']
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`No write key could be made: ${stderr}`)
  return (JSON.parse(stdout) as { key: string }).key
}

/** Between two looks while waiting; what is waited for takes seconds. */
const LOOK_MS = 20
/** An engine that has not moved for so long never will. */
const STALLED_MS = 120_000

async function untilApplied(counts: () => Promise<EventCounts>): Promise<EventCounts> {
  let [applied, movedAt] = [-1, performance.now()]
  for (;;) {
    const now = await counts()
    if (now.applied >= now.accepted) return now
    if (now.applied > applied) [applied, movedAt] = [now.applied, performance.now()]
    if (performance.now() - movedAt > STALLED_MS) throw new Error(`The engine stands still: ${JSON.stringify(now)}`)
    await sleep(LOOK_MS)
  }
}

/** A second with so little processor time is one of rest; a few in a row are the end. */
const REST = { cpuSeconds: 0.05, seconds: 4, withinSeconds: 600 }

async function untilAtRest(pid: number): Promise<void> {
  let [rested, before] = [0, cpuSeconds(pid)]
  for (let second = 0; rested < REST.seconds; second++) {
    if (second > REST.withinSeconds) throw new Error('The server does not come to rest.')
    await sleep(1_000)
    const now = cpuSeconds(pid)
    rested = now - before < REST.cpuSeconds ? rested + 1 : 0
    before = now
  }
}

type Status = {
  documents: { accepted: number; applied: number; lagMs: number }
  events?: { applied: number; repeated: number; setAside: number }
  apply: { positions?: Record<string, number> }
}

function countsOf(status: unknown): EventCounts {
  // Millrace's own endpoint; its contract test holds it to this.
  const { documents, events, apply } = status as Status
  const { applied, repeated, setAside } = events ?? { applied: 0, repeated: 0, setAside: 0 }
  return {
    ...documents,
    events: applied + repeated + setAside,
    repeated,
    position: Math.max(0, ...Object.values(apply.positions ?? {})),
  }
}

/** Linux only; elsewhere 0. */
function peakResidentMb(pid: number): number {
  const path = `/proc/${pid}/status`
  const [, kilobytes = '0'] = existsSync(path) ? (readFileSync(path, 'utf8').match(/VmHWM:\s+(\d+)/) ?? []) : []
  return Math.round(Number(kilobytes) / 1024)
}
