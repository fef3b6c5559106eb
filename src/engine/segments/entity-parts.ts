/** Entities that end, and entities that have other parts than before: what segments keep of each part stays, what they keep of the whole follows. */
import type { EntityId, EntityKind } from '../../model/profile/entity.ts'
import { recount, unlinkUser, usersUnder } from './account-links.ts'
import { setPart } from './segment-documents.ts'
import type { SegmentWork } from './segment-work.ts'

type Ending = { kind: EntityKind; id: EntityId; parts: readonly EntityId[]; into: EntityId | undefined }

/** Merged into another one, or erased. Returns the users whose account it was. */
export async function endEntity(work: SegmentWork, { kind, id, parts, into }: Ending): Promise<EntityId[]> {
  const { documents, changes } = work
  changes.add(kind, id, into === undefined ? { isErased: true } : { mergedInto: into })
  if (into !== undefined) changes.add(kind, into, { absorbed: [id] })
  const own = await documents.part(kind, id)
  documents.sleep({ kind, part: id, document: own })
  const membership = await documents.membership(kind, id)
  for (const segment of membership.value?.segments() ?? []) documents.registry.addMembers(segment, -1)
  if (membership.value) {
    membership.value = undefined
    membership.isChanged = true
  }
  if (kind === 'user') await unlinkUser(work, id)
  if (into !== undefined) return []
  const users: EntityId[] = []
  if (kind === 'account') for await (const page of usersUnder(work, parts)) users.push(...page)
  for (const part of parts) await documents.dropPart(kind, part)
  return users
}

/** Each part knows the others, so that counting need not open the profile. */
export async function joinParts(work: SegmentWork, kind: EntityKind, part: EntityId): Promise<void> {
  const { documents, identities } = work
  const placed = await identities[kind].locate(part)
  if (placed === undefined) return
  const parts = placed.entity.parts.map(({ id }) => id)
  const states = await documents.parts[kind].open(parts)
  for (const document of states) {
    const { parts: _, ...rest } = document.value ?? {}
    setPart(document, parts.length > 1 ? { ...rest, parts } : rest)
  }
  // What other parts did counts for the account now, or no longer.
  const account = kind === 'user' ? states[0]?.value?.account : undefined
  if (account !== undefined) await recount(work, account)
}
