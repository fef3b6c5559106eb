/** Two kinds of load: as much as the server takes over some connections, and a fixed rate whatever the server does. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { EventGenerator } from '../src/engine/event-generator/event-generator.ts'
import { LoadConnection } from './front-door-connection.ts'

export type LoadTarget = { url: string; writeKey: string }

export type Load = {
  requests: number
  /** That the server said it accepted, repeats included. */
  events: number
  elapsedMs: number
  /** Of each request's answer; where it was put off, of the last attempt. */
  answerMs: number[]
  /** Answers that asked to come back later. */
  deferred: number
}

type LoadOptions = { connections: number; eventsPerRequest: number; nextEvent: () => string }

/** Every connection sends its next request when the last one is answered, until `isOver` says so at the start of one. */
export async function fullLoad(
  target: LoadTarget,
  { isOver, ...options }: LoadOptions & { isOver: () => boolean },
): Promise<Load> {
  const load = emptyLoad()
  const open = await openAll(target, options.connections)
  const startedAt = performance.now()
  await Promise.all(
    open.map(async (connection) => {
      while (!isOver()) await deliver(connection, { body: bodyOf(options), sentAt: performance.now() }, load)
    }),
  )
  load.elapsedMs = performance.now() - startedAt
  open.forEach((connection) => connection.close())
  return load
}

type RateOptions = LoadOptions & { requestsPerSecond: number; seconds: number }

/**
 * Requests fall due at even distances and wait for a free connection when all are busy. Answer times count from when a request
 * was due, so that a server that stalls cannot make the load wait for it unseen.
 */
export async function fixedLoad(target: LoadTarget, { requestsPerSecond, seconds, ...options }: RateOptions): Promise<Load> {
  const load = emptyLoad()
  const open = await openAll(target, options.connections)
  const total = Math.ceil(requestsPerSecond * seconds)
  const startedAt = performance.now()
  let next = 0
  await Promise.all(
    open.map(async (connection) => {
      while (next < total) {
        const dueAt = startedAt + (next++ * 1000) / requestsPerSecond
        await untilTime(dueAt)
        await deliver(connection, { body: bodyOf(options), sentAt: dueAt }, load)
      }
    }),
  )
  load.elapsedMs = performance.now() - startedAt
  open.forEach((connection) => connection.close())
  return load
}

async function untilTime(at: number): Promise<void> {
  for (let leftMs = at - performance.now(); leftMs > 0; leftMs = at - performance.now()) await sleep(leftMs)
}

function openAll({ url, writeKey }: LoadTarget, connections: number): Promise<LoadConnection[]> {
  return Promise.all(Array.from({ length: connections }, () => LoadConnection.open(url, writeKey)))
}

function emptyLoad(): Load {
  return { requests: 0, events: 0, elapsedMs: 0, answerMs: [], deferred: 0 }
}

type Delivery = { body: string; sentAt: number }

/** Sends until it is accepted; anything but acceptance and a request to wait ends the benchmark. */
async function deliver(connection: LoadConnection, { body, sentAt }: Delivery, load: Load): Promise<void> {
  for (let from = sentAt; ; from = performance.now()) {
    const { status, accepted, rejected, retryAfterMs } = await connection.send(body)
    if (status === 200 && !rejected) {
      load.answerMs.push(performance.now() - from)
      load.requests++
      load.events += accepted
      return
    }
    if (status !== 429 && status !== 503)
      throw new Error(`The server answered ${status}${rejected ? ' and rejected events' : ''}.`)
    load.deferred++
    await sleep(retryAfterMs)
  }
}

function bodyOf({ eventsPerRequest, nextEvent }: LoadOptions): string {
  let batch = nextEvent()
  for (let i = 1; i < eventsPerRequest; i++) batch += `,${nextEvent()}`
  return `{"batch":[${batch}],"sentAt":"${new Date().toISOString()}"}`
}

/** Introduces every user, a hundred a request. */
export function introduceAll(target: LoadTarget, events: EventGenerator, users: number): Promise<Load> {
  let user = 0
  return fullLoad(target, {
    connections: 4,
    eventsPerRequest: 100,
    nextEvent: () => events.introduction(user++ % users),
    isOver: () => user >= users,
  })
}

export function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return Number((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1))
}

export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5)
}
