/** Puts segments together, as far as they are not the business of `apply`: time, history for new ones, questions about everybody, and the catalog's. */
import { systemClock } from '../base/clock.ts'
import { MillraceError } from '../base/errors.ts'
import type { ApplyStatus } from '../engine/apply/apply.ts'
import { type CommandSketch, segmentCommands } from '../engine/segments/catalog-segments.ts'
import { requireSameKinds } from '../engine/segments/segment-kinds.ts'
import { loadSegmentsAtHead } from '../engine/segments/segments-at-head.ts'
import type { Log, Position } from '../log/log.ts'
import type { Catalog } from '../model/catalog.ts'
import type { SegmentState } from '../model/segment/segment.ts'
import { EVENTS } from '../model/system-collections.ts'
import type { StoreReader } from '../store/store.ts'
import type { AppliedPositions } from './applied-positions.ts'
import { ColumnsThread } from './columns.ts'
import { ColumnsUpkeep } from './columns-upkeep.ts'
import type { EngineConfig } from './config.ts'
import { SegmentFilling, type SegmentFillingState } from './segment-filling.ts'
import { Ticking } from './ticking.ts'

export type SegmentingParts = {
  config: EngineConfig
  catalog: Catalog
  store: StoreReader
  log: Pick<Log, 'read' | 'head'>
  applied: AppliedPositions
  /** Puts a command onto the log. */
  command: (sketch: CommandSketch) => Promise<Position>
  reportBug: (error: unknown) => void
}

/** A store that does not answer for so long at start does not keep events out. */
const STORE_ANSWERS_MS = 5_000

export class Segmenting {
  readonly columns: ColumnsThread
  readonly #parts: SegmentingParts
  readonly #ticking: Ticking
  readonly #filling: SegmentFilling
  readonly #upkeep: ColumnsUpkeep
  readonly #stopping = new AbortController()
  #isDefined = false
  #defining: Promise<unknown> = Promise.resolve()

  constructor(parts: SegmentingParts) {
    const { config, catalog, applied, command, reportBug } = parts
    this.#parts = parts
    this.columns = new ColumnsThread(config, catalog)
    this.#ticking = new Ticking({ clock: systemClock, tick: () => command({ kind: 'tick' }), reportBug })
    this.#filling = new SegmentFilling({
      clock: systemClock,
      fillPage: (signal) => this.columns.fillPage(signal),
      append: (page) => command({ kind: 'fill-segment', ...page }),
      applied: (position, signal) => applied.wait(position, signal),
    })
    this.#upkeep = new ColumnsUpkeep({ clock: systemClock, catchUp: (signal) => this.columns.catchUp(signal) })
  }

  get filling(): SegmentFillingState {
    return this.#filling.state
  }

  /** After each commit of `apply`. */
  note({ positions, wants }: ApplyStatus, lagMs: number): void {
    if (wants === undefined) return
    const applied = positions[EVENTS] ?? 0
    this.#ticking.note(applied, wants.dueAt)
    this.#filling.note(wants.isFilling)
    // Pages look at what they need by themselves, and members who enter are many changes: those are taken in afterwards.
    if (wants.hasSegments && !wants.isFilling) this.#upkeep.note(applied, lagMs)
    if (!this.#isDefined) this.#defining = this.#defineLate()
  }

  /**
   * Before requests are taken: what the catalog's files say is what will be there, as far as the catalog is concerned, when all that is on
   * the log is applied. Nothing is appended when it will be so anyway. When the store cannot be read, that is left until `apply` has it.
   * Resolves with the position of what was appended last, undefined when nothing was. Rejects with `segment_kind_changed`.
   */
  async define(): Promise<Position | undefined> {
    const { store, log } = this.#parts
    if (!(await this.#answers(store))) return undefined
    const existing = await loadSegmentsAtHead(store, log).catch(() => 'unreadable' as const)
    return existing === 'unreadable' ? undefined : await this.#append(existing)
  }

  /** For an erasure; when it resolves, none of what they held will still come onto the log. */
  async discardColumns(): Promise<void> {
    await this.#filling.betweenPages(() => this.columns.discard())
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#ticking.stop()
    this.#upkeep.stop()
    await this.#defining
    await Promise.all([this.#filling.stop(), this.columns.stop()])
  }

  async #answers(store: StoreReader): Promise<boolean> {
    const ended = new AbortController()
    const late = systemClock.sleep(STORE_ANSWERS_MS, ended.signal).then(() => false)
    const asked = store.checkpoints().then(
      () => true,
      () => false,
    )
    const answers = await Promise.race([asked, late])
    ended.abort()
    return answers
  }

  async #append(existing: readonly SegmentState[] | undefined): Promise<Position | undefined> {
    const { catalog, command } = this.#parts
    this.#isDefined = true
    if (existing === undefined || this.#stopping.signal.aborted) return undefined
    requireSameKinds(catalog.segments, existing)
    // At once: the log keeps their order, and they share a flush.
    const positions = await Promise.all(segmentCommands(catalog.segments, existing).map((sketch) => command(sketch)))
    return positions.at(-1)
  }

  /** `apply` has the store. What fails is tried again after its next commit, unless somebody must change something. */
  async #defineLate(): Promise<void> {
    this.#isDefined = true
    try {
      await this.#append(await loadSegmentsAtHead(this.#parts.store, this.#parts.log))
    } catch (error) {
      this.#isDefined = !(error instanceof MillraceError && error.retryable)
      if (this.#isDefined && !this.#stopping.signal.aborted) this.#parts.reportBug(error)
    }
  }
}
