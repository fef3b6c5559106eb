/** The thread that keeps everybody and everything that happened as columns, for previews of segments and for their history. */
import { systemClock } from '../../base/clock.ts'
import { workerData } from 'node:worker_threads'
import { answerInParallel } from '../../base/parallel-thread.ts'
import { keptSince } from '../../engine/notifications/kept-outputs.ts'
import { findLinkedAccount } from '../../engine/profiles/reading/linked-account.ts'
import { ProfileReader } from '../../engine/profiles/reading/profile-reader.ts'
import { FillPages } from '../../engine/segments/filling/fill-pages.ts'
import { Columns } from '../../lake/columns/columns.ts'
import type { Catalog } from '../../model/catalog.ts'
import type { FillPage } from '../../model/profile/command.ts'
import type { EntityId } from '../../model/profile/entity.ts'
import type { Comparison, Preview } from '../../model/segment/preview.ts'
import type { SegmentDefinition } from '../../model/segment/segment.ts'
import type { EngineConfig } from '../config.ts'
import { dataDirectory } from '../data-directory.ts'
import { openStoreReader } from '../storage.ts'

export type ColumnsInput = { config: EngineConfig; catalog: Catalog }

export type FillPageSketch = FillPage extends infer Page ? (Page extends FillPage ? Omit<Page, 'kind'> : never) : never

export type ColumnsQuestion =
  | { ask: 'preview'; definition: SegmentDefinition }
  | { ask: 'compare'; definition: SegmentDefinition; instead: readonly SegmentDefinition[] }
  | { ask: 'members'; segment: Pick<SegmentDefinition, 'id' | 'kind'>; after?: EntityId; limit: number }
  | { ask: 'fill-page' }
  | { ask: 'catch-up' }
  | { ask: 'discard' }

export type ColumnsAnswer = Preview | Comparison | EntityId[] | FillPageSketch | number | undefined

const { config, catalog } = workerData as ColumnsInput
const { columnsPath, columnsTemporaryPath, lakePath, lakeManifestPath } = dataDirectory(config.data)
const store = await openStoreReader(config)
const profiles = new ProfileReader(store, catalog)
const columns = new Columns({
  path: columnsPath,
  temporaryFolder: columnsTemporaryPath,
  lake: { directory: lakePath, manifestPath: lakeManifestPath },
  store,
  clock: systemClock,
  traitRules: profiles.rules,
  changesPrunedThrough: () => keptSince(store),
  accountsOf: async (users) =>
    await Promise.all(
      users.map(async ({ entity }) => (await findLinkedAccount(entity, profiles.lookup, profiles.identity))?.placed.id),
    ),
})
const { fillPageEntities: pageSize } = config
const fillPages = new FillPages({ source: columns, store, now: () => systemClock.now(), pageSize })

answerInParallel<ColumnsQuestion, ColumnsAnswer>({
  answer,
  close: async () => {
    await fillPages.forget()
    await columns.close()
    await store.close()
  },
})

async function answer(question: ColumnsQuestion, signal: AbortSignal): Promise<ColumnsAnswer> {
  switch (question.ask) {
    case 'preview':
      await columns.catchUp(signal)
      return await columns.preview(question.definition, { now: systemClock.now(), signal })
    case 'compare':
      await columns.catchUp(signal)
      return await columns.compare(question.definition, { instead: question.instead, now: systemClock.now(), signal })
    case 'members': {
      await columns.catchUp(signal)
      const { segment, after, limit } = question
      return await columns.membersOf(segment, { ...(after !== undefined && { after }), limit })
    }
    case 'fill-page':
      return await fillPages.next(signal)
    case 'catch-up':
      return await columns.catchUp(signal)
    case 'discard':
      // Pages that were made ahead speak of those who must go.
      await fillPages.forget()
      await columns.discard()
      return undefined
  }
}
