/** `millrace generate`: synthetic data on stdout, to be piped to `millrace ingest` or into a file. */
import type { Writable } from 'node:stream'
import { Command, InvalidArgumentError, Option } from 'commander'
import { systemClock, type Clock } from '../base/clock.ts'
import { seededRandom, type Random } from '../base/random.ts'
import {
  type Draw,
  DRAWS,
  EventGenerator,
  USERS_DEFAULT as EVENT_USERS_DEFAULT,
} from '../engine/event-generator/event-generator.ts'
import { segmentEventJson, segmentEvents, USERS_DEFAULT } from '../engine/segment-generator/segment-events.ts'
import { TokenBucket } from '../engine/segment-generator/token-bucket.ts'

type Amount = { count?: number; rate?: number }
type Seed = { seed: number }

export function generateCommand(): Command {
  return new Command('generate')
    .description('Writes synthetic data to stdout, one JSON document a line')
    .addCommand(segmentEventsCommand())
    .addCommand(eventsCommand())
}

function segmentEventsCommand(): Command {
  return withAmount(new Command('segment-events'))
    .description('Events for the segment example: users are added to segments of vendors, and removed from them')
    .option('--users <n>', 'draw from this many users', wholeNumber(1), USERS_DEFAULT)
    .action(async ({ seed, ...options }: Amount & Seed & { users: number }) => {
      await writeSegmentEvents(process.stdout, { ...options, random: seededRandom(seed), clock: systemClock })
    })
}

function eventsCommand(): Command {
  return withAmount(new Command('events'))
    .description(
      'Tracked events as SDKs send them, for `millrace ingest events`: users with twenty traits each act, change, and become known',
    )
    .option('--users <n>', 'draw from this many users', wholeNumber(1), EVENT_USERS_DEFAULT)
    .addOption(new Option('--draw <draw>', 'all users alike, or some far more often').choices(DRAWS).default('uniform'))
    .action(async ({ seed, users, draw, ...amount }: Amount & Seed & { users: number; draw: Draw }) => {
      const events = new EventGenerator(seededRandom(seed), { now: () => systemClock.now(), users, draw })
      await writeLines(process.stdout, { ...amount, clock: systemClock, nextLine: () => events.next() })
    })
}

function withAmount(command: Command): Command {
  return command
    .option('--count <n>', 'stop after this many events', wholeNumber(0))
    .option('--rate <n>', 'events a second', wholeNumber(1))
    .option('--seed <n>', 'another seed, other events', wholeNumber(0), SEED_DEFAULT)
}

/** The seed of Estuary Flow's generator. */
const SEED_DEFAULT = 8_675_309

type WriteOptions = Amount & { random: Random; clock: Clock; users: number }

/** Writes events until `count`, or until the reader has gone away. Waits while `out` is slower. */
export async function writeSegmentEvents(out: Writable, { random, users, ...options }: WriteOptions): Promise<void> {
  const events = segmentEvents(random, { now: () => options.clock.now(), users })
  await writeLines(out, { ...options, nextLine: () => segmentEventJson(events.next().value) })
}

type LineOptions = Amount & { clock: Clock; /** ASCII, without a line break. */ nextLine: () => string }

/** Writes lines until `count`, or until the reader has gone away. Waits while `out` is slower. */
export async function writeLines(out: Writable, { clock, nextLine, count, rate }: LineOptions): Promise<void> {
  const bucket = rate === undefined ? undefined : new TokenBucket(clock, rate)
  // Each write reports its own failure; without a listener the stream would crash the process as well.
  out.on('error', ignore)
  try {
    let remaining = count ?? Number.POSITIVE_INFINITY
    while (remaining > 0) {
      const wanted = Math.min(remaining, CHUNK_EVENTS)
      const granted = bucket ? await bucket.take(wanted) : wanted
      let chunk = ''
      for (let i = 0; i < granted; i++) chunk += `${nextLine()}\n`
      if (!(await isWritten(out, chunk))) return
      remaining -= granted
    }
  } finally {
    out.off('error', ignore)
  }
}

function ignore(): void {}

/** 64 to 256 KB of text, a pipe's worth or a little more. */
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
