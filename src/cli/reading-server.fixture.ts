/**
 * A server for tests of reading: a real one on a free port of loopback over a real `apply`, a store in memory, a lake in a folder and
 * DuckDB. What is sent is applied at once; what is filed moves from the store to the lake.
 */
import { onTestFinished } from 'vitest'
import { FakeClock } from '../base/clock.ts'
import type { Json } from '../base/json.ts'
import { seededRandom } from '../base/random.ts'
import { createIngest } from '../engine/ingest/ingest.ts'
import { event, type EventSketch, openProfiles, PLAIN_CATALOG, type Profiles } from '../engine/profiles/profiles.fixture.ts'
import { createTracking } from '../engine/tracking/create-tracking.ts'
import { OrderedIds } from '../engine/tracking/ordered-ids.ts'
import { createReplay } from '../engine/tracking/replay.ts'
import { SystemSection } from '../engine/tracking/system-section.ts'
import { hashOfKey, writeKeyOf } from '../engine/tracking/write-keys.ts'
import { BodyReader } from '../http/body.ts'
import { readingRoutes } from '../http/profiles/reading-routes.ts'
import type { Route } from '../http/route.ts'
import { DEFAULT_LIMITS } from '../http/server-limits.ts'
import { createServer } from '../http/server.ts'
import { AccessTokens } from '../http/tracking/access-tokens.ts'
import { Access } from '../http/tracking/access.ts'
import { fileAll, newLake } from '../lake/lake.fixture.ts'
import { LakeTimeline } from '../lake/timeline-query.ts'
import { openSqliteLog } from '../log/sqlite/open-sqlite-log.ts'
import { DEFAULT_SOURCE_LIMITS } from '../model/catalog.ts'
import { encodeBatch } from '../model/document-batch.ts'
import { SchemaSet } from '../model/schema/schema-set.ts'
import { COMMANDS, EVENTS } from '../model/system-collections.ts'

export const ADMIN_KEY = 'admin-key-0123456789'
export const READING_KEY = 'read-key-0123456789'

export type ReadingServer = {
  url: string
  profiles: Profiles
  bugs: unknown[]
  /** Each an entry of the log, applied when it resolves. */
  send: (...sketches: EventSketch[]) => Promise<void>
  /** Items as SDKs send them, in one request. */
  track: (...items: Json[]) => Promise<void>
  /** What was sent so far is read from the lake from now on. */
  file: () => Promise<void>
}

type Options = { isLoopbackOnly?: boolean; routes?: Route[] }

const EMPTY_CATALOG = {
  schemas: {},
  collections: {},
  materializations: {},
  tests: {},
  sources: {},
  notifications: {},
  segments: {},
  timeZone: 'UTC',
}

/** Closed when the test ends. */
export async function openReadingServer({ isLoopbackOnly = true, routes = [] }: Options = {}): Promise<ReadingServer> {
  const clock = new FakeClock(Date.UTC(2026, 2, 1, 9))
  const profiles = await openProfiles(PLAIN_CATALOG, await openSqliteLog({ path: ':memory:', clock }))
  const { log, store, settle } = profiles
  const lake = await newLake()
  const timelines = new LakeTimeline(lake)
  const bugs: unknown[] = []
  const ids = new OrderedIds(seededRandom(1))
  const outside = { clock, ids, isSuppressed: () => false }
  const bodies = new BodyReader(DEFAULT_LIMITS)
  const catalog = { ...PLAIN_CATALOG, ...EMPTY_CATALOG }
  const reading = readingRoutes({
    store,
    timelines,
    catalog,
    commands: {
      append: async (command) => {
        const section = new SystemSection(COMMANDS)
        section.add(command.id, JSON.stringify(command))
        return (await log.append({ payload: encodeBatch([section]) })).position
      },
      applied: settle,
      newId: (now) => ids.next(now),
      clock,
    },
    replay: createReplay({ log, limitsOf: () => DEFAULT_SOURCE_LIMITS, ...outside }),
    access: accessOf(clock, isLoopbackOnly),
    bodies,
  })
  const server = createServer({
    ingest: createIngest({ catalog, schemas: new SchemaSet({}), log }),
    clock,
    status: () => ({}),
    reportBug: (error) => bugs.push(error),
    bodies,
    routes: [...reading, ...routes],
  })
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(async () => {
    await server.close()
    await timelines.close()
  })
  const tracking = createTracking({ log, ...outside })
  const source = { name: 'web', sdk: 'segment', isStrict: false, limits: DEFAULT_SOURCE_LIMITS, oauthClients: [] } as const
  return {
    url: `http://127.0.0.1:${port}`,
    profiles,
    bugs,
    send: async (...sketches) => {
      for (const sketch of sketches) await profiles.send(event(sketch))
      await settle()
    },
    track: async (...items) => {
      await tracking.accept({ source: { ...source, oauthClients: [] }, items, envelope: {}, receivedAt: clock.now() })
      await settle()
    },
    file: async () => {
      const collections = [{ name: EVENTS, derivation: { module: '', transforms: {} } }]
      await fileAll({ ...lake, clock: new FakeClock() }, { collections, store })
    },
  }
}

function accessOf(clock: FakeClock, isLoopbackOnly: boolean): Access {
  const keys = [
    writeKeyOf(ADMIN_KEY, { scopes: ['admin'] }, CREATED_AT),
    writeKeyOf(READING_KEY, { scopes: ['read'] }, CREATED_AT),
  ]
  const find = (text: string) => keys.find(({ hash }) => hash === hashOfKey(text))
  return new Access({ sources: {}, keys: { find }, tokens: new AccessTokens(), clock, isLoopbackOnly })
}

const CREATED_AT = '2025-12-01T00:00:00.000Z'
