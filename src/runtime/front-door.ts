/** Puts the front door of the profiles together: tracking, reading, and what operators do, over one log and one store. */
import { randomBytes } from 'node:crypto'
import { systemClock } from '../base/clock.ts'
import { systemRandom } from '../base/random.ts'
import { type EventTotals, loadEventTotals } from '../engine/profiles/event-counts.ts'
import type { CommandPort } from '../engine/profiles/reading/profile-commands.ts'
import type { ApplyStatus } from '../engine/apply/apply.ts'
import type { CommandSketch } from '../engine/segments/catalog-segments.ts'
import { NotificationReader } from '../engine/notifications/notification-reader.ts'
import { createReplay } from '../engine/tracking/replay.ts'
import { createTracking } from '../engine/tracking/create-tracking.ts'
import { OrderedIds } from '../engine/tracking/ordered-ids.ts'
import type { IsSuppressed } from '../engine/tracking/suppression.ts'
import { SystemSection } from '../engine/tracking/system-section.ts'
import type { Tracking } from '../engine/tracking/tracking.ts'
import { BodyReader } from '../http/body.ts'
import { erasureRoutes } from '../http/erasure/erasure-routes.ts'
import { notificationRoutes } from '../http/notifications/notification-routes.ts'
import { webhookRoutes } from '../http/notifications/webhook-routes.ts'
import { readingRoutes } from '../http/profiles/reading-routes.ts'
import type { Route } from '../http/route.ts'
import { DEFAULT_LIMITS } from '../http/server-limits.ts'
import { Access } from '../http/tracking/access.ts'
import { AccessTokens } from '../http/tracking/access-tokens.ts'
import { findBundles } from '../http/tracking/browser-sdk.ts'
import { LiveEvents } from '../http/tracking/live-events.ts'
import { isLoopback } from '../http/tracking/local-request.ts'
import { segmentRoutes } from '../http/segments/segment-routes.ts'
import { trackingRoutes } from '../http/tracking/tracking-routes.ts'
import { WriteKeyBook } from '../http/tracking/write-key-book.ts'
import { writeKeyFile } from '../http/tracking/write-key-file.ts'
import { LakeTimeline } from '../lake/timeline-query.ts'
import type { Log, Position } from '../log/log.ts'
import { type Catalog, DEFAULT_SOURCE_LIMITS } from '../model/catalog.ts'
import { encodeBatch } from '../model/document-batch.ts'
import type { Command } from '../model/profile/command.ts'
import { COMMANDS } from '../model/system-collections.ts'
import type { StoreReader } from '../store/store.ts'
import type { AppliedPositions } from './applied-positions.ts'
import type { EngineConfig } from './config.ts'
import { dataDirectory } from './data-directory.ts'
import { type Erasing, openErasing } from './erasing.ts'
import { openWhenNeeded } from './open-when-needed.ts'
import { Segmenting } from './segmenting.ts'
import type { SegmentFillingState } from './segment-filling.ts'
import { openStoreReader } from './storage.ts'
import type { Webhooks } from './webhooks.ts'

export type FrontDoorParts = {
  config: EngineConfig
  catalog: Catalog
  log: Log
  /** How far the profiles are applied and committed. */
  applied: AppliedPositions
  /** For how long the oldest accepted document has waited to be applied, in milliseconds. */
  lagMs: () => number
  /** Called when so many inputs are on the log at this position. */
  onAccepted: (position: Position, inputs: number) => void
  wakeLake: () => void
  /** Of notifications. */
  webhooks: Pick<Webhooks, 'find' | 'wake'>
  reportBug: (error: unknown) => void
}

export type FrontDoor = {
  routes: Route[]
  /** One limit for all bodies that are held at once. */
  bodies: BodyReader
  totals: () => Promise<EventTotals>
  /** The catalog's segments, before requests are taken (see `Segmenting`). */
  defineSegments: () => Promise<Position | undefined>
  /** The lake has done something. */
  ring: () => void
  /** `apply` has committed. */
  note: (status: ApplyStatus) => void
  /** What brings history to segments. */
  filling: () => SegmentFillingState
  close: () => Promise<void>
}

/** Rejects with `write_keys_invalid` and `catalog_invalid`. */
export async function openFrontDoor(parts: FrontDoorParts): Promise<FrontDoor> {
  const { config } = parts
  const { lakePath, lakeManifestPath } = dataDirectory(config.data)
  const store = openWhenNeeded(() => openStoreReader(config))
  const timelines = new LakeTimeline({ directory: lakePath, manifestPath: lakeManifestPath })
  const log = singly(parts)
  const segmenting = new Segmenting({ ...parts, store, command: (sketch) => appendCommand(log, completed(sketch)) })
  const columns = { discard: () => segmenting.discardColumns() }
  const erasing = await openErasing({ ...parts, store, columns, log: { ...log, ...readingOf(parts.log) } })
  const shared = share(parts, erasing)
  const close = async () => {
    // An erasure may wait for the columns, which give up what they do.
    await Promise.all([segmenting.stop(), erasing.stop()])
    await timelines.close()
    await store.close()
  }
  return {
    routes: [
      ...trackingGroup(parts, shared),
      ...readingGroup(parts, { ...shared, store, timelines }),
      ...segmentRoutes({
        ...shared,
        store,
        timelines,
        catalog: parts.catalog,
        commands: commandsOf(parts),
        queries: segmenting.columns,
      }),
      ...notificationRoutes({
        reader: new NotificationReader(store, parts.catalog),
        clock: systemClock,
        waitForMore: (position, signal) => parts.applied.wait(position, signal),
        access: shared.access,
        reportBug: parts.reportBug,
      }),
      ...webhookRoutes({ ...shared, store, webhooks: parts.webhooks, newId }),
      ...erasureRoutes({ ...shared, eraser: erasing.eraser }),
    ],
    bodies: shared.bodies,
    totals: () => loadEventTotals(store),
    defineSegments: () => segmenting.define(),
    ring: erasing.ring,
    note: (status) => {
      segmenting.note(status, parts.lagMs())
      erasing.ring()
    },
    filling: () => segmenting.filling,
    close,
  }
}

