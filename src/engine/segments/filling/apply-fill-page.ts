/**
 * Pages of history for a segment that is new or has changed (model/segment/segment.ts, `Filling`). A page that does not go on where the
 * last one ended, or is of an older version, has no effect: so whoever makes the pages may die, come back and repeat itself.
 */
import type { FillPage } from '../../../model/profile/command.ts'
import type { EntityId } from '../../../model/profile/entity.ts'
import { activityKey, type Counted, type Filling, type SegmentState, type Tally } from '../../../model/segment/segment.ts'
import { mergeCounted } from '../../../model/segment/tally.ts'
import { openEntities } from '../evaluation.ts'
import { accountOf } from '../tallying.ts'
import type { SegmentWork } from '../segment-work.ts'
import { isHeldBack } from './held-back.ts'

const ENTITY_KINDS = ['user', 'account'] as const

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
  const isEnd = page.to === null
  if (isEnd && page.step === 'history') registry.completeTallies(page.segment)
  registry.advance(page.segment, isEnd ? following(work, state, filling) : goneOn(filling, page))
  if (isEnd && page.step === 'members') end(work, state)
}

function goneOn(filling: Filling, page: FillPage): Filling {
  const size = page.step === 'history' ? page.activities.length : page.entities.length
  return { ...filling, cursor: page.to ?? '', done: filling.done + size, total: page.total }
}

/** Behind a step. Who is held back by others stays where it is, with nothing left to bring. */
function following({ documents }: SegmentWork, state: SegmentState, filling: Filling): Filling | undefined {
  if (filling.step === 'members') return undefined
  const { registry } = documents
  const { tallies } = registry
  const isIncomplete = (tally: Tally) => tallies.answering(tally)?.isComplete === false
  const isHeld = isHeldBack(state, { isIncomplete, find: (id) => registry.find(id) })
  return { ...filling, step: isHeld ? 'history' : 'members', cursor: '', done: 0, total: null }
}

function end({ documents }: SegmentWork, { isDeleting, definition }: SegmentState): void {
  if (isDeleting) documents.registry.remove(definition.id)
}

/** What is added to a tally of a part, of a user or of the account that the user belongs to. */
type Addition = { part: EntityId; key: string; tally: Tally; counted: Counted }

/** What the parts have counted since goes on; history comes on top. */
async function applyHistory(work: SegmentWork, { segment, activities }: HistoryPage): Promise<void> {
  const { identities, documents, place } = work
  const parts = activities.map(([part]) => part)
  const present = await identities.user.present(parts)
  await documents.parts.user.open(parts)
  const additions: Addition[] = []
  for (const [part, tallies] of activities) {
    // Erased meanwhile.
    if (!present.has(part)) continue
    for (const [key, counted] of Object.entries(tallies)) {
      const state = documents.registry.tallies.find(key)
      if (state === undefined || state.owner !== segment || state.isComplete) continue
      const { tally } = state
      const owner = tally.kind === 'account' ? await accountOf(work, part) : part
      if (owner !== undefined) additions.push({ part: owner, key, tally, counted })
    }
  }
  await openActivities(work, additions)
  for (const { part, key, tally, counted } of additions) {
    const { kind, events, keeps } = tally
    const { value } = await documents.activity(kind, part, events.name)
    const sum = mergeCounted(value?.[key], counted, keeps, place.at)
    if (sum !== undefined) await documents.putActivity({ kind, part, event: events.name }, { ...value, [key]: sum })
  }
}

/** One look into the store instead of many. */
async function openActivities({ documents }: SegmentWork, additions: readonly Addition[]): Promise<void> {
  for (const kind of ENTITY_KINDS) {
    const own = additions.filter(({ tally }) => tally.kind === kind)
    await documents.parts[kind].open(own.map(({ part }) => part))
    await documents.activities[kind].open(own.map(({ part, tally }) => activityKey(part, tally.events.name)))
  }
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
