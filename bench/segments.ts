/**
 * Segments under load, on a server of its own: how soon a membership is announced, what segments cost the front door, exits by time, and
 * questions about everybody. `npm run bench segments -- --only latency,rate --users 100000`; without options all of it at full size,
 * which takes most of an hour.
 */
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { textTable } from '../src/cli/text-table.ts'
import { measureColumns } from './segments-columns.ts'
import { measureExits } from './segments-exits.ts'
import { measureLatency } from './segments-latency.ts'
import { measureRates } from './segments-rate.ts'

const { values } = parseArgs({
  options: {
    /** Phases, separated by commas. */
    only: { type: 'string', default: 'latency,rate,exits,columns' },
    /** In place of the number of each phase. */
    users: { type: 'string' },
    segments: { type: 'string' },
    seconds: { type: 'string' },
    runs: { type: 'string' },
    /** `rate`: events a request, and events of each user before. */
    sizes: { type: 'string', default: '100,15' },
    past: { type: 'string', default: '10' },
    /** `exits`: seconds over which they are spread. */
    spread: { type: 'string', default: '60' },
    /** `columns`: events of the past, and where the data are kept. */
    events: { type: 'string', default: '10000000' },
    data: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const phases = values.only.split(',')

function number(option: 'users' | 'segments' | 'seconds' | 'runs', otherwise: number): number {
  return Number(values[option] ?? otherwise)
}

/** On stderr, so that stdout is the result. */
function progress(text: string): void {
  process.stderr.write(`${text}\n`)
}

const latency = phases.includes('latency')
  ? await measureLatency({
      users: number('users', 1_000_000),
      segments: number('segments', 200),
      perSecond: 1_000,
      seconds: number('seconds', 30),
      probesPerSecond: 50,
      progress,
    })
  : undefined
if (latency) progress(JSON.stringify(latency))
const rates = phases.includes('rate')
  ? await measureRates({
      users: number('users', 100_000),
      segments: number('segments', 1_000),
      runs: number('runs', 3),
      seconds: number('seconds', 8),
      past: Number(values.past),
      sizes: values.sizes.split(',').map(Number),
      progress,
    })
  : undefined
const exits = phases.includes('exits')
  ? await measureExits({
      users: number('users', 100_000),
      segments: number('segments', 200),
      spreadSeconds: Number(values.spread),
      idleSeconds: 10,
      progress,
    })
  : undefined
if (exits) progress(JSON.stringify(exits))
const columns = phases.includes('columns')
  ? await measureColumns({
      users: number('users', 1_000_000),
      events: Number(values.events),
      runs: number('runs', 7),
      perSecond: 1_000,
      ...(values.data !== undefined && { data: values.data }),
      progress,
    })
  : undefined
const rows = [
  ...(latency
    ? [
        ['accepted → membership committed, ms p50 / p99 / max', '–', threeOf(latency.committed)],
        ['accepted → announced, ms p50 / p99 / max', 'p99 ≤ 50', threeOf(latency.announced)],
      ]
    : []),
  ...(rates ?? []).map((rate) => [
    `${rate.eventsPerRequest} a request, events/s without / with segments`,
    'ratio ≥ 0.5',
    `${rate.without} / ${rate.with}: ${rate.ratio} (${rate.movesPerEvent} entries and exits an event)`,
  ]),
  ...(exits
    ? [
        ['exit by time → committed, ms p50 / p99 / max', '–', threeOf(exits.committed)],
        ['exit by time → announced, ms p50 / p99 / max', '≤ 1,000', threeOf(exits.announced)],
        ['idle with segments, % of a processor', '0', `${exits.idleCpuPercent}`],
      ]
    : []),
  ...(columns?.questions ?? []).map(({ question, goalMs, medianMs, slowestMs }) => [
    `preview: ${question}, ms`,
    `≤ ${goalMs}`,
    `${medianMs} (slowest ${slowestMs})`,
  ]),
  ...(columns?.backfills ?? []).map(({ segment, seconds, members }) => [
    `backfill: ${segment}, s`,
    '≤ 30',
    `${seconds} (${members} members)`,
  ]),
].map(([what, goal, measured]) => ({ what, goal, measured }))
if (values.json) console.log(JSON.stringify({ node: process.version, rows, latency, rates, exits, columns }))
else {
  console.log(
    `\n${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}; the load runs on the same machine.\n`,
  )
  console.log(textTable(rows))
}

function threeOf(delays: { p50: number; p99: number; max: number } | undefined): string {
  return delays === undefined ? 'not offered' : `${delays.p50} / ${delays.p99} / ${delays.max}`
}
