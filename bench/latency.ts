/**
 * At 1,000 events a second, one event a request: milliseconds from the answer (accepted, on disk) until another connection to
 * the target database sees the row, and until the answer itself. Then the processor time of the idle process.
 * `npm run bench latency -- --seconds 20`
 */
import { DatabaseSync } from 'node:sqlite'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { systemClock } from '../src/base/clock.ts'
import { seededRandom } from '../src/base/random.ts'
import { segmentEventJson, segmentEvents } from '../src/engine/segment-generator/segment-events.ts'
import { startBenchServer } from './server.ts'
import { cpuSeconds } from './thread-times.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    idleSeconds: { type: 'string', default: '20' },
    json: { type: 'boolean', default: false },
  },
})
const COLLECTION = 'examples/segment/events'
const PER_SECOND = 1_000
const seconds = Number(values.seconds)

const { server, tables, close } = await startBenchServer()
const events = segmentEvents(seededRandom(3), { now: () => systemClock.now() })
/** Position in the log → when its request was answered. */
const acceptedAt = new Map<number, number>()
const answerMs: number[] = []
const visibleMs: number[] = []

async function post(): Promise<void> {
  const sentAt = performance.now()
  const response = await fetch(`${server.url}/ingest/${COLLECTION}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: segmentEventJson(events.next().value),
  })
  const { offsets } = (await response.json()) as { offsets: Record<string, number> }
  const now = performance.now()
  answerMs.push(now - sentAt)
  acceptedAt.set(offsets[COLLECTION] ?? 0, now)
}

/** Looks at the committed positions in the target as fast as timers allow. */
async function watch(signal: AbortSignal): Promise<void> {
  while (!existsSync(tables)) await sleep(50)
  const db = new DatabaseSync(tables, { readOnly: true, timeout: 5_000 })
  const query = db.prepare(`select positions from millrace_checkpoints`)
  while (!signal.aborted || acceptedAt.size > 0) {
    const { positions = '{}' } = (query.get() ?? {}) as { positions?: string }
    const reached = Math.min(...Object.values(JSON.parse(positions) as Record<string, number>))
    const now = performance.now()
    for (const [position, at] of acceptedAt) {
      if (position > reached) continue
      visibleMs.push(Math.max(0, now - at))
      acceptedAt.delete(position)
    }
    await sleep(1)
  }
  db.close()
}

function quantile(numbers: number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return Number((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1))
}

const done = new AbortController()
const watching = watch(done.signal)
// The first seconds warm the process up and are left out.
for (let i = 0; i < 2_000; i++) await post()
await sleep(1_000)
answerMs.length = 0
visibleMs.length = 0
const startedAt = performance.now()
const posts: Promise<void>[] = []
for (let sent = 0; sent < seconds * PER_SECOND;) {
  const due = Math.floor(((performance.now() - startedAt) / 1000) * PER_SECOND)
  for (; sent < due; sent++) posts.push(post())
  await sleep(1)
}
await Promise.all(posts)
done.abort()
await watching

const cpuBefore = cpuSeconds(server.pid)
const idleSeconds = Number(values.idleSeconds)
await sleep(idleSeconds * 1000)
const idlePercent = ((cpuSeconds(server.pid) - cpuBefore) * 100) / idleSeconds
await close()

const outcome = {
  events: visibleMs.length,
  perSecond: PER_SECOND,
  answerMsP50: quantile(answerMs, 0.5),
  answerMsP99: quantile(answerMs, 0.99),
  visibleMsP50: quantile(visibleMs, 0.5),
  visibleMsP99: quantile(visibleMs, 0.99),
  idleCpuPercent: Number(idlePercent.toFixed(2)),
}
console.log(values.json ? JSON.stringify(outcome) : outcome)
