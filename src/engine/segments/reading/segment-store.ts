import type { StoredDocument, StoreReader } from '../../../store/store.ts'
import { SEGMENT_SPACE, type SegmentState, TALLY_SPACE, type TallyState } from '../../../model/segment/segment.ts'

/** What readers of segments need of the store: what is committed. */
export type SegmentStore = Pick<StoreReader, 'load' | 'scan'>

/** Segments with long rules are some ten kilobytes each. */
const PAGE_DOCUMENTS = 500

/** Internal ones included, in the order of the ids. */
export async function loadSegmentStates(store: SegmentStore): Promise<SegmentState[]> {
  // Only the engine writes this space, and the next.
  return (await scanAll(store, SEGMENT_SPACE)).map(({ value }) => JSON.parse(value) as SegmentState)
}

export async function loadTallyStates(store: SegmentStore): Promise<TallyState[]> {
  return (await scanAll(store, TALLY_SPACE)).map(({ value }) => JSON.parse(value) as TallyState)
}

async function scanAll(store: SegmentStore, space: string): Promise<StoredDocument[]> {
  const found: StoredDocument[] = []
  for (;;) {
    const page = await store.scan(space, { after: found.at(-1)?.key }, PAGE_DOCUMENTS)
    found.push(...page)
    if (page.length < PAGE_DOCUMENTS) return found
  }
}
