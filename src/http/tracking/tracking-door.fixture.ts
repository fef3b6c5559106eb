/** A front door with tracking for tests: a real server on a free port of loopback, a real log, real keys in a folder. */
import { mkdtempSync, rmSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Clock, FakeClock } from '../../base/clock.ts'
import { seededRandom } from '../../base/random.ts'
import { createIngest } from '../../engine/ingest/ingest.ts'
import { createTracking } from '../../engine/tracking/create-tracking.ts'
import { OrderedIds } from '../../engine/tracking/ordered-ids.ts'
import { withKey, type WriteKey, type WriteKeyTerms, writeKeyOf } from '../../engine/tracking/write-keys.ts'
import type { Log } from '../../log/log.ts'
import { DEFAULT_SOURCE_LIMITS, type Source } from '../../model/catalog.ts'
import { decodeBatch } from '../../model/document-batch.ts'
import type { TrackedEvent } from '../../model/event/event.ts'
import type { QuarantinedItem } from '../../model/event/quarantine.ts'
import { SchemaSet } from '../../model/schema/schema-set.ts'
import { INBOX, QUARANTINE } from '../../model/system-collections.ts'
import { BodyReader } from '../body.ts'
import { segmentCatalog } from '../front-door.fixture.ts'
import { createServer } from '../server.ts'
import { DEFAULT_LIMITS, type ServerLimits, type ServerTimeouts } from '../server-limits.ts'
import { Access } from './access.ts'
import { AccessTokens } from './access-tokens.ts'
import { LiveEvents } from './live-events.ts'
import { type TrackingParts, trackingRoutes } from './tracking-routes.ts'
import { WriteKeyBook } from './write-key-book.ts'
import { changeWriteKeys, writeKeyFile } from './write-key-file.ts'

export const WEB_KEY = 'web-key-0123456789'
export const READ_KEY = 'read-key-0123456789'
export const CREATED_AT = '2025-12-01T00:00:00.000Z'

export function sourceOf(name: string, more: Partial<Source> = {}): Source {
  return { name, sdk: 'segment', isStrict: false, limits: DEFAULT_SOURCE_LIMITS, oauthClients: [], ...more }
}

export type TrackingServer = {
  url: string
  port: number
  clock: FakeClock
  live: LiveEvents
  keyFile: string
  bugs: unknown[]
  /** Adds a key to the file, as another process would. */
  addKey: (key: string, terms: WriteKeyTerms) => WriteKey
  /** What is on the log. */
  written: () => Promise<{ events: TrackedEvent[]; quarantined: QuarantinedItem[] }>
  close: () => Promise<void>
}

export type TrackingServerOptions = Pick<TrackingParts, 'pressure' | 'publicUrl' | 'bundles'> & {
  sources?: Source[]
  limits?: Partial<ServerLimits>
  timeouts?: Partial<ServerTimeouts>
  isLoopbackOnly?: boolean
  wrapLog?: (log: Log) => Log
}

export type OpenTrackingServer = (options?: TrackingServerOptions) => Promise<TrackingServer>

/** Opens servers with the source `web` and its key, and a key to read; each is closed when its test ends, and has a log of its own. */
export function trackingServerOn(openLog: (clock: Clock) => Promise<Log>): OpenTrackingServer {
  return (options = {}) => open(options, openLog)
}

