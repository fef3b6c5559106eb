/** What a merge or a split would come to, computed by the functions that do it, before anybody asks for it. */
import { MillraceError } from '../../../base/errors.ts'
import type { Json } from '../../../base/json.ts'
import type { EntityId, EntityKind, Write } from '../../../model/profile/entity.ts'
import { mergeEntities, splitEntity } from '../../../model/profile/merge-entities.ts'
import { externalIdOf, type Placed, survivorOf } from '../../../model/profile/survivor.ts'
import type { TraitRules } from '../../../model/profile/trait-rules.ts'
import { entityTraits, isSameValue, type TraitValue } from '../../../model/profile/trait-value.ts'
import {
  type IdentifierReport,
  type ProfileReport,
  type Provenance,
  provenanceOf,
  reportIdentifiers,
  reportProfile,
  type TypeOfTrait,
} from './profile-report.ts'

export type MergePreview = {
  survivor: EntityId
  loser: EntityId
  /** Why this one lives on. */
  reason: 'external_id' | 'older'
  identifiers: IdentifierReport[]
  /** By name, in the order of the names. */
  traits: Record<string, TraitPreview>
  /** Names of traits of which both have a value, and another one. */
  conflicts: string[]
}

export type TraitPreview = Provenance & {
  value: Json
  /** Absent where one has none. */
  survivor?: Json
  loser?: Json
  isConflict: boolean
}

export type SplitPreview = {
  /** What stays under the id of the entity, and what becomes one of its own. */
  rest: ProfileReport
  detached: ProfileReport
}

/** Of a merge that did not happen, nothing says when. */
const NO_CAUSE: Write = { source: '', event: '', occurredAt: 0, receivedAt: 0, position: 0, index: 0 }

/** Throws `merge_refused` for one and the same, and for two with an external id. */
export function previewMerge(a: Placed, b: Placed, { kind, rules }: { kind: EntityKind; rules: TraitRules }): MergePreview {
  requireMergeable(a, b, kind)
  const [survivor, loser] = survivorOf(a, b)
  const merged = mergeEntities(survivor, loser, { cause: NO_CAUSE })
  const [own, others] = [entityTraits(survivor.entity.parts, rules), entityTraits(loser.entity.parts, rules)]
  const result = [...entityTraits(merged.parts, rules)].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const traits = result.map(
    ([name, found]) => [name, previewTrait(found, own.get(name)?.value, others.get(name)?.value)] as const,
  )
  return {
    survivor: survivor.id,
    loser: loser.id,
    reason: externalIdOf(survivor.entity) === undefined ? 'older' : 'external_id',
    identifiers: reportIdentifiers(merged),
    traits: Object.fromEntries(traits),
    conflicts: traits.flatMap(([name, { isConflict }]) => (isConflict ? [name] : [])),
  }
}

function requireMergeable(a: Placed, b: Placed, kind: EntityKind): void {
  if (a.id === b.id) {
    throw new MillraceError('merge_refused', `Both are the ${kind} ${a.id} already.`)
  }
  const [idOfA, idOfB] = [externalIdOf(a.entity), externalIdOf(b.entity)]
  if (idOfA === undefined || idOfB === undefined) return
  throw new MillraceError(
    'merge_refused',
    `The ${kind}s ${a.id} and ${b.id} both have an external id: "${idOfA}" and "${idOfB}".`,
    {
      hint: 'External ids never change, so two of them are two. Send the events of both under one of them from now on.',
    },
  )
}

function previewTrait({ value, write }: TraitValue, survivor: Json | undefined, loser: Json | undefined): TraitPreview {
  return {
    value,
    ...(survivor !== undefined && { survivor }),
    ...(loser !== undefined && { loser }),
    isConflict: survivor !== undefined && loser !== undefined && !isSameValue(survivor, loser),
    ...provenanceOf(write),
  }
}

/** Throws `split_refused` where no merge brought the part in. */
export function previewSplit(
  { id, entity }: Placed,
  part: EntityId,
  showing: { kind: EntityKind; rules: TraitRules; typeOf: TypeOfTrait },
): SplitPreview {
  const split = splitEntity(entity, part)
  if (split === undefined) throw splitRefused({ id, entity }, part, showing.kind)
  return {
    rest: reportProfile({ id, entity: split.rest }, showing),
    detached: reportProfile({ id: part, entity: split.detached }, showing),
  }
}

function splitRefused({ id, entity }: Placed, part: EntityId, kind: EntityKind): MillraceError {
  const others = entity.merges.map(({ loser }) => loser)
  if (others.length === 0) {
    return new MillraceError(
      'split_refused',
      `The ${kind} ${id} has never been merged with another, so nothing can be split off.`,
    )
  }
  const what = part === id ? 'is the one that the others were merged into' : 'came in by no merge'
  return new MillraceError('split_refused', `The part ${part} ${what}, so it cannot be split off the ${kind} ${id}.`, {
    hint: `These can: ${others.join(', ')}.`,
  })
}
