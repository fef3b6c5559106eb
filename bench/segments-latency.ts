/**
 * From accepted to announced, at a fixed rate of events beside many users and segments. Some of the events move a user of their own into
 * one of two probe segments, one that asks for a trait and one that counts events. For each: from the answer to its request until another
 * connection to the store sees the membership (committed), and until it has come over the stream of notifications (announced).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from '../src/base/random.ts'
import { EventGenerator } from '../src/engine/event-generator/event-generator.ts'
import { LoadConnection } from './front-door-connection.ts'
import { fixedLoad, introduceAll, quantile } from './front-door-load.ts'
import { type FrontDoorServer, startFrontDoorServer } from './front-door-server.ts'
import { followNotifications, type NotificationStream } from './notification-stream.ts'
import { epochNow, watchChanges } from './segment-changes.ts'
import { type BenchSegment, benchSegments } from './segment-mix.ts'
import { type Delays, delaysOf } from './segments-exits.ts'
import { perEvent, threadTimes } from './thread-times.ts'

export type LatencyOptions = {
  users: number
  segments: number
  perSecond: number
  seconds: number
  probesPerSecond: number
  progress: (text: string) => void
}

export type LatencyOutcome = {
  probes: number
  answerMsP50: number
  answerMsP99: number
  /** Milliseconds from the answer. */
  committed: Delays
  /** Undefined where the server has no notifications. */
  announced: Delays | undefined
  /** Of the server by thread. */
  cpuUsPerEvent: Record<string, number>
}

const BY_TRAIT = 'probe-by-trait'
const BY_EVENT = 'probe-by-event'
const PROBES: Record<string, BenchSegment> = {
  [BY_TRAIT]: {
    name: 'Probe by trait',
    predicate: { type: 'all', predicates: [{ property: { key: 'probe' }, operator: 'equals', options: { value: ['on'] } }] },
  },
  [BY_EVENT]: {
    name: 'Probe by event',
    predicate: {
      type: 'all',
      predicates: [
        {
          property: { key: 'event' },
          operator: 'at_least_once',
          options: { eventName: 'Probed', timeframe: 'less_than', hours: 1 },
        },
      ],
    },
  },
}
const CONNECTIONS = 32
const WARM_SECONDS = 10
/** Often, so that a flush is a small one as in a long run. */
const LAKE_FLUSH_MS = 5_000
/** Later than that it is broken. */
const PATIENCE_MS = 60_000

export async function measureLatency(options: LatencyOptions): Promise<LatencyOutcome> {
  const { users, segments, perSecond, seconds, probesPerSecond, progress } = options
  const server = await startFrontDoorServer({ segments: { ...benchSegments(segments), ...PROBES }, lakeFlushMs: LAKE_FLUSH_MS })
  const events = new EventGenerator(seededRandom(11), { now: Date.now, users, areIntroduced: true })
  const introduced = await introduceAll(server, events, users)
  await server.untilApplied()
  progress(`${users} users are there, ${Math.round((introduced.events * 1000) / introduced.elapsedMs)} accepted a second`)
  const load = (duration: number) =>
    fixedLoad(server, {
      connections: CONNECTIONS,
      eventsPerRequest: 1,
      requestsPerSecond: perSecond - probesPerSecond,
      seconds: duration,
      nextEvent: () => events.next(),
    })
  await load(WARM_SECONDS)
  await server.untilAtRest()
  const probes = await Probes.open(server, Math.min(users, probesPerSecond * seconds))
  const threadsBefore = threadTimes(server.pid)
  const [loaded] = await Promise.all([load(seconds), probes.send(probesPerSecond)])
  const cpuUsPerEvent = perEvent(threadsBefore, threadTimes(server.pid), perSecond * seconds)
  const outcome = await probes.end()
  await server.close()
  const answerMs = loaded.answerMs
  return {
    probes: probes.count,
    answerMsP50: quantile(answerMs, 0.5),
    answerMsP99: quantile(answerMs, 0.99),
    ...outcome,
    cpuUsPerEvent,
  }
}

