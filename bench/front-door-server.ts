/** A Millrace of its own process with one source, as the front-door benchmark loads it, and how far it says it has come. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ServerProcess } from '../test/crash/server-process.ts'

/** Of events, since the server started; repeats count as accepted and as applied. */
export type EventCounts = { accepted: number; applied: number; repeated: number; lagMs: number }

export type FrontDoorServer = {
  url: string
  writeKey: string
  pid: number
  counts: () => Promise<EventCounts>
  /** Resolves with the counts when all that was accepted is applied. */
  untilApplied: () => Promise<EventCounts>
  /** The most memory that the process has had, in MiB. */
  peakResidentMb: () => number
  close: () => Promise<void>
}

export async function startFrontDoorServer(): Promise<FrontDoorServer> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  const [catalog, data] = [join(folder, 'catalog'), join(folder, 'data')]
  mkdirSync(catalog)
  writeFileSync(join(catalog, 'millrace.yaml'), 'sources:\n  web: {}\n')
  const writeKey = createKey(catalog, data)
  const server = await ServerProcess.start({ catalog, data, lakeFlushMs: 300_000 })
  // A benchmark that fails leaves no server behind.
  process.once('exit', () => server.isAlive && process.kill(server.pid))
  const counts = async () => countsOf(await server.status())
  return {
    url: server.url,
    writeKey,
    pid: server.pid,
    counts,
    untilApplied: () => untilApplied(counts),
    peakResidentMb: () => peakResidentMb(server.pid),
    close: async () => {
      await server.stop()
      rmSync(folder, { recursive: true })
    },
  }
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

type Status = { documents: { accepted: number; applied: number; lagMs: number }; events?: { repeated: number } }

function countsOf(status: unknown): EventCounts {
  // Millrace's own endpoint; its contract test holds it to this. Nothing but events is sent here, so documents are events.
  const { documents, events } = status as Status
  return { ...documents, repeated: events?.repeated ?? 0 }
}

/** Linux only; elsewhere 0. */
function peakResidentMb(pid: number): number {
  const path = `/proc/${pid}/status`
  const [, kilobytes = '0'] = existsSync(path) ? (readFileSync(path, 'utf8').match(/VmHWM:\s+(\d+)/) ?? []) : []
  return Math.round(Number(kilobytes) / 1024)
}
