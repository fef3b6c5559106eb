/** `millrace generate`: synthetic data on stdout, to be piped to `millrace ingest` or into a file. */
import type { Writable } from 'node:stream'
import { Command, InvalidArgumentError } from 'commander'
import { systemClock, type Clock } from '../base/clock.ts'
import { seededRandom, type Random } from '../base/random.ts'
import { segmentEventJson, segmentEvents, USERS_DEFAULT } from '../engine/segment-generator/segment-events.ts'
import { TokenBucket } from '../engine/segment-generator/token-bucket.ts'

export function generateCommand(): Command {
  const command = new Command('generate').description('Writes synthetic data to stdout, one JSON document a line')
  command
    .command('segment-events')
    .description('Events for the segment example: users are added to segments of vendors, and removed from them')
    .option('--count <n>', 'stop after this many events', wholeNumber(0))
    .option('--rate <n>', 'events a second', wholeNumber(1))
    .option('--seed <n>', 'another seed, other events', wholeNumber(0), SEED_DEFAULT)
    .option('--users <n>', 'draw from this many users', wholeNumber(1), USERS_DEFAULT)
    .action(async ({ seed, ...options }: { count?: number; rate?: number; seed: number; users: number }) => {
      await writeSegmentEvents(process.stdout, { ...options, random: seededRandom(seed), clock: systemClock })
    })
  return command
}

/** The seed of Estuary Flow's generator. */
const SEED_DEFAULT = 8_675_309

type WriteOptions = { random: Random; clock: Clock; users: number; count?: number; rate?: number }

/** Writes events until `count`, or until the reader has gone away. Waits while `out` is slower. */
export async function writeSegmentEvents(out: Writable, { random, clock, users, count, rate }: WriteOptions): Promise<void> {
  const events = segmentEvents(random, { now: () => clock.now(), users })
  const bucket = rate === undefined ? undefined : new TokenBucket(clock, rate)
  // Each write reports its own failure; without a listener the stream would crash the process as well.
  out.on('error', ignore)
  try {
    let remaining = count ?? Number.POSITIVE_INFINITY
    while (remaining > 0) {
      const wanted = Math.min(remaining, CHUNK_EVENTS)
      const granted = bucket ? await bucket.take(wanted) : wanted
      let chunk = ''
      for (let i = 0; i < granted; i++) chunk += `${segmentEventJson(events.next().value)}\n`
      if (!(await isWritten(out, chunk))) return
      remaining -= granted
    }
  } finally {
    out.off('error', ignore)
  }
}

function ignore(): void {}

/** About 64 KB of text, the size of a pipe. */
const CHUNK_EVENTS = 400

/** False when nobody reads any more, as after `| head`. */
function isWritten(out: Writable, chunk: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    out.write(chunk, 'latin1', (error) => {
      if (!error) resolve(true)
      else if ('code' in error && GONE.has(String(error.code))) resolve(false)
      else reject(error)
    })
  })
}

const GONE = new Set(['EPIPE', 'ERR_STREAM_DESTROYED'])

function wholeNumber(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text.replaceAll('_', ''))
    if (/^[\d_]+$/.test(text) && value >= min && Number.isSafeInteger(value)) return value
    throw new InvalidArgumentError(`It must be a whole number from ${min}.`)
  }
}