/** Each user of the first ones is moved once, by turns by trait and by event. */
class Probes {
  readonly count: number
  readonly #server: FrontDoorServer
  /** By id of the entity. */
  readonly #users = new Map<string, number>()
  readonly #answeredAt = new Map<number, number>()
  readonly #committedAt = new Map<number, number>()
  readonly #announcedAt = new Map<number, number>()
  readonly #ending = new AbortController()
  #watching: Promise<void> = Promise.resolve()
  #stream: NotificationStream | undefined

  private constructor(server: FrontDoorServer, count: number) {
    this.#server = server
    this.count = count
  }

  static async open(server: FrontDoorServer, count: number): Promise<Probes> {
    const probes = new Probes(server, count)
    for (let user = 0; user < count; user++) probes.#users.set(await entityOf(server, user), user)
    probes.#watching = watchChanges(server.data, {
      after: (await server.counts()).position,
      signal: probes.#ending.signal,
      onChange: ({ change, seenAt }) => {
        if (change.kind === 'user' && isProbe(change.entered)) note(probes.#committedAt, probes.#users.get(change.entity), seenAt)
      },
    })
    probes.#stream = await followNotifications(server.url, Object.keys(PROBES), ({ externalId = '', entered, seenAt }) => {
      if (isProbe(entered)) note(probes.#announcedAt, Number(externalId.slice('user-'.length)), seenAt)
    }).catch(() => undefined)
    return probes
  }

  async send(perSecond: number): Promise<void> {
    const { url, writeKey } = this.#server
    const connections = await Promise.all(Array.from({ length: 4 }, () => LoadConnection.open(url, writeKey)))
    const startedAt = epochNow()
    let next = 0
    await Promise.all(
      connections.map(async (connection) => {
        while (next < this.count) {
          const user = next++
          await sleep(Math.max(0, startedAt + (user * 1000) / perSecond - epochNow()))
          const { status, rejected } = await connection.send(`{"batch":[${probeOf(user)}]}`)
          if (status !== 200 || rejected) throw new Error(`The server answered ${status} to a probe.`)
          this.#answeredAt.set(user, epochNow())
        }
        connection.close()
      }),
    )
  }

  async end(): Promise<Pick<LatencyOutcome, 'committed' | 'announced'>> {
    const until = Date.now() + PATIENCE_MS
    const isComplete = () => this.#committedAt.size >= this.count && (!this.#stream || this.#announcedAt.size >= this.count)
    while (!isComplete()) {
      if (Date.now() > until)
        throw new Error(`Of ${this.count} probes ${this.#committedAt.size} were committed, ${this.#announcedAt.size} announced.`)
      await sleep(20)
    }
    this.#ending.abort()
    await Promise.all([this.#watching, this.#stream?.end()])
    return { committed: this.#delaysUntil(this.#committedAt), announced: this.#stream && this.#delaysUntil(this.#announcedAt) }
  }

  /** What was seen before the answer had come counts as 0. */
  #delaysUntil(seen: ReadonlyMap<number, number>): Delays {
    return delaysOf(Array.from(seen, ([user, at]) => Math.max(0, at - (this.#answeredAt.get(user) ?? Number.NaN))))
  }
}

function probeOf(user: number): string {
  return user % 2 === 0
    ? `{"type":"identify","userId":"user-${user}","traits":{"probe":"on"}}`
    : `{"type":"track","event":"Probed","userId":"user-${user}"}`
}

function isProbe(entered: readonly string[] = []): boolean {
  return entered.includes(BY_TRAIT) || entered.includes(BY_EVENT)
}

function note(times: Map<number, number>, user: number | undefined, at: number): void {
  if (user !== undefined && !times.has(user)) times.set(user, at)
}

async function entityOf({ url }: FrontDoorServer, user: number): Promise<string> {
  const response = await fetch(`${url}/users/external_id:user-${user}`)
  const { id } = (await response.json()) as { id?: string }
  if (id === undefined) throw new Error(`There is no user ${user}: ${response.status}.`)
  return id
}
