/** A front door for tests: the real server on a free port of loopback, with the collections of the segment example. */
import { type Clock, FakeClock } from '../base/clock.ts'
import { createIngest } from '../engine/ingest/ingest.ts'
import type { Log } from '../log/log.ts'
import type { Catalog } from '../model/catalog.ts'
import { decodeBatch } from '../model/document-batch.ts'
import { DEFAULT_IDENTITY_RULES } from '../model/profile/identity-rules.ts'
import { SchemaSet } from '../model/schema/schema-set.ts'
import { createServer } from './server.ts'
import type { ServerLimits } from './server-limits.ts'

const EVENT = 'file:///catalog/event.schema.yaml'
const PLAIN = 'file:///catalog/plain.schema.yaml'

const schemas: Catalog['schemas'] = {
  [EVENT]: {
    type: 'object',
    properties: {
      event: { type: 'string', format: 'uuid' },
      timestamp: { type: 'string', format: 'date-time' },
      user: { type: 'string' },
      segment: {
        type: 'object',
        properties: { vendor: { type: 'integer', minimum: 1 }, name: { type: 'string', minLength: 1, maxLength: 32 } },
        required: ['vendor', 'name'],
      },
      value: { type: 'string' },
      remove: { const: true },
    },
    required: ['event', 'timestamp', 'user', 'segment'],
    dependentSchemas: { remove: { properties: { value: false } } },
  },
  [PLAIN]: {
    type: 'object',
    properties: { id: { type: ['integer', 'string', 'null'] }, n: { type: 'number' } },
    required: ['id'],
  },
}

export const EVENTS = 'examples/segment/events'
export const PLAINS = 'plains'

export const segmentCatalog: Catalog = {
  schemas,
  collections: {
    [EVENTS]: {
      name: EVENTS,
      schema: EVENT,
      key: ['/event'],
      projections: {
        vendor: { location: '/segment/vendor', isPartition: true },
        segment_name: { location: '/segment/name', isPartition: false },
      },
    },
    [PLAINS]: { name: PLAINS, schema: PLAIN, key: ['/id'], projections: {} },
    derived: {
      name: 'derived',
      schema: PLAIN,
      key: ['/id'],
      projections: {},
      derivation: { module: '/catalog/derived.ts', transforms: {} },
    },
  },
  materializations: {},
  tests: {},
  sources: {},
  traits: { user: {}, account: {} },
  identity: DEFAULT_IDENTITY_RULES,
  notifications: {},
  segments: {},
  timeZone: 'UTC',
}

export type SegmentEvent = { event: string; timestamp: string; user: string; segment: { vendor: number; name: string } }

/** The number-th event, the same each time. */
export function eventOf(number: number): SegmentEvent {
  const hex = number.toString(16).padStart(12, '0')
  return {
    event: `00000000-0000-4000-8000-${hex}`,
    timestamp: '2026-01-01T00:00:00Z',
    user: `usr-${number % 100}`,
    segment: { vendor: 1 + (number % 10), name: `seg-${number % 7}` },
  }
}

export type FrontDoor = {
  port: number
  url: string
  clock: FakeClock
  log: Log
  bugs: unknown[]
  /** Every document on the log, by collection, in order. */
  written(): Promise<Record<string, unknown[]>>
  close(): Promise<void>
}

type FrontDoorOptions = {
  limits?: Partial<ServerLimits>
  /** Stands between the server and the log. */
  wrapLog?: (log: Log) => Log
}

export type OpenFrontDoor = (options?: FrontDoorOptions) => Promise<FrontDoor>

/** A door is closed by its test; each has a log of its own. */
export function frontDoorOn(openLog: (clock: Clock) => Promise<Log>): OpenFrontDoor {
  return async ({ limits, wrapLog = (log: Log) => log } = {}) => {
    const clock = new FakeClock()
    const log = await openLog(clock)
    const bugs: unknown[] = []
    const ingest = createIngest({ catalog: segmentCatalog, schemas: new SchemaSet(schemas), log: wrapLog(log) })
    const server = createServer({
      ingest,
      clock,
      status: () => ({ head: 0 }),
      reportBug: (error) => bugs.push(error),
      ...(limits && { limits }),
    })
    const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
    return { port, url: `http://127.0.0.1:${port}`, clock, log, bugs, written: () => readAll(log), close: () => server.close() }
  }
}

async function readAll(log: Log): Promise<Record<string, unknown[]>> {
  const documents: Record<string, unknown[]> = {}
  const entries = await log.read(0, { maxBytes: Number.MAX_SAFE_INTEGER })
  for (const section of entries.flatMap(({ payload }) => decodeBatch(payload))) {
    const list = (documents[section.collection] ??= [])
    for (const text of section.documents()) list.push(JSON.parse(text))
  }
  return documents
}

export type Sent = { path?: string; method?: string; body?: string | Uint8Array; headers?: Record<string, string> }
export type Answered = { status: number; headers: Headers; answer: Record<string, unknown> }

/** One request; JSON to `/ingest` unless it says otherwise. */
export async function send(door: FrontDoor, { path = '/ingest', method = 'POST', body, headers }: Sent): Promise<Answered> {
  const init: RequestInit = { method, headers: { 'content-type': 'application/json', ...headers } }
  // Buffers are fine as bodies; the type of `fetch` only knows those that share no memory.
  if (body !== undefined) init.body = body as string
  const response = await fetch(door.url + path, init)
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    answer: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
  }
}

/** Body of `POST /ingest`. */
export function transaction(documents: unknown[]): string {
  return JSON.stringify({ [EVENTS]: documents })
}

/** Body of NDJSON. */
export function line(...documents: unknown[]): string {
  return documents.map((document) => JSON.stringify(document)).join('\n')
}

export const CSV_HEADER = 'event,timestamp,user,vendor,segment_name,remove,value'

/** The number-th event as a row, with `rest` behind the columns that it needs. */
export function csvRow(number: number, rest = ''): string {
  const { event, timestamp, user, segment } = eventOf(number)
  return `${event},${timestamp},${user},${segment.vendor},${segment.name}${rest}`
}

export const toEvents = { path: `/ingest/${EVENTS}` }
export const toPlains = { path: `/ingest/${PLAINS}` }
export const ndjson = { 'content-type': 'application/x-ndjson' }
export const csv = { 'content-type': 'text/csv' }
export const tsv = { 'content-type': 'text/tab-separated-values' }
