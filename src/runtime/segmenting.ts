/** Puts segments together, as far as they are not the business of `apply`: time, history for new ones, questions about everybody, and the catalog's. */
import { systemClock } from '../base/clock.ts'
import type { ApplyStatus } from '../engine/apply/apply.ts'
import { type CommandSketch, segmentCommands } from '../engine/segments/catalog-segments.ts'
import { loadSegmentStates } from '../engine/segments/reading/segment-store.ts'
import type { Position } from '../log/log.ts'
import type { Catalog } from '../model/catalog.ts'
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
  applied: AppliedPositions
  /** Puts a command onto the log. */
  command: (sketch: CommandSketch) => Promise<Position>
  reportBug: (error: unknown) => void
}

export class Segmenting {
  readonly columns: ColumnsThread
  readonly #parts: SegmentingParts
  readonly #ticking: Ticking
  readonly #filling: SegmentFilling
  readonly #upkeep: ColumnsUpkeep
  readonly #stopping = new AbortController()
  #defining: Promise<void> | undefined

  constructor(parts: SegmentingParts) {
    const { config, catalog, applied, command, reportBug } = parts
    this.#parts = parts
    this.columns = new ColumnsThread(config, catalog)
    this.#ticking = new Ticking({ clock: systemClock, tick: () => command({ kind: 'tick' }), reportBug })
    this.#filling = new SegmentFilling({
      clock: systemClock,
      fillPage: () => this.columns.fillPage(),
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
    if (wants.hasSegments) this.#upkeep.note(applied, lagMs)
    this.#defining ??= this.#defineCatalog().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) this.#parts.reportBug(error)
    })
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

  /** What the catalog's files say is what is there, as far as the catalog is concerned. What is there already changes nothing. */
  async #defineCatalog(): Promise<void> {
    const { store, catalog, command } = this.#parts
    for (const sketch of segmentCommands(catalog.segments, await loadSegmentStates(store))) {
      if (this.#stopping.signal.aborted) return
      await command(sketch)
    }
  }
}
