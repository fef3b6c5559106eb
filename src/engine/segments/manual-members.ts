/** Members that are added and removed by hand. It is a part that is added, so that merging and splitting keep who was meant. */
import type { EntityId } from '../../model/profile/entity.ts'
import { setPart } from './segment-documents.ts'
import type { SegmentWork } from './segment-work.ts'

type MemberChange = { add: readonly EntityId[]; remove: readonly EntityId[] }

/** Of a segment that is not manual, or not there any more, nothing changes. */
export async function changeManualMembers(work: SegmentWork, id: string, { add, remove }: MemberChange): Promise<void> {
  const { documents, identities } = work
  const state = documents.registry.find(id)
  if (state === undefined || state.definition.predicate !== undefined) return
  const { kind } = state.definition
  await identities[kind].load([...add, ...remove])
  for (const part of add) await mark(work, { part, id, isAdded: true })
  for (const part of remove) {
    for (const one of identities[kind].find(part)?.entity.parts ?? []) await mark(work, { part: one.id, id, isAdded: false })
  }
  const segment = documents.registry.index.all[kind].filter((one) => one.id === id)
  for (const part of [...add, ...remove]) work.touched.add(kind, part, segment)
}

async function mark(work: SegmentWork, { part, id, isAdded }: { part: EntityId; id: string; isAdded: boolean }): Promise<void> {
  const { documents, identities } = work
  const kind = documents.registry.find(id)?.definition.kind
  if (kind === undefined || identities[kind].find(part) === undefined) return
  const document = await documents.part(kind, part)
  const { manual = [], ...rest } = document.value ?? {}
  if (manual.includes(id) === isAdded) return
  const marked = isAdded ? [...manual, id] : manual.filter((one) => one !== id)
  setPart(document, marked.length > 0 ? { ...rest, manual: marked } : rest)
}
