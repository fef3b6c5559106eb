/**
 * Exits by time: many users who leave a segment within the same span by themselves, since an hour has passed since their last event.
 * For each exit: from its exact instant until another connection to the store sees it (committed), and until it has come over the
 * stream of notifications (announced). Then what the engine costs when nothing is left to happen.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { EventGenerator } from '../src/engine/event-generator/event-generator.ts'
import { seededRandom } from '../src/base/random.ts'
import { LoadConnection } from './front-door-connection.ts'
import { introduceAll, quantile } from './front-door-load.ts'
import { type FrontDoorServer, startFrontDoorServer } from './front-door-server.ts'
import { followNotifications, type NotificationStream } from './notification-stream.ts'
import { watchChanges } from './segment-changes.ts'
import { type BenchSegment, benchSegments } from './segment-mix.ts'
import { cpuSeconds } from './thread-times.ts'

export type ExitsOptions = {
  users: number
  /** Others that are there. */
  segments: number
  /** The exits are spread evenly over so long; 0: all at the same instant. */
  spreadSeconds: number
  idleSeconds: number
  progress: (text: string) => void
}

export type Delays = { count: number; p50: number; p99: number; max: number }

export type ExitsOutcome = {
  exits: number
  /** Milliseconds after the exact instant. Undefined where the server has no notifications. */
  committed: Delays
  announced: Delays | undefined
  cpuUsPerExit: number
  idleCpuPercent: number
}

const SEGMENT_ID = 'pinged-within-an-hour'
const EVENT = 'Pinged'
const HOUR_MS = 3_600_000
const SEGMENT: BenchSegment = {
  name: 'Pinged within an hour',
  predicate: {
    type: 'all',
    predicates: [
      { property: { key: 'event' }, operator: 'at_least_once', options: { eventName: EVENT, timeframe: 'less_than', hours: 1 } },
    ],
  },
}
/** Later than that it is broken. */
const PATIENCE_MS = 120_000

export async function measureExits(options: ExitsOptions): Promise<ExitsOutcome> {
  const { users, segments, spreadSeconds, idleSeconds, progress } = options
  const server = await startFrontDoorServer({ segments: { ...benchSegments(segments), [SEGMENT_ID]: SEGMENT } })
  const introduced = await introduceAll(server, new EventGenerator(seededRandom(11), { now: Date.now, users }), users)
  await server.untilApplied()
  const perSecond = (introduced.events * 1000) / introduced.elapsedMs
  progress(`${users} users are there, ${Math.round(perSecond)} accepted a second`)
  const { position } = await server.counts()
  // Time enough for the events, also where segments make them slower than what introduced their users.
  const firstExitAt = Date.now() + 15_000 + (4_000 * users) / perSecond
  const exitOf = (user: number) => Math.floor(firstExitAt + (spreadSeconds * 1000 * user) / users)
  const exits = await Exits.watch(server, { position, exitOf })
  await ping(server, users, exitOf)
  await server.untilApplied()
  if (Date.now() > firstExitAt) throw new Error('The first exit fell due before all users were in the segment.')
  progress(`${users} users have entered; the first leaves in ${Math.round((firstExitAt - Date.now()) / 1000)} s`)
  await sleep(firstExitAt - Date.now() - 100)
  const cpuBefore = cpuSeconds(server.pid)
  await exits.until(users, firstExitAt + spreadSeconds * 1000 + PATIENCE_MS)
  const cpu = cpuSeconds(server.pid) - cpuBefore
  const outcome = await exits.end(users, exitOf)
  // What follows the last commit (the lake, columns) comes to rest.
  await sleep(20_000)
  const idleFrom = cpuSeconds(server.pid)
  await sleep(idleSeconds * 1000)
  const idleCpuPercent = Number((((cpuSeconds(server.pid) - idleFrom) * 100) / idleSeconds).toFixed(2))
  await server.close()
  return { exits: users, ...outcome, cpuUsPerExit: Math.round((cpu * 1e6) / users), idleCpuPercent }
}

/** One event of each user, an hour before it is to leave. Without `sentAt`, so that times are taken as they are. */
async function ping({ url, writeKey }: FrontDoorServer, users: number, exitOf: (user: number) => number): Promise<void> {
  const connections = await Promise.all(Array.from({ length: 4 }, () => LoadConnection.open(url, writeKey)))
  let next = 0
  await Promise.all(
    connections.map(async (connection) => {
      while (next < users) {
        const batch: string[] = []
        for (; batch.length < 100 && next < users; next++) {
          const timestamp = new Date(exitOf(next) - HOUR_MS).toISOString()
          batch.push(
            `{"type":"track","event":"${EVENT}","userId":"user-${next}","messageId":"ping-${next}","timestamp":"${timestamp}"}`,
          )
        }
        const { status, rejected } = await connection.send(`{"batch":[${batch.join(',')}]}`)
        if (status !== 200 || rejected) throw new Error(`The server answered ${status}${rejected ? ' and rejected events' : ''}.`)
      }
      connection.close()
    }),
  )
}

type Watching = { position: number; exitOf: (user: number) => number }

/** The exits as they are seen. */
class Exits {
  /** The exact instant that was published with each, and how long after it it was seen. */
  readonly #instants: number[] = []
  readonly #committed: number[] = []
  readonly #announced: number[] = []
  readonly #ending = new AbortController()
  #watching: Promise<void> = Promise.resolve()
  #stream: NotificationStream | undefined

  static async watch(server: FrontDoorServer, { position, exitOf }: Watching): Promise<Exits> {
    const exits = new Exits()
    exits.#watching = watchChanges(server.data, {
      after: position,
      signal: exits.#ending.signal,
      onChange: ({ change, seenAt }) => {
        if (change.kind === 'segment' || !change.left?.includes(SEGMENT_ID)) return
        exits.#instants.push(Date.parse(change.at))
        exits.#committed.push(seenAt - Date.parse(change.at))
      },
    })
    exits.#stream = await followNotifications(server.url, [SEGMENT_ID], ({ externalId, left, seenAt }) => {
      if (left.includes(SEGMENT_ID)) exits.#announced.push(seenAt - exitOf(Number(externalId?.slice('user-'.length))))
    }).catch(() => undefined)
    return exits
  }

  async until(count: number, latest: number): Promise<void> {
    const isSeen = () => this.#committed.length >= count && (this.#stream === undefined || this.#announced.length >= count)
    while (!isSeen()) {
      if (Date.now() > latest)
        throw new Error(`Of ${count} exits ${this.#committed.length} were committed, ${this.#announced.length} announced.`)
      await sleep(20)
    }
  }

  /** Throws when the engine's instants are others than the exact ones. */
  async end(users: number, exitOf: (user: number) => number): Promise<{ committed: Delays; announced: Delays | undefined }> {
    this.#ending.abort()
    await Promise.all([this.#watching, this.#stream?.end()])
    const instants = this.#instants.toSorted((a, b) => a - b)
    const wrong = instants.findIndex((at, user) => at !== exitOf(user))
    if (wrong >= 0 || instants.length !== users)
      throw new Error(`Of ${instants.length} exits the one at ${wrong} has another instant than it should.`)
    return { committed: delaysOf(this.#committed), announced: this.#stream && delaysOf(this.#announced) }
  }
}

export function delaysOf(delays: readonly number[]): Delays {
  return { count: delays.length, p50: quantile(delays, 0.5), p99: quantile(delays, 0.99), max: quantile(delays, 1) }
}
