/** `millrace start`: the engine, a live status line, and what to try next. */
import { Command, InvalidArgumentError } from 'commander'
import type { Engine } from '../runtime/engine.ts'
import type { EngineOptions } from '../runtime/config.ts'
import { StatusLine, troubleMessages } from './status-line.ts'

type StartFlags = {
  host: string
  port: number
  data: string
  store: string
  lakeCodec: 'zstd' | 'gzip'
  lakeFlushMs: number
  stuckAfterMs: number
  messageDays: number
  notificationHours: number
  fillPageEntities: number
  lagMaxMs: number
  publicUrl?: string
  generate?: number
  quiet?: true
}

export function startCommand(): Command {
  return new Command('start')
    .description('Starts the engine on a catalog')
    .argument('[catalog]', 'catalog file, or a directory with a millrace.yaml', '.')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'port to listen on; 0 takes a free one', wholeNumber, 8080)
    .option('--data <directory>', 'where log, store and lake are kept', 'millrace-data')
    .option('--store <store>', '"sqlite", or postgres://user:password@host/database', 'sqlite')
    .option('--lake-codec <codec>', 'compression of the lake’s fragments: zstd or gzip', 'zstd')
    .option('--lake-flush-ms <ms>', 'publish fragments at least this often', wholeNumber, 300_000)
    .option('--message-days <n>', 'drop repeats of tracked events for so many days', wholeNumber, 7)
    .option('--notification-hours <n>', 'keep notifications for so many hours', wholeNumber, 24)
    .option('--fill-page-entities <n>', 'look at so many at once when a segment looks at the past', wholeNumber, 1_000)
    .option('--lag-max-ms <ms>', 'answer tracked events with 429 when applying them lags by more than this', wholeNumber, 600_000)
    .option('--public-url <url>', 'address under which SDKs reach this server, for example https://events.example.com')
    .option('--stuck-after-ms <ms>', 'report a thread that has work and does not react for so long', wholeNumber, 60_000)
    .option('--generate <n>', 'feed n generated segment events a second (for the segment example)', wholeNumber)
    .option('--quiet', 'no status line')
    .action(run)
}

async function run(catalog: string, flags: StartFlags): Promise<void> {
  const { startEngine } = await import('../runtime/engine.ts')
  const { publicUrl, lakeCodec, lakeFlushMs, generate: _generate, quiet: _quiet, ...others } = flags
  const options = {
    catalog,
    ...others,
    ...(publicUrl !== undefined && { publicUrl }),
    lake: { codec: lakeCodec, flushIntervalMs: lakeFlushMs },
  } satisfies EngineOptions
  const engine = await startEngine(options)
  const stopping = new AbortController()
  await greet(engine, options)
  const watching = watch(engine, stopping.signal, flags.quiet === true)
  const feeding = flags.generate === undefined ? Promise.resolve() : feed(engine, flags.generate, stopping.signal)
  await untilAskedToStop(feeding)
  stopping.abort()
  await Promise.allSettled([feeding, watching])
  process.stdout.write('\nStopping: committing what is applied …\n')
  await engine.stop()
  process.stdout.write('Stopped. Everything accepted is on disk.\n')
}

async function greet(engine: Engine, options: EngineOptions): Promise<void> {
  const { version } = await import('../base/version.ts')
  const { countCatalog, describeCounts } = await import('./catalog-summary.ts')
  const { nextSteps } = await import('./next-steps.ts')
  process.stdout.write(`Millrace ${version()} listens on ${engine.url}: ${describeCounts(countCatalog(engine.catalog))}.\n\n`)
  process.stdout.write(
    `Try next, in another terminal:\n${nextSteps(engine, options)
      .map((step) => `  ${step}\n`)
      .join('')}\nCtrl-C stops.\n\n`,
  )
}

async function feed(engine: Engine, perSecond: number, signal: AbortSignal): Promise<void> {
  const { feedSegmentEvents } = await import('../runtime/feed-segment-events.ts')
  await feedSegmentEvents({ ingest: engine.ingest, perSecond, signal })
}

const TERMINAL_INTERVAL_MS = 500
/** Into a file or a pipe a line now and then is enough. */
const LINE_INTERVAL_MS = 5_000

/** Shows the status until `signal` aborts; each new trouble is told once, in full. */
async function watch(engine: Engine, signal: AbortSignal, isQuiet: boolean): Promise<void> {
  const { setTimeout: sleep } = await import('node:timers/promises')
  const line = new StatusLine()
  const isTerminal = process.stdout.isTTY
  const told = new Set<string>()
  while (!signal.aborted) {
    const status = engine.status()
    const messages = troubleMessages(status)
    const clear = isTerminal ? '\r\u001B[K' : ''
    for (const message of messages.filter((text) => !told.has(text))) process.stderr.write(`${clear}${message}\n`)
    messages.forEach((message) => told.add(message))
    const text = line.text(status, performance.now())
    if (!isQuiet) process.stdout.write(isTerminal ? `${clear}${text}` : `${text}\n`)
    await sleep(isTerminal ? TERMINAL_INTERVAL_MS : LINE_INTERVAL_MS, undefined, { signal }).catch(() => {})
  }
}

/** One Ctrl-C arrives several times: the terminal sends it to all, and npm and its scripts hand it on. A person takes longer. */
const SAME_SIGNAL_MS = 500

/** Resolves at the first Ctrl-C or termination; a second one ends at once, which loses nothing. Rejects when `feeding` fails. */
async function untilAskedToStop(feeding: Promise<void>): Promise<void> {
  const asked = new Promise<void>((resolve) => {
    let firstAt: number | undefined
    const onSignal = () => {
      firstAt ??= performance.now()
      if (performance.now() - firstAt > SAME_SIGNAL_MS) process.exit(130)
      resolve()
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
  })
  await Promise.race([asked, feeding.then(() => asked)])
}

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text)
  throw new InvalidArgumentError('It must be a whole number.')
}
