/** Brings history to segments that wait for it: page after page onto the log, the next one while the last is applied. */
import { Doorbell } from '../base/doorbell.ts'
import type { Clock } from '../base/clock.ts'
import { durabilityPoint } from '../base/durability-point.ts'
import type { Position } from '../log/log.ts'
import type { FillPageSketch } from './threads/columns-thread.ts'

type SegmentFillingParts = {
  clock: Clock
  fillPage: (signal: AbortSignal) => Promise<FillPageSketch | undefined>
  append: (page: FillPageSketch) => Promise<Position>
  applied: (position: Position, signal: AbortSignal) => Promise<void>
}

export type SegmentFillingState = { state: 'idle' | 'filling' } | { state: 'retrying'; message: string }

const PAUSE_MS = 2_000

export class SegmentFilling {
  readonly #parts: SegmentFillingParts
  readonly #bell = new Doorbell()
  readonly #stopping = new AbortController()
  readonly #running: Promise<void>
  #isWanted = false
  /** Of the last page, which may not be applied yet. */
  #last: Position = 0
  /** A page on its way to the log, or what must not meet one. */
  #turn: Promise<unknown> = Promise.resolve()
  state: SegmentFillingState = { state: 'idle' }

  constructor(parts: SegmentFillingParts) {
    this.#parts = parts
    this.#running = this.#run(this.#stopping.signal)
  }

  /** What `apply` says after each commit. */
  note(isWanted: boolean): void {
    this.#isWanted = isWanted
    if (isWanted) this.#bell.ring()
  }

  /** Does this when no page is on its way to the log; the next one is made after it. */
  betweenPages<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (!this.#isWanted) {
        this.state = { state: 'idle' }
        await this.#bell.wait(signal)
        continue
      }
      try {
        await this.#bringPage(signal)
      } catch (error) {
        if (signal.aborted) return
        this.state = { state: 'retrying', message: error instanceof Error ? error.message : String(error) }
        await this.#parts.clock.sleep(PAUSE_MS, signal)
      }
    }
  }

  /** One page is on the log while the next one is made and appended; behind the last of a step nothing is known before it is applied. */
  async #bringPage(signal: AbortSignal): Promise<void> {
    this.state = { state: 'filling' }
    const appended = await this.betweenPages(() => this.#appendPage(signal))
    // What waited has been deleted, or has begun anew: the next commit tells.
    if (appended === undefined) return await this.#bell.wait(signal)
    durabilityPoint('page-appended')
    await this.#parts.applied(appended.isLast ? appended.position : this.#last, signal)
    this.#last = appended.position
    durabilityPoint('page-applied')
  }

  async #appendPage(signal: AbortSignal): Promise<{ position: Position; isLast: boolean } | undefined> {
    const page = signal.aborted ? undefined : await this.#parts.fillPage(signal)
    if (page === undefined || signal.aborted) return undefined
    return { position: await this.#parts.append(page), isLast: page.to === null }
  }
}