/** What several groups of routes work with. */
type Shared = {
  bodies: BodyReader
  access: Access
  tokens: AccessTokens
  live: LiveEvents
  ids: OrderedIds
  isSuppressed: IsSuppressed
}

function share({ config, catalog, reportBug }: FrontDoorParts, { suppression }: Erasing): Shared {
  const tokens = new AccessTokens()
  const keys = new WriteKeyBook(writeKeyFile(dataDirectory(config.data).path), systemClock, reportBug)
  const isLoopbackOnly = isLoopback(config.host)
  return {
    bodies: new BodyReader(DEFAULT_LIMITS),
    access: new Access({ sources: catalog.sources, keys, tokens, clock: systemClock, isLoopbackOnly }),
    tokens,
    live: new LiveEvents(systemClock),
    ids: new OrderedIds(systemRandom),
    isSuppressed: (claim, kind) => suppression.isSuppressed(kind, claim),
  }
}

function trackingGroup(parts: FrontDoorParts, { ids, isSuppressed, live, ...shared }: Shared): Route[] {
  const { config, catalog, log, reportBug } = parts
  return trackingRoutes({
    ...shared,
    live,
    tracking: told(createTracking({ log, ids, isSuppressed, observe: live.observe }), parts),
    sources: catalog.sources,
    clock: systemClock,
    reportBug,
    pressure: pressureOf(parts),
    bundles: findBundles(),
    ...(config.publicUrl !== undefined && { publicUrl: config.publicUrl }),
  })
}

type ReadingTools = Shared & { store: StoreReader; timelines: LakeTimeline }

function readingGroup(parts: FrontDoorParts, { ids, isSuppressed, live, ...tools }: ReadingTools): Route[] {
  const { catalog } = parts
  const log = singly(parts)
  const limitsOf = (source: string) => catalog.sources[source]?.limits ?? DEFAULT_SOURCE_LIMITS
  return readingRoutes({
    ...tools,
    catalog,
    replay: createReplay({ log, ids, isSuppressed, observe: live.observe, clock: systemClock, limitsOf }),
    commands: commandsOf(parts),
  })
}

function commandsOf(parts: FrontDoorParts): CommandPort {
  const log = singly(parts)
  return {
    append: (command) => appendCommand(log, command),
    applied: (position, signal) => parts.applied.wait(position, signal),
    newId,
    clock: systemClock,
  }
}

function newId(): string {
  return randomBytes(12).toString('hex')
}

/** With an id and the present time. */
function completed(sketch: CommandSketch): Command {
  return { ...sketch, id: newId(), at: new Date(systemClock.now()).toISOString() }
}

/** Under a lag beyond the limit a client is asked to come back when half of it may be worked off. */
function pressureOf({ config, lagMs }: FrontDoorParts): () => number | undefined {
  return () => (lagMs() > config.lagMaxMs ? Math.ceil(config.lagMaxMs / 2_000) : undefined)
}

async function appendCommand(log: Pick<Log, 'append'>, command: Command): Promise<Position> {
  const section = new SystemSection(COMMANDS)
  section.add(command.id, JSON.stringify(command))
  const { position } = await log.append({ payload: encodeBatch([section]) })
  return position
}

/** A lag that nobody notices. */
const PACED_FROM_MS = 2_000
/** Far below the time-outs of clients. */
const HELD_BACK_MAX_MS = 1_000

/**
 * Tracking whose receipts are told, and are held back the longer the more `apply` lags: clients that wait for answers (files, servers
 * under load) slow down by themselves, and the lag stays within seconds. Those that do not wait meet the limit of the lag at last.
 */
function told(tracking: Tracking, { onAccepted, lagMs }: FrontDoorParts): Tracking {
  return {
    accept: async (delivery) => {
      const receipt = await tracking.accept(delivery)
      if (receipt.position !== undefined) onAccepted(receipt.position, receipt.accepted + receipt.rejected.length)
      const excessMs = lagMs() - PACED_FROM_MS
      if (excessMs > 0) await systemClock.sleep(Math.min(excessMs / 10, HELD_BACK_MAX_MS))
      return receipt
    },
  }
}

/** The log for what comes one by one: commands, and items from the quarantine. */
function singly({ log, onAccepted }: FrontDoorParts): Pick<Log, 'append'> {
  return {
    append: async (request) => {
      const receipt = await log.append(request)
      onAccepted(receipt.position, 1)
      return receipt
    },
  }
}

function readingOf(log: Log): Pick<Log, 'read' | 'redact' | 'head'> {
  return {
    read: (after, limits) => log.read(after, limits),
    redact: (changes) => log.redact(changes),
    head: () => log.head(),
  }
}
