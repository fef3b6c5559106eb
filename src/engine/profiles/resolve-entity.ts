/**
 * Identity resolution: which entity an event belongs to, by the identifiers that it claims, and what that teaches.
 *
 * 1. The claim of the highest priority that somebody owns decides; an external id that nobody owns yet decides against every
 *    entity that has another one, since external ids never change.
 * 2. Claims that nobody owns go to the part that decided, within the limit of their kind.
 * 3. Claims that another entity owns are evidence that both are one: they merge, unless both have an external id, were split by
 *    hand, or would together be beyond a limit. Then the identifier stays where it is, and the event says so.
 * 4. Nobody owns any: a new entity.
 */
import type { Claim } from '../../model/event/event.ts'
import type { IdentityNote } from '../../model/event/timeline-event.ts'
import {
  type Entity,
  type EntityId,
  type Identifier,
  type Merge,
  type Part,
  PARTS_MAX,
  type Write,
} from '../../model/profile/entity.ts'
import { EXTERNAL_ID, type IdentifierRule } from '../../model/profile/identity-rules.ts'
import { areApart, mergeEntities } from '../../model/profile/merge-entities.ts'
import { externalIdOf, type Placed, survivorOf } from '../../model/profile/survivor.ts'
import { changeDocument } from '../apply/documents.ts'
import { type Identities, requirePart } from './identities.ts'
import type { OpenClaim } from './open-claims.ts'

export type Resolved = {
  /** Whose the event is: what it says is written here. */
  part: Part
  /** As it is after all merges. */
  placed: Placed
  isNew: boolean
  merges: { merge: Merge; survivor: Placed; loser: Placed; merged: Placed }[]
  notes: IdentityNote[]
  /** What identified it before; nothing, when it is new. */
  before: { id: EntityId; identifiers: Identifier[] }
}

type Resolving = {
  identities: Identities
  rules: readonly IdentifierRule[]
  claims: readonly OpenClaim[]
  write: Write
  newId: EntityId
}

/** The entities of all owners of the claims must be open (`Identities.load`). */
export function resolveEntity(resolving: Resolving): Resolved {
  const { identities, claims, write, newId } = resolving
  const kept = new Map<OpenClaim, IdentityNote>()
  const deciding = findDeciding(resolving, kept)
  const part = deciding ?? createPart(newId, write)
  const isNew = deciding === undefined
  if (isNew) identities.put(part.id, { parts: [part], merges: [] })
  const placed = identities.require(part.id)
  const before = { id: placed.id, identifiers: isNew ? [] : placed.entity.parts.flatMap(({ identifiers }) => identifiers) }
  const resolved: Resolved = { part, placed, isNew, merges: [], notes: [...kept.values()], before }
  // Of those that stay with their owners it is clear already.
  for (const claim of claims) if (!kept.has(claim)) settleClaim(claim, resolved, resolving)
  return resolved
}

function findDeciding({ identities, claims }: Resolving, kept: Map<OpenClaim, IdentityNote>): Part | undefined {
  const external = claims.find(({ kind }) => kind === EXTERNAL_ID)
  for (const claim of claims) {
    const owner = claim.document.value
    if (owner === undefined) continue
    const { entity } = identities.require(owner)
    const known = externalIdOf(entity)
    if (external === undefined || known === undefined || known === external.value) return requirePart(entity, owner)
    kept.set(claim, keptNote(claim, `it belongs to somebody with another external id than "${external.value}"`))
  }
  return undefined
}

function settleClaim(claim: OpenClaim, resolved: Resolved, resolving: Resolving): void {
  const { identities, rules, write } = resolving
  const owner = claim.document.value
  if (owner === undefined) return addIdentifier(claim, resolved, resolving)
  const other = identities.require(owner)
  if (other.id === resolved.placed.id) return
  const refusal = whyNotMerge(resolved.placed.entity, other.entity, rules)
  if (refusal !== undefined) return void resolved.notes.push(keptNote(claim, refusal))
  merge(resolved, { identities, other, cause: write, evidence: claim })
}

function addIdentifier(claim: OpenClaim, { part, placed, notes }: Resolved, { identities, rules, write }: Resolving): void {
  const limit = rules.find(({ kind }) => kind === claim.kind)?.limit ?? 0
  if (countOfKind(placed.entity, claim.kind) >= limit) {
    const message = `"${claim.value}" is not added: it would be more than ${limit} of the kind ${claim.kind}.`
    return void notes.push({ kind: claim.kind, code: 'identifier_limit', message })
  }
  part.identifiers.push({ kind: claim.kind, value: claim.value, since: write })
  changeDocument(claim.document, part.id)
  identities.touch(placed)
}

/** Why two entities may not become one by themselves; undefined when they may. */
function whyNotMerge(a: Entity, b: Entity, rules: readonly IdentifierRule[]): string | undefined {
  if (externalIdOf(a) !== undefined && externalIdOf(b) !== undefined) return 'both have an external id'
  if (a.parts.length + b.parts.length > PARTS_MAX) return `together they would have more than ${PARTS_MAX} parts`
  if (areApart(a, b)) return 'they were split by hand'
  const excess = rules.find(({ kind, limit }) => countOfKind(a, kind) + countOfKind(b, kind) > limit)
  return excess && `together they would have more than ${excess.limit} of the kind ${excess.kind}`
}

type MergeOptions = { identities: Identities; other: Placed; cause: Write; evidence?: Claim }

function merge(resolved: Resolved, { identities, other, cause, evidence }: MergeOptions): void {
  const [survivor, loser] = survivorOf(resolved.placed, other)
  const merged = joinEntities(identities, { survivor, loser, cause, ...(evidence && { evidence }) })
  const [last] = merged.entity.merges.slice(-1)
  if (last) resolved.merges.push({ merge: last, survivor, loser, merged })
  resolved.placed = merged
}

type Joining = { survivor: Placed; loser: Placed; cause: Write; evidence?: Claim }

/** Makes one entity of two; the loser's id leads to the survivor from now on. */
export function joinEntities(identities: Identities, { survivor, loser, cause, evidence }: Joining): Placed {
  const entity = mergeEntities(survivor, loser, {
    cause,
    ...(evidence && { evidence: { kind: evidence.kind, value: evidence.value } }),
  })
  identities.put(survivor.id, entity)
  identities.put(loser.id, { mergedInto: survivor.id })
  return { id: survivor.id, entity }
}

function countOfKind({ parts }: Entity, wanted: string): number {
  let count = 0
  for (const { identifiers } of parts) for (const { kind } of identifiers) if (kind === wanted) count++
  return count
}

function createPart(id: EntityId, created: Write): Part {
  return { id, created, identifiers: [], traits: {}, writes: {} }
}

function keptNote({ kind, value }: Claim, reason: string): IdentityNote {
  return { kind, code: 'identifier_kept', message: `"${value}" stays with its owner: ${reason}.` }
}
