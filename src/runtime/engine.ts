/**
 * The composition root: puts ports, implementations, threads and the front door together, and takes them apart again in order.
 * The main thread takes requests and appends to the log; applying, materializing and filing run in threads of their own, each
 * following the log or the store by position. A message between threads never carries a document, only "there is more".
 */
import { systemClock } from '../base/clock.ts'
import { MillraceError } from '../base/errors.ts'
import type { Json } from '../base/json.ts'
import type { ApplyStatus } from '../engine/apply/apply.ts'
import { createIngest, type Ingest } from '../engine/ingest/ingest.ts'
import { createServer, type HttpServer } from '../http/server.ts'
import { AppliedPositions } from './applied-positions.ts'
import { type FrontDoor, openFrontDoor } from './front-door.ts'
import type { Log, Position } from '../log/log.ts'
import type { Catalog, Materialization } from '../model/catalog.ts'
import { SchemaSet } from '../model/schema/schema-set.ts'
import { EVENTS } from '../model/system-collections.ts'
import { type EngineConfig, type EngineOptions, parseConfig } from './config.ts'
import { dataDirectory, lockDataDirectory } from './data-directory.ts'
import { Progress } from './progress.ts'
import { requireCatalog } from './require-catalog.ts'
import { siblingModule } from './sibling-module.ts'
import type { EngineStatus } from './status.ts'
import { openLog } from './storage.ts'
import { TaskThread } from './task-thread.ts'
import { tuneV8 } from './tune-v8.ts'
import type { LakeStatus } from './threads/lake-thread.ts'
import type { MaterializeStatus } from './threads/materialize-thread.ts'
import { Webhooks } from './webhooks.ts'

export type Engine = {
  /** For example `http://127.0.0.1:8080`. */
  url: string
  catalog: Catalog
  ingest: Ingest
  status: () => EngineStatus
  /** Stops accepting, commits what is applied, publishes what the lake holds open. Safe to call twice. */
  stop: () => Promise<void>
}

/** Time for open transactions to be committed; what is not is replayed from the log at the next start. */
const STOP_TIMEOUT_MS = 20_000
/** So that the segments that the start tells of are shown at once; an `apply` that has more to do, or fails, is not waited for. */
const DEFINED_WITHIN_MS = 3_000
/** Heaps: registers and the open transaction of `apply`, the rows at hand of a materialization, a few batches for the lake. */
const APPLY_HEAP_MB = 768
const MATERIALIZE_HEAP_MB = 512
const LAKE_HEAP_MB = 256
/**
 * Of it for young objects; V8's own is 48. With more, what a chunk of documents needs dies before it is copied to the old
 * generation (docs/benchmarks.md); memory sets the end.
 */
const APPLY_YOUNG_MB = 144
const MATERIALIZE_YOUNG_MB = 72
const LAKE_YOUNG_MB = 24

