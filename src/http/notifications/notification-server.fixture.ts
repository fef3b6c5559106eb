/** A real server with notifications on a free port of loopback, over outputs that a test commits by hand. */
import { onTestFinished } from 'vitest'
import { createIngest } from '../../engine/ingest/ingest.ts'
import { NotificationReader } from '../../engine/notifications/notification-reader.ts'
import { CATALOG, World } from '../../engine/notifications/notifications.fixture.ts'
import { hashOfKey, writeKeyOf } from '../../engine/tracking/write-keys.ts'
import { openSqliteLog } from '../../log/sqlite/open-sqlite-log.ts'
import { SchemaSet } from '../../model/schema/schema-set.ts'
import { segmentCatalog } from '../front-door.fixture.ts'
import { BodyReader } from '../body.ts'
import { createServer } from '../server.ts'
import { DEFAULT_LIMITS } from '../server-limits.ts'
import { Access } from '../tracking/access.ts'
import { AccessTokens } from '../tracking/access-tokens.ts'
import { notificationRoutes } from './notification-routes.ts'
import { webhookRoutes } from './webhook-routes.ts'

export const READER_KEY = 'read-key-0123456789'
export const ADMIN_KEY = 'admin-key-0123456789'
export const WRITER_KEY = 'track-key-0123456789'

export type NotificationServer = {
  url: string
  port: number
  world: World
  bugs: unknown[]
  /** How the webhooks of the catalog are. */
  webhooks: Map<string, { state: string; code?: string }>
  /** How often their deliveries were woken. */
  wakes: () => number
  waiting: () => number
  reads: () => number
  close: () => Promise<void>
}

class CountingReader extends NotificationReader {
  count = 0

  override async read(...args: Parameters<NotificationReader['read']>): ReturnType<NotificationReader['read']> {
    const page = await super.read(...args)
    this.count++
    return page
  }
}

/** Closed when the test ends. `waiting`: how many requests and streams wait for the clock right now; `reads`: pages that were read. */
export async function openNotificationServer({ isLoopbackOnly = true } = {}): Promise<NotificationServer> {
  const world = await World.open()
  const { clock } = world
  const reader = new CountingReader(world.store, CATALOG)
  const bugs: unknown[] = []
  const webhooks: NotificationServer['webhooks'] = new Map()
  let wakes = 0
  const log = await openSqliteLog({ path: ':memory:', clock })
  const createdAt = '2025-12-01T00:00:00.000Z'
  const keys = [
    writeKeyOf(READER_KEY, { scopes: ['read'] }, createdAt),
    writeKeyOf(ADMIN_KEY, { scopes: ['admin'] }, createdAt),
    writeKeyOf(WRITER_KEY, { source: 'web', scopes: ['track'] }, createdAt),
  ]
  const find = (text: string) => keys.find(({ hash }) => hash === hashOfKey(text))
  const access = new Access({ sources: {}, keys: { find }, tokens: new AccessTokens(), clock, isLoopbackOnly })
  const reportBug = (error: unknown) => void bugs.push(error)
  const server = createServer({
    ingest: createIngest({ catalog: segmentCatalog, schemas: new SchemaSet(segmentCatalog.schemas), log }),
    clock,
    status: () => ({}),
    reportBug,
    routes: [
      ...notificationRoutes({ reader, clock, waitForMore: world.waitForMore, access, reportBug }),
      ...webhookRoutes({
        store: world.store,
        webhooks: { find: (name) => webhooks.get(name), wake: () => wakes++ },
        newId: () => 'f'.repeat(24),
        access,
        bodies: new BodyReader(DEFAULT_LIMITS),
      }),
    ],
  })
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
  const ownSleepers = clock.sleeping
  let closed: Promise<void> | undefined
  const close = () => (closed ??= server.close())
  onTestFinished(close)
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    world,
    bugs,
    webhooks,
    wakes: () => wakes,
    waiting: () => clock.sleeping - ownSleepers,
    reads: () => reader.count,
    close,
  }
}
