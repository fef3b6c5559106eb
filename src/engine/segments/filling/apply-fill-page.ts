/**
 * Pages of history for a segment that is new or has changed (model/segment/segment.ts, `Filling`). A page that does not go on where the
 * last one ended, or is of an older version, has no effect: so whoever makes the pages may die, come back and repeat itself.
 */
import type { FillPage } from '../../../model/profile/command.ts'
import type { EntityId } from '../../../model/profile/entity.ts'
import type { Filling, SegmentState } from '../../../model/segment/segment.ts'
import { mergeCounted } from '../../../model/segment/tally.ts'
import { openEntities } from '../evaluation.ts'
import { accountOf } from '../tallying.ts'
import type { SegmentWork } from '../segment-work.ts'

type HistoryPage = Extract<FillPage, { step: 'history' }>
type MembersPage = Extract<FillPage, { step: 'members' }>

export async function applyFillPage(work: SegmentWork, page: FillPage): Promise<void> {
  const { registry } = work.documents
  const state = registry.find(page.segment)
  const filling = state?.filling
  if (state === undefined || filling === undefined) return
  if (state.version !== page.version || filling.step !== page.step || filling.cursor !== page.from) return
  if (page.step === 'history') await applyHistory(work, page)
  else await applyMembers(work, page)
  const size = page.step === 'history' ? page.activities.length : page.entities.length
  registry.advance(page.segment, next(filling, page, size))
  if (page.to !== null) return
  if (page.step === 'history') registry.tallies.complete(page.segment)
  else end(work, state)
}

function next(filling: Filling, { to, total }: FillPage, size: number): Filling | undefined {
  if (to !== null) return { ...filling, cursor: to, done: filling.done + size, total }
  return filling.step === 'history' ? { ...filling, step: 'members', cursor: '', done: 0, total: null } : undefined
}

function end({ documents }: SegmentWork, { isDeleting, definition }: SegmentState): void {
  if (isDeleting) documents.registry.remove(definition.id)
}

/** What the parts have counted since goes on; history comes on top. */
async function applyHistory(work: SegmentWork, { segment, activities }: HistoryPage): Promise<void> {
  const { identities, documents } = work
  const parts = activities.map(([part]) => part)
  await identities.user.load(parts)
  await documents.parts.user.open(parts)
  for (const [part, tallies] of activities) {
    // Erased meanwhile.
    if (identities.user.find(part) === undefined) continue
    for (const [key, counted] of Object.entries(tallies)) {
      const state = documents.registry.tallies.find(key)
      if (state === undefined || state.owner !== segment || state.isComplete) continue
      await addHistory(work, { part, key, counted })
    }
  }
}

type History = { part: EntityId; key: string; counted: HistoryPage['activities'][number][1][string] }

async function addHistory(work: SegmentWork, { part, key, counted }: History): Promise<void> {
  const { documents, place } = work
  const state = documents.registry.tallies.find(key)
  const owner = state?.tally.kind === 'account' ? await accountOf(work, part) : part
  if (state === undefined || owner === undefined) return
  const { kind, events, keeps } = state.tally
  const { value } = await documents.activity(kind, owner, events.name)
  const sum = mergeCounted(value?.[key], counted, keeps, place.at)
  if (sum !== undefined) await documents.putActivity({ kind, part: owner, event: events.name }, { ...value, [key]: sum })
}

async function applyMembers(work: SegmentWork, { segment, entities }: MembersPage): Promise<void> {
  const { documents } = work
  const state = documents.registry.find(segment)
  if (state === undefined) return
  const { kind } = state.definition
  const live = documents.registry.index.all[kind].filter(({ id }) => id === segment)
  await openEntities(work, kind, entities)
  for (const entity of entities) work.touched.add(kind, entity, live)
}