/** Rejects with `catalog_invalid`, `directory_locked`, `segment_kind_changed`, `address_in_use`, or what log and store reject with. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  tuneV8()
  const config = parseConfig(options)
  const catalog = await requireCatalog(config.catalog)
  const release = lockDataDirectory(dataDirectory(config.data))
  let log: Log | undefined
  let engine: RunningEngine | undefined
  try {
    log = await openLog(config, systemClock)
    engine = new RunningEngine(config, catalog, log, release)
    await engine.listen()
    return engine
  } catch (error) {
    if (engine) await engine.stop()
    else {
      await log?.close()
      release()
    }
    throw error
  }
}

class RunningEngine implements Engine {
  readonly catalog: Catalog
  readonly ingest: Ingest
  url = ''
  readonly #config: EngineConfig
  readonly #log: Log
  readonly #release: () => void
  readonly #startedAt = systemClock.now()
  readonly #applied = new Progress()
  readonly #apply: TaskThread<ApplyStatus>
  readonly #materializations: TaskThread<MaterializeStatus>[]
  readonly #webhooks: Webhooks
  readonly #lake: TaskThread<LakeStatus>
  readonly #profiles = new AppliedPositions()
  #server: HttpServer | undefined
  #door: FrontDoor | undefined
  #head = 0
  #stopped: Promise<void> | undefined

  constructor(config: EngineConfig, catalog: Catalog, log: Log, release: () => void) {
    this.catalog = catalog
    this.#config = config
    this.#log = log
    this.#release = release
    this.ingest = this.#observe(createIngest({ catalog, schemas: new SchemaSet(catalog.schemas), log }))
    this.#apply = this.#startApply()
    this.#materializations = Object.values(catalog.materializations).map((materialization) =>
      this.#startMaterialization(materialization),
    )
    this.#webhooks = new Webhooks({
      config,
      catalog,
      log,
      clock: systemClock,
      applied: () => this.#profiles.reached,
      onChange: () => this.#door?.ring(),
    })
    this.#lake = this.#startLake()
  }

  async listen(): Promise<void> {
    this.#head = await this.#log.head()
    const { host, port } = this.#config
    this.#door = await this.#openDoor()
    // Not after: on an empty store nobody must be there before the segments.
    const defined = await this.#door.defineSegments()
    this.#server = createServer({
      ingest: this.ingest,
      status: () => this.#reportStatus(),
      clock: systemClock,
      reportBug,
      routes: this.#door.routes,
      bodies: this.#door.bodies,
    })
    const bound = await this.#server.listen({ host, port })
    this.url = `http://${host}:${bound.port}`
    // Not before: a process that may not listen must not take over the store and the targets of the one that does.
    for (const part of [this.#apply, ...this.#materializations, this.#webhooks, this.#lake]) part.start()
    if (defined !== undefined) await this.#profiles.wait(defined, AbortSignal.timeout(DEFINED_WITHIN_MS))
  }

  status(): EngineStatus {
    const now = systemClock.now()
    return {
      startedAt: new Date(this.#startedAt).toISOString(),
      log: { head: this.#head },
      documents: { accepted: this.#applied.accepted, applied: this.#applied.done, lagMs: this.#applied.lagMs(now) },
      apply: { ...this.#apply.state, ...withoutWants(this.#apply.status) },
      segments: this.#segmentStatus(),
      materializations: Object.fromEntries(
        this.#materializations.map(({ name, state, status }) => [name, { ...state, ...status }]),
      ),
      notifications: this.#webhooks.reports(),
      lake: { ...this.#lake.state, ...this.#lake.status },
      memory: { residentBytes: process.memoryUsage.rss() },
    }
  }

  #segmentStatus(): EngineStatus['segments'] {
    const dueAt = this.#apply.status?.wants?.dueAt ?? Number.POSITIVE_INFINITY
    return {
      nextDueAt: Number.isFinite(dueAt) ? new Date(dueAt).toISOString() : null,
      history: this.#door?.filling() ?? { state: 'idle' },
    }
  }

  async #reportStatus(): Promise<Json> {
    // A store that is away is told of by those who work on it.
    const [events] = await Promise.all([
      this.#door?.totals().catch(() => undefined),
      this.#webhooks.lookBehind().catch(() => undefined),
    ])
    return statusJson({ ...this.status(), ...(events && { events }) })
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    await this.#server?.close()
    await this.#door?.close()
    await this.#apply.stop(STOP_TIMEOUT_MS)
    await Promise.all([...this.#materializations, this.#webhooks, this.#lake].map((part) => part.stop(STOP_TIMEOUT_MS)))
    await this.#log.close()
    this.#release()
  }

  /** Counts what is accepted, and wakes those that follow the log. */
  #observe(ingest: Ingest): Ingest {
    return {
      ...ingest,
      append: async (batches, idempotencyKey) => {
        const receipt = await ingest.append(batches, idempotencyKey)
        if (!receipt.isRepeat) this.#noteAccepted(receipt.position, receipt.documents)
        return receipt
      },
    }
  }

  #openDoor(): Promise<FrontDoor> {
    return openFrontDoor({
      config: this.#config,
      catalog: this.catalog,
      log: this.#log,
      applied: this.#profiles,
      lagMs: () => this.#applied.lagMs(systemClock.now()),
      onAccepted: (position, inputs) => this.#noteAccepted(position, inputs),
      wakeLake: () => this.#lake.wake(),
      webhooks: this.#webhooks,
      reportBug,
    })
  }

  #noteAccepted(position: Position, inputs: number): void {
    this.#head = Math.max(this.#head, position)
    this.#applied.accept(position, inputs, systemClock.now())
    for (const thread of [this.#apply, this.#lake, ...this.#materializations]) thread.wake()
  }

  #startApply(): TaskThread<ApplyStatus> {
    return new TaskThread({
      name: 'apply',
      module: siblingModule(import.meta.url, './threads/apply-thread'),
      input: { config: this.#config, catalog: this.catalog },
      heapMb: APPLY_HEAP_MB,
      youngMb: APPLY_YOUNG_MB,
      ...this.#watched(
        'Look for a lambda that never returns, or takes very long, behind the positions that are committed. Mend it and start again; nothing is lost.',
      ),
      onChange: ({ status }) => {
        if (!status) return
        const live = livePositions(status)
        this.#applied.reach(live.length === 0 ? this.#head : Math.min(...live))
        this.#profiles.reach(status.positions[EVENTS] ?? 0)
        this.#door?.note(status)
        for (const part of [this.#lake, ...this.#materializations, this.#webhooks]) part.wake()
      },
    })
  }

  #startMaterialization(materialization: Materialization): TaskThread<MaterializeStatus> {
    return new TaskThread({
      name: materialization.name,
      module: siblingModule(import.meta.url, './threads/materialize-thread'),
      input: { config: this.#config, catalog: this.catalog, materialization },
      heapMb: MATERIALIZE_HEAP_MB,
      youngMb: MATERIALIZE_YOUNG_MB,
      ...this.#watched(
        'Look for another program that keeps the target locked, or a disk that hangs; it goes on by itself when that is over.',
      ),
      onChange: () => {},
    })
  }

  #watched(stuckHint: string) {
    return { clock: systemClock, stuckAfterMs: this.#config.stuckAfterMs, stuckHint }
  }

  #startLake(): TaskThread<LakeStatus> {
    return new TaskThread({
      name: 'lake',
      module: siblingModule(import.meta.url, './threads/lake-thread'),
      input: { config: this.#config, catalog: this.catalog },
      heapMb: LAKE_HEAP_MB,
      youngMb: LAKE_YOUNG_MB,
      ...this.#watched('Look for a disk that hangs; it goes on by itself when that is over.'),
      onChange: () => this.#door?.ring(),
    })
  }
}

/** That is told in the words of segments. */
function withoutWants(status: ApplyStatus | undefined): Omit<ApplyStatus, 'wants'> | undefined {
  return status && { positions: status.positions, stopped: status.stopped }
}

/** What of the status JSON can say: members that are undefined vanish. */
function statusJson(status: EngineStatus): Json {
  return JSON.parse(JSON.stringify(status)) as Json
}

/** To stderr: a bug in a request must not end the process, and must not pass in silence. */
function reportBug(error: unknown): void {
  if (error instanceof MillraceError) return void process.stderr.write(`${error.message}\n  ${error.hint ?? ''}\n`)
  process.stderr.write(`A request met a defect of Millrace: ${error instanceof Error ? error.stack : String(error)}\n`)
}

/** Positions of the derivations that a failure does not hold. */
function livePositions({ positions, stopped }: ApplyStatus): number[] {
  const held = new Set(stopped.map(({ derivation }) => derivation))
  return Object.entries(positions).flatMap(([name, position]) => (held.has(name) ? [] : [position]))
}
