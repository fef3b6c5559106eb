// `npm run bench`: all benchmarks one after the other, then a table for docs/benchmarks.md. `npm run bench <name> -- <options>` runs one.
import { spawnSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'
import { ensureInstalled, environment, root } from './installed.mjs'

ensureInstalled()
const [name, ...options] = process.argv.slice(2).filter((argument) => argument !== '--')

function run(benchmark, args) {
  console.log(`\n${benchmark} ${args.join(' ')}`)
  const { stdout, status } = spawnSync('node', [`bench/${benchmark}.ts`, ...args, '--json'], {
    cwd: root,
    env: environment,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) process.exit(status ?? 1)
  console.log(stdout.trim())
  return JSON.parse(stdout.trim().split('\n').at(-1))
}

function row(what, goal, measured) {
  return `| ${what} | ${goal} | ${measured} |`
}

const count = (number) => number.toLocaleString('en-US')

if (name) {
  const { status } = spawnSync('node', [`bench/${name}.ts`, ...options], { cwd: root, env: environment, stdio: 'inherit' })
  process.exit(status ?? 1)
}

const baseline = run('baseline', ['--events', '1000000'])
const segment = run('segment', ['--events', '5000000'])
const few = run('segment', ['--events', '1000000', '--users', '1000000'])
const many = run('segment', ['--events', '1000000', '--users', '10000000'])
const websocket = run('websocket', ['--events', '1000000'])
const latency = run('latency', ['--seconds', '20'])
const start = run('test-start', [])
const frontDoor = run('front-door', [])
const segments = run('segments', [])
console.log(`\n${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${segments.node}\n
| what | goal | measured |
|---|---|---|
${[
  row('whole example, 5 M events, events/s', '100,000 (never below 50,000)', count(segment.perSecond)),
  row('as a ratio to the straightforward program of the same run', '–', (segment.perSecond / baseline.perSecond).toFixed(2)),
  row('last million / first million', '≥ 0.6', (segment.lastMillionPerSecond / segment.firstMillionPerSecond).toFixed(2)),
  row('peak memory, MiB', '≤ 1,536', count(segment.peakResidentMb)),
  row('WebSocket from another process, accepted events/s', '≥ 40,000', count(websocket.acceptedPerSecond)),
  row('the same until both tables hold them, events/s', '–', count(websocket.inTablesPerSecond)),
  row('accepted → visible at 1,000/s, ms p50', '≤ 20', latency.visibleMsP50),
  row('accepted → visible at 1,000/s, ms p99', '≤ 100', latency.visibleMsP99),
  row('answer of a request, ms p50 / p99', '–', `${latency.answerMsP50} / ${latency.answerMsP99}`),
  row('idle, % of a processor', '< 1', latency.idleCpuPercent),
  row('10 × the users: time per event', '≤ 1.5 ×', `${(few.perSecond / many.perSecond).toFixed(2)} ×`),
  row('`millrace test` on the example, cold, s', '< 2', start.medianSeconds),
  ...frontDoor.sizes.flatMap(({ eventsPerRequest, goal, full, half }) => [
    row(
      `front door, ${eventsPerRequest} a request, events/s accepted and applied`,
      `${count(goal)} (never below ${count(goal / 2)})`,
      `${count(full.appliedPerSecond)} (accepted ${count(full.acceptedPerSecond)})`,
    ),
    row(`the same at half of the load: answer, ms p50 / p99`, 'p99 ≤ 50', `${half.answerMsP50} / ${half.answerMsP99}`),
    row(`the same: lag until applied at full load, ms at most`, 'bounded', count(full.lagMsMax)),
  ]),
  row('from a file, events/s until applied', '60,000 (never below 30,000)', count(frontDoor.file.appliedPerSecond)),
  row('repeats sent / dropped', 'equal', `${count(frontDoor.repeats.sent)} / ${count(frontDoor.repeats.dropped)}`),
  row('peak memory of the front door, MiB', '–', count(frontDoor.peakResidentMb)),
  ...segments.rows.map(({ what, goal, measured }) => row(what, goal, measured)),
].join('\n')}`)
