/** Tells segments and notifications what an input did to entities: which facts are others than before, who came, who ended. */
import type { EntityId, EntityKind, Identifier } from '../../model/profile/entity.ts'
import type { Placed } from '../../model/profile/survivor.ts'
import type { TraitChange } from '../../model/profile/trait-value.ts'
import { factKey, factsOf, factsOfIdentifiers, identifierFacts, isIdentifierFact } from '../../model/segment/entity-facts.ts'
import { DOMAIN, EMAIL } from '../../model/profile/identity-rules.ts'
import { factChanges, type Facts } from '../segments/change-records.ts'
import type { ProfileState } from './profile-state.ts'
import type { Resolved } from './resolve-entity.ts'

type Resolution = { kind: EntityKind; resolved: Resolved; changes: readonly TraitChange[] }

/** After its traits are written. */
export function noteResolved(state: ProfileState, { kind, resolved, changes }: Resolution): void {
  const { placed, isNew, before } = resolved
  const facts = isNew ? factChanges({}, allFacts(state, kind, placed)) : changedFacts(resolved, kind, changes)
  if (Object.keys(facts).length > 0) state.segments.noteEntity(kind, placed.id, { facts, ...(isNew && { isNew }) })
  // Of others merging tells.
  if (placed.id === before.id)
    noteIdentifiers(state, kind, { id: placed.id, before: before.identifiers, after: identifiersOf(placed) })
}

/** Two entities became one; before anything else of the event is written. */
export function noteMerge(state: ProfileState, kind: EntityKind, { survivor, loser, merged }: Resolved['merges'][number]): void {
  const facts = factChanges(allFacts(state, kind, survivor), allFacts(state, kind, merged))
  if (Object.keys(facts).length > 0) state.segments.noteEntity(kind, survivor.id, { facts })
  state.segments.noteMerged(kind, survivor.id, { id: loser.id, parts: loser.entity.parts.map(({ id }) => id) })
}

/** For changes of other kinds: call the result with the entity as it is afterwards. */
export function watchFacts(state: ProfileState, kind: EntityKind, placed: Placed): (after: Placed) => void {
  const before = allFacts(state, kind, placed)
  const identifiers = identifiersOf(placed)
  return (after) => {
    const facts = factChanges(before, allFacts(state, kind, after))
    if (Object.keys(facts).length > 0) state.segments.noteEntity(kind, after.id, { facts })
    noteIdentifiers(state, kind, { id: after.id, before: identifiers, after: identifiersOf(after) })
  }
}

/** Of an entity that was not there before. */
export function noteNew(state: ProfileState, kind: EntityKind, placed: Placed): void {
  state.segments.noteEntity(kind, placed.id, { isNew: true, facts: factChanges({}, allFacts(state, kind, placed)) })
}

/** It ends; before its identifiers lead nowhere. */
export function noteErased({ segments }: ProfileState, kind: EntityKind, { id, entity }: Placed): void {
  const parts = entity.parts.map((part) => part.id)
  // Under which of them its users are found nobody can say afterwards, and they are to hear that it is gone.
  if (kind === 'account' && parts.length > 1) segments.noteEntity(kind, id, { absorbed: parts.filter((part) => part !== id) })
  segments.noteErased(kind, { id, parts })
  for (const identifier of identifiersOf({ id, entity })) {
    if (kind === 'account' && identifier.kind === DOMAIN) segments.noteDomain(identifier.value)
  }
}

function allFacts(state: ProfileState, kind: EntityKind, { id, entity }: Placed) {
  return factsOf(kind, { id, parts: entity.parts }, state.rules[kind])
}

function changedFacts({ placed, before }: Resolved, kind: EntityKind, changes: readonly TraitChange[]): Facts {
  const facts: Facts = {}
  // A trait that is called like an identifier is shown as that.
  for (const { name, from, to } of changes) if (!isIdentifierFact(name)) facts[factKey(kind, name)] = [from, to]
  if (placed.id !== before.id) return facts
  return {
    ...facts,
    ...factChanges(factsOfIdentifiers(kind, placed.id, before.identifiers), identifierFacts(kind, identified(placed))),
  }
}

function identified({ id, entity }: Placed) {
  return { id, parts: entity.parts }
}

function identifiersOf({ entity }: Placed): Identifier[] {
  return entity.parts.flatMap(({ identifiers }) => identifiers)
}

type Difference = { id: EntityId; before: readonly Identifier[]; after: readonly Identifier[] }

/** By the domain of an email a user may belong to an account. */
function noteIdentifiers({ segments }: ProfileState, kind: EntityKind, { id, before, after }: Difference): void {
  if (before.length === after.length && before.every((one, i) => one === after[i])) return
  const others = [...before.filter((one) => !after.includes(one)), ...after.filter((one) => !before.includes(one))]
  for (const identifier of others) {
    if (kind === 'user' && identifier.kind === EMAIL) segments.noteLink(id)
    if (kind === 'account' && identifier.kind === DOMAIN) segments.noteDomain(identifier.value)
  }
}
