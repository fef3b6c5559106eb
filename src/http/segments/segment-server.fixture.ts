/** A real server on a free port of loopback over a world of segments (segment-world.fixture.ts); what counts everybody is said by the test. */
import { expect, onTestFinished } from 'vitest'
import { createIngest } from '../../engine/ingest/ingest.ts'
import { type EventSketch, PLAIN_CATALOG } from '../../engine/profiles/profiles.fixture.ts'
import type { SegmentQueries } from '../../engine/segments/reading/segment-queries.ts'
import { NOW, SegmentWorld } from '../../engine/segments/reading/segment-world.fixture.ts'
import { hashOfKey, writeKeyOf } from '../../engine/tracking/write-keys.ts'
import { SchemaSet } from '../../model/schema/schema-set.ts'
import type { SegmentProblem } from '../../model/segment/parse-segment.ts'
import { BodyReader } from '../body.ts'
import type { Endpoint } from '../endpoints.ts'
import { DEFAULT_LIMITS } from '../server-limits.ts'
import { createServer } from '../server.ts'
import { AccessTokens } from '../tracking/access-tokens.ts'
import { Access } from '../tracking/access.ts'
import { segmentRoutes } from './segment-routes.ts'

export const ADMIN_KEY = 'admin-key-0123456789'
export const READING_KEY = 'read-key-0123456789'

export type SegmentServer = { url: string; world: SegmentWorld; bugs: unknown[] }

type Options = { queries?: Partial<SegmentQueries>; isLoopbackOnly?: boolean; people?: EventSketch[] }

export const PEOPLE: EventSketch[] = [
  { type: 'identify', userId: 'ada', at: 0, traits: { email: 'ada@acme.com', plan: 'pro', name: 'Ada' } },
  { type: 'identify', userId: 'bob', at: 1, traits: { email: 'bob@acme.com', plan: 'trial' } },
  { type: 'group', userId: 'ada', groupId: 'acme', at: 2, traits: { tier: 'gold', name: 'Acme' } },
]

/** Closed when the test ends. */
export async function openSegmentServer(options: Options = {}): Promise<SegmentServer> {
  const { isLoopbackOnly = true, people = PEOPLE } = options
  const world = await SegmentWorld.open(...people)
  const { clock, port, timeline, profiles } = world
  const bodies = new BodyReader(DEFAULT_LIMITS)
  const empty = {
    schemas: {},
    collections: {},
    materializations: {},
    tests: {},
    sources: {},
    notifications: {},
    segments: {},
    timeZone: 'UTC',
  }
  const catalog = { ...PLAIN_CATALOG, ...empty }
  const bugs: unknown[] = []
  const server = createServer({
    ingest: createIngest({ catalog, schemas: new SchemaSet({}), log: profiles.log }),
    clock,
    status: () => ({}),
    reportBug: (error) => bugs.push(error),
    bodies,
    routes: segmentRoutes({
      store: profiles.store,
      timelines: timeline.source,
      catalog,
      commands: port,
      queries: { ...EMPTY_QUERIES, ...options.queries },
      access: accessOf(clock, isLoopbackOnly),
      bodies,
    }),
  })
  const bound = await server.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => server.close())
  return { url: `http://127.0.0.1:${bound.port}`, world, bugs }
}

const EMPTY_QUERIES: SegmentQueries = {
  preview: () => Promise.resolve({ asOf: 9, entities: 0, count: 0, sample: [], conditions: [], funnel: [] }),
  compare: () => Promise.resolve({ asOf: 9, entering: { count: 0, sample: [] }, leaving: { count: 0, sample: [] }, count: 0 }),
  members: () => Promise.resolve([]),
}

function accessOf(clock: SegmentWorld['clock'], isLoopbackOnly: boolean): Access {
  const createdAt = new Date(NOW - 1).toISOString()
  const keys = [writeKeyOf(ADMIN_KEY, { scopes: ['admin'] }, createdAt), writeKeyOf(READING_KEY, { scopes: ['read'] }, createdAt)]
  const find = (text: string) => keys.find(({ hash }) => hash === hashOfKey(text))
  return new Access({ sources: {}, keys: { find }, tokens: new AccessTokens(), clock, isLoopbackOnly })
}

export type Asked = { method?: string; body?: unknown; key?: string }
/** Each test reads the members that its endpoint has. */
type Answer = {
  segment: { id: string }
  problems: (SegmentProblem & { segment?: string })[]
  nextCursor: string | null
  detail: string
}
export type Answered = { status: number; answer: Answer; type: string | null }

export async function ask({ url }: SegmentServer, path: string, { method, body, key }: Asked = {}): Promise<Answered> {
  const response = await fetch(url + path, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { status: response.status, answer: (await response.json()) as Answer, type: response.headers.get('content-type') }
}

/** The answer is what the endpoint's table promises. */
export function expectPromised({ response }: Pick<Endpoint, 'response'>, { status, answer }: Answered): void {
  expect(status, JSON.stringify(answer)).toBe(200)
  expect(response.safeParse(answer).error).toBeUndefined()
}
