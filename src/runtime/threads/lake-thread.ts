/** The thread that files documents into the lake. */
import { systemClock } from '../../base/clock.ts'
import { durabilityPoint } from '../../base/durability-point.ts'
import type { Position } from '../../log/log.ts'
import { createLakeWriter, type LakeReport } from '../../lake/lake-writer.ts'
import { LAKE_EVENTS_CURSOR } from '../../engine/profiles/profiles-runner.ts'
import type { LakeOrder } from '../../engine/erasure/erasure.ts'
import { normalizerOf, type Normalize } from '../../engine/erasure/subject.ts'
import { SubjectMatcher } from '../../engine/erasure/subject-matcher.ts'
import { RecordFolder } from '../../lake/json-file.ts'
import type { Redaction } from '../../lake/redaction.ts'
import type { Catalog } from '../../model/catalog.ts'
import { EVENTS } from '../../model/system-collections.ts'
import type { StoreReader } from '../../store/store.ts'
import type { EngineConfig } from '../config.ts'
import { dataDirectory } from '../data-directory.ts'
import { openLogReader, openStoreReader } from '../storage.ts'
import { serveTask } from './thread-task.ts'

export type LakeInput = { config: EngineConfig; catalog: Catalog }

export type LakeStatus = {
  /** Published since the start. */
  fragments: number
  documents: number
  /** Read up to here, by collection. */
  positions: Record<string, Position>
  /** Why the writer waits, when it does. */
  waitingFor?: string
}

/** The profiles' events are filed from the store's outputs, like those of a derived collection. */
const EVENTS_COLLECTION = { name: EVENTS, derivation: { module: '', transforms: {} } }

/** At a thousand requests a second it took more processor time to take in each by itself than to write them all. */
const GATHER_MS = 50

await serveTask<LakeInput, LakeStatus>(async ({ input: { config, catalog }, bell, report }) => {
  const { lakePath, lakeManifestPath, erasureOrdersPath } = dataDirectory(config.data)
  const orders = new RecordFolder<LakeOrder>(erasureOrdersPath)
  const normalize = normalizerOf(catalog.identity)
  const log = await openLogReader(config)
  const store = await openStoreReader(config)
  const writer = createLakeWriter({
    ...config.lake,
    directory: lakePath,
    manifestPath: lakeManifestPath,
    collections: [...Object.values(catalog.collections), EVENTS_COLLECTION],
    log,
    store,
    clock: systemClock,
    redactions: async () => (await orders.list()).map((order) => redactionOf(order, normalize)),
    onRedacted: () => report(status),
    onStep: (step) => step !== 'read' && step !== 'compressed' && step !== 'cleaned' && durabilityPoint(`lake-${step}`),
  })
  let status: LakeStatus = { fragments: 0, documents: 0, positions: {} }
  const onReport = (event: LakeReport) => {
    status = nextStatus(status, event)
    report(status)
    if (event.kind === 'published') void noteFiledEvents(store, event.filedThrough)
  }
  return {
    run: (signal) =>
      writer.run(
        signal,
        async (waiting) => {
          await bell.wait(waiting)
          // Fragments are for minutes: what comes meanwhile is taken in one go.
          await systemClock.sleep(GATHER_MS, waiting)
        },
        onReport,
      ),
    close: async () => {
      await store.close()
      await log.close()
    },
  }
})

/** An erasure's order, as the lake understands it. */
function redactionOf({ id, isDryRun, subject }: LakeOrder, normalize: Normalize): Redaction {
  const matcher = new SubjectMatcher(subject, normalize)
  return {
    id,
    isDryRun,
    collections: [EVENTS],
    mayConcern: (text) => matcher.mayConcern(text),
    concerns: (line) => matcher.concernsEvent(line),
  }
}

/** What the lake has, `apply` may remove from the outputs. When the note is lost, the next one says more. */
async function noteFiledEvents(store: StoreReader, filedThrough: ReadonlyMap<string, Position>): Promise<void> {
  const through = filedThrough.get(EVENTS) ?? 0
  if (through > 0) await store.saveCursor(LAKE_EVENTS_CURSOR, String(through)).catch(() => undefined)
}

function nextStatus({ fragments, documents, positions }: LakeStatus, event: LakeReport): LakeStatus {
  switch (event.kind) {
    case 'published': {
      const published = event.fragments.reduce((sum, fragment) => sum + fragment.documents, 0)
      return { fragments: fragments + event.fragments.length, documents: documents + published, positions }
    }
    case 'idle':
      return { fragments, documents, positions: Object.fromEntries(event.positions) }
    case 'failed':
      return { fragments, documents, positions, waitingFor: event.error.message }
  }
}
