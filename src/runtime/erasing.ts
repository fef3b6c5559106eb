/** Puts erasure together: the suppression list that the front door asks, and the eraser that runs beside it. */
import { randomBytes } from 'node:crypto'
import { systemClock } from '../base/clock.ts'
import { Doorbell } from '../base/doorbell.ts'
import { Eraser } from '../engine/erasure/eraser.ts'
import type { ColumnsEraser, Erasure, LakeOrder } from '../engine/erasure/erasure.ts'
import { WebhookBodies } from '../engine/notifications/webhook-bodies.ts'
import { normalizerOf } from '../engine/erasure/subject.ts'
import { SuppressionList } from '../engine/erasure/suppression.ts'
import { JsonFile, RecordFolder } from '../lake/json-file.ts'
import { RedactionOrders } from '../lake/redaction-orders.ts'
import type { Log } from '../log/log.ts'
import type { Catalog } from '../model/catalog.ts'
import { EVENTS } from '../model/system-collections.ts'
import type { StoreReader } from '../store/store.ts'
import type { EngineConfig } from './config.ts'
import { dataDirectory } from './data-directory.ts'

export type ErasingParts = {
  config: EngineConfig
  catalog: Pick<Catalog, 'identity' | 'notifications'>
  /** Whose appends wake those that follow the log. */
  log: Pick<Log, 'append' | 'read' | 'redact' | 'head'>
  store: StoreReader
  columns: ColumnsEraser
  wakeLake: () => void
  webhooks: { wake: () => void }
  reportBug: (error: unknown) => void
}

export type Erasing = {
  eraser: Eraser
  suppression: SuppressionList
  /** More is applied, or the lake has done something. */
  ring: () => void
  /** Resolves when no step is under way; the rest is done by the next process. */
  stop: () => Promise<void>
}

export async function openErasing(parts: ErasingParts): Promise<Erasing> {
  const { config, catalog, log, store, columns, wakeLake, webhooks, reportBug } = parts
  const { erasuresPath, erasureOrdersPath, suppressionPath, lakeManifestPath } = dataDirectory(config.data)
  const normalize = normalizerOf(catalog.identity)
  const suppression = await SuppressionList.open({ file: new JsonFile(suppressionPath), newSalt, normalize })
  const bell = new Doorbell()
  const eraser = await Eraser.open({
    log,
    store,
    lake: new RedactionOrders<LakeOrder>({ folder: erasureOrdersPath, manifestPath: lakeManifestPath, onOrdered: wakeLake }),
    columns,
    bodies: new WebhookBodies({ store, webhooks: Object.keys(catalog.notifications), wake: () => webhooks.wake() }),
    records: new RecordFolder<Erasure>(erasuresPath),
    suppression,
    clock: systemClock,
    normalize,
    newId: () => randomBytes(12).toString('hex'),
    appliedThrough: async () => (await store.checkpoints()).get(EVENTS) ?? 0,
    bell,
  })
  const stopping = new AbortController()
  const running = eraser.run(stopping.signal).catch(reportBug)
  const stop = async () => {
    stopping.abort()
    await running
  }
  return { eraser, suppression, ring: () => bell.ring(), stop }
}

function newSalt(): string {
  return randomBytes(32).toString('hex')
}
