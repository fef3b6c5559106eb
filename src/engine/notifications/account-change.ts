/** What happened to the account of a user: it changed, or the user belongs to another one now. */
import { newestLink } from '../../model/profile/account-link.ts'
import type { Entity, EntityId } from '../../model/profile/entity.ts'
import { DOMAIN } from '../../model/profile/identity-rules.ts'
import type { Placed } from '../../model/profile/survivor.ts'
import { ID_FACT } from '../../model/segment/entity-facts.ts'
import type { AccountLink } from '../profiles/reading/linked-account.ts'
import type { EntityDiff } from './entity-diff.ts'
import type { FactChanges } from './notification.ts'
import type { Ordered } from './stretch-content.ts'

export type AccountChange = {
  facts: FactChanges
  /** Of the present account. */
  diff: EntityDiff | undefined
}

type Question = {
  user: Placed
  own: EntityDiff | undefined
  link: AccountLink | undefined
  /** What changed about accounts, by id. */
  diffs: ReadonlyMap<EntityId, Ordered<EntityDiff>>
}

/** Undefined when nothing did. */
export function accountChange({ user, own, link, diffs }: Question): AccountChange | undefined {
  const diff = link && diffs.get(link.placed.id)?.content
  const move = own?.account() ?? moveByAccount(user, link, diffs)
  if (!move && !diff?.hasChanges()) return undefined
  return { facts: { ...(move && { [ID_FACT]: move }), ...diff?.facts() }, diff }
}

/** The account became part of another, or was erased: whoever belonged to it moved without a change of its own. */
function moveByAccount(
  user: Placed,
  link: AccountLink | undefined,
  diffs: Question['diffs'],
): [from: EntityId, to: EntityId | null] | undefined {
  const named = newestLink(user.entity)?.account
  const erased = named === undefined ? undefined : findErased(named, diffs)
  if (erased) return [erased.entity, link?.placed.id ?? null]
  if (!link) return undefined
  const part = link.by === 'link' ? named : ownerOf(link.placed.entity, link.domain)
  const absorbed = diffs.get(link.placed.id)?.content.absorbed ?? []
  const former = absorbed.findLast((id) => part !== undefined && partsUnder(id, link.placed.entity).has(part))
  return former === undefined ? undefined : [former, link.placed.id]
}

/** The account that this is a part of. */
function findErased(part: EntityId, diffs: Question['diffs']): EntityDiff | undefined {
  const own = diffs.get(part)?.content
  if (own?.isErased) return own
  for (const { content } of diffs.values()) if (content.isErased && content.absorbed.includes(part)) return content
  return undefined
}

function ownerOf({ parts }: Entity, domain: string): EntityId | undefined {
  return parts.find(({ identifiers }) => identifiers.some(({ kind, value }) => kind === DOMAIN && value === domain))?.id
}

/** What an entity was made of when it was merged. */
function partsUnder(id: EntityId, { merges }: Entity): Set<EntityId> {
  const parts = new Set([id])
  // Merges stand in order: whatever was merged into one of these stands before.
  for (const { survivor, loser } of merges.toReversed()) if (parts.has(survivor)) parts.add(loser)
  return parts
}
