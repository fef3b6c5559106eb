/** The main thread's side of the columns: questions about everybody at once, and the history that new segments wait for. */
import { MillraceError } from '../base/errors.ts'
import { ParallelThread } from '../base/parallel-thread.ts'
import type { SegmentQueries } from '../engine/segments/reading/segment-queries.ts'
import type { Catalog } from '../model/catalog.ts'
import type { EntityId } from '../model/profile/entity.ts'
import type { Comparison, Preview } from '../model/segment/preview.ts'
import type { EngineConfig } from './config.ts'
import { siblingModule } from './sibling-module.ts'
import type { ColumnsAnswer, ColumnsInput, ColumnsQuestion, FillPageSketch } from './threads/columns-thread.ts'

const HEAP_MB = 512

export class ColumnsThread implements SegmentQueries {
  readonly #thread: ParallelThread<ColumnsQuestion, ColumnsAnswer>
  #isStopped = false

  constructor(config: EngineConfig, catalog: Catalog) {
    const input: ColumnsInput = { config, catalog }
    this.#thread = new ParallelThread({
      module: siblingModule(import.meta.url, './threads/columns-thread'),
      name: 'columns',
      input,
      heapMb: HEAP_MB,
      diedError: (reason, cause) =>
        new MillraceError('lake_unavailable', `The thread that answers questions about everybody died: ${reason}.`, {
          hint: 'It starts again with the next question; nothing is lost.',
          cause,
          retryable: true,
        }),
    })
  }

  // What each question is answered with is decided in columns-thread.ts.
  async preview(definition: Parameters<SegmentQueries['preview']>[0]): Promise<Preview> {
    return (await this.#thread.ask({ ask: 'preview', definition })) as Preview
  }

  async compare(...[definition, instead]: Parameters<SegmentQueries['compare']>): Promise<Comparison> {
    return (await this.#thread.ask({ ask: 'compare', definition, instead })) as Comparison
  }

  async members(
    segment: Parameters<SegmentQueries['members']>[0],
    page: { after?: EntityId; limit: number },
  ): Promise<EntityId[]> {
    return (await this.#thread.ask({ ask: 'members', segment: { id: segment.id, kind: segment.kind }, ...page })) as EntityId[]
  }

  /** Rejects when `signal` aborts; the next page is then made anew. */
  async fillPage(signal: AbortSignal): Promise<FillPageSketch | undefined> {
    return (await this.#thread.ask({ ask: 'fill-page' }, signal)) as FillPageSketch | undefined
  }

  /** So that the next question finds little to read. */
  async catchUp(signal: AbortSignal): Promise<void> {
    await this.#thread.ask({ ask: 'catch-up' }, signal)
  }

  /** What it holds of somebody must go: it is made anew from what is left. */
  async discard(): Promise<void> {
    if (!this.#isStopped) return void (await this.#thread.ask({ ask: 'discard' }))
    throw new MillraceError('lake_unavailable', 'Millrace is stopping: the columns cannot be discarded any more.', {
      hint: 'It is done after the next start.',
      retryable: true,
    })
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#thread.stop()
  }
}
