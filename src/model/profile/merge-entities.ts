/** Merging and splitting: pure functions over entities. A merge moves parts, a split moves them back; no part is ever changed. */
import type { Entity, EntityId, Merge, Part } from './entity.ts'
import type { Placed } from './survivor.ts'

/** The survivor with the loser's parts; `loser` lives on as `{ mergedInto }`. */
export function mergeEntities(survivor: Placed, loser: Placed, { cause, evidence }: Pick<Merge, 'cause' | 'evidence'>): Entity {
  const merge: Merge = { survivor: survivor.id, loser: loser.id, cause, ...(evidence && { evidence }) }
  const apart = [...new Set([...(survivor.entity.apart ?? []), ...(loser.entity.apart ?? [])])].toSorted()
  return {
    parts: [...survivor.entity.parts, ...loser.entity.parts],
    merges: [...survivor.entity.merges, ...loser.entity.merges, merge],
    ...(apart.length > 0 && { apart }),
  }
}

/** True when one of them was split off from the other, so that they do not merge by themselves. */
export function areApart(a: Entity, b: Entity): boolean {
  return namesPartOf(a.apart, b) || namesPartOf(b.apart, a)
}

function namesPartOf(ids: readonly EntityId[] = [], { parts }: Entity): boolean {
  return parts.some(({ id }) => ids.includes(id))
}

export type Split = {
  /** What stays under the entity's id. */
  rest: Entity
  /** What becomes an entity again, under the part's id. */
  detached: Entity
}

/**
 * Undoes the merge by which `part` came in: it leaves with everything that had been merged into it before. Undefined when the
 * part is not in the entity, or is the entity's own (then the others are to be split off).
 */
export function splitEntity(entity: Entity, part: EntityId): Split | undefined {
  const undone = entity.merges.find(({ loser }) => loser === part)
  if (undone === undefined) return undefined
  const leaving = new Set([part])
  // Merges stand in order: whatever was merged into one that leaves stands before it.
  for (const { survivor, loser } of entity.merges.slice(0, entity.merges.indexOf(undone)).toReversed()) {
    if (leaving.has(survivor)) leaving.add(loser)
  }
  const isLeaving = ({ id }: Part) => leaving.has(id)
  const stays = entity.parts.filter((one) => !isLeaving(one))
  const leaves = entity.parts.filter(isLeaving)
  const merges = entity.merges.filter((merge) => merge !== undone)
  return {
    rest: withApart({ parts: stays, merges: merges.filter(({ loser }) => !leaving.has(loser)) }, entity.apart, leaves),
    detached: withApart({ parts: leaves, merges: merges.filter(({ loser }) => leaving.has(loser)) }, entity.apart, stays),
  }
}

function withApart(entity: Entity, known: readonly EntityId[] = [], others: readonly Part[]): Entity {
  return { ...entity, apart: [...new Set([...known, ...others.map(({ id }) => id)])].toSorted() }
}