async function open(options: TrackingServerOptions, openLog: (clock: Clock) => Promise<Log>): Promise<TrackingServer> {
  const { sources = [sourceOf('web')], wrapLog = (log: Log) => log } = options
  const folder = mkdtempSync(join(tmpdir(), 'millrace-tracking-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const keyFile = writeKeyFile(folder)
  const addKey = keyAdder(keyFile)
  addKey(WEB_KEY, { source: 'web', scopes: ['track'] })
  addKey(READ_KEY, { scopes: ['read'] })
  const clock = new FakeClock()
  const log = await openLog(clock)
  const bugs: unknown[] = []
  const live = new LiveEvents(clock)
  const server = serverOf({
    ...options,
    sources,
    keyFile,
    clock,
    log: wrapLog(log),
    live,
    reportBug: (error) => bugs.push(error),
  })
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
  let closed: Promise<void> | undefined
  const close = () => (closed ??= server.close())
  onTestFinished(close)
  return { url: `http://127.0.0.1:${port}`, port, clock, live, keyFile, bugs, addKey, written: () => readLog(log), close }
}

type Opening = TrackingServerOptions & {
  sources: Source[]
  keyFile: string
  clock: FakeClock
  log: Log
  live: LiveEvents
  reportBug: (error: unknown) => void
}

function serverOf({ sources: list, keyFile, clock, log, live, reportBug, isLoopbackOnly = true, ...options }: Opening) {
  const sources = Object.fromEntries(list.map((source) => [source.name, source]))
  const bodies = new BodyReader({ ...DEFAULT_LIMITS, ...options.limits })
  const tokens = new AccessTokens()
  const keys = new WriteKeyBook(keyFile, clock, reportBug)
  const access = new Access({ sources, keys, tokens, clock, isLoopbackOnly })
  const ids = new OrderedIds(seededRandom(1))
  const tracking = createTracking({ log, ids, isSuppressed: () => false, observe: live.observe })
  return createServer({
    ingest: createIngest({ catalog: segmentCatalog, schemas: new SchemaSet(segmentCatalog.schemas), log }),
    clock,
    status: () => ({}),
    reportBug,
    bodies,
    routes: trackingRoutes({ ...options, tracking, sources, access, tokens, live, bodies, clock, reportBug }),
    ...(options.limits && { limits: options.limits }),
    ...(options.timeouts && { timeouts: options.timeouts }),
  })
}

function keyAdder(keyFile: string): TrackingServer['addKey'] {
  return (key, terms) => {
    const record = writeKeyOf(key, terms, CREATED_AT)
    changeWriteKeys(keyFile, (keys) => withKey(keys, record))
    return record
  }
}

async function readLog(log: Log): Promise<{ events: TrackedEvent[]; quarantined: QuarantinedItem[] }> {
  const entries = await log.read(0, { maxBytes: Number.MAX_SAFE_INTEGER })
  const sections = entries.flatMap(({ payload }) => decodeBatch(payload))
  const documents = (name: string) =>
    sections.filter(({ collection }) => collection === name).flatMap((section) => [...section.documents()])
  return {
    events: documents(INBOX).map((text) => JSON.parse(text) as TrackedEvent),
    quarantined: documents(QUARANTINE).map((text) => JSON.parse(text) as QuarantinedItem),
  }
}

export type Sent = { method?: string; body?: unknown; headers?: Record<string, string>; key?: string | null }
export type Answered = { status: number; headers: Headers; text: string; answer: Record<string, unknown> }

/** One request; a POST with the key of `web` in a Basic header and a JSON body, unless it says otherwise. */
export async function call(server: { url: string }, path: string, sent: Sent = {}): Promise<Answered> {
  const { method = 'POST', body, headers, key = WEB_KEY } = sent
  const authorization = key === null ? {} : { authorization: basic(`${key}:`) }
  const init: RequestInit = { method, headers: { ...authorization, ...headers } }
  // Buffers are fine as bodies; the type of `fetch` only knows those that share no memory.
  if (body !== undefined)
    init.body = (typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)) as string
  const response = await fetch(server.url + path, init)
  const text = await response.text()
  const isJson = (response.headers.get('content-type') ?? '').includes('json')
  return {
    status: response.status,
    headers: response.headers,
    text,
    answer: (isJson && text !== '' ? JSON.parse(text) : {}) as Record<string, unknown>,
  }
}

/** For headers that `fetch` keeps for itself, such as `Host` and `Origin`. */
export function callRaw(server: { port: number }, path: string, { method = 'GET', headers = {} }: Sent): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ port: server.port, host: '127.0.0.1', path, method, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => {
        const names = Object.entries(response.headers).map(([name, value]): [string, string] => [name, String(value)])
        const answer = (text.startsWith('{') ? JSON.parse(text) : {}) as Record<string, unknown>
        resolve({ status: response.statusCode ?? 0, headers: new Headers(names), text, answer })
      })
    })
    sent.on('error', reject)
    sent.end()
  })
}

export function basic(text: string): string {
  return `Basic ${Buffer.from(text).toString('base64')}`
}

/** The number-th track event, the same each time. */
export function trackOf(number: number): { type: string; event: string; userId: string; messageId: string } {
  return { type: 'track', event: 'Opened', userId: `u${number}`, messageId: `m${number}` }
}
