/** Whom identifiers and ids lead to, in the state as it is applied. */
import type { Claim } from '../../model/event/event.ts'
import {
  type Entity,
  type EntityId,
  type EntityKind,
  entitySpace,
  identifierKey,
  identifierSpace,
} from '../../model/profile/entity.ts'
import { readEntityText } from '../../model/profile/entity-text.ts'
import type { StoreReader } from '../../store/store.ts'
import type { Subject } from './subject.ts'

type State = Pick<StoreReader, 'load'>

/**
 * The parts and identifiers of every entity that these lead to, with the identifiers that were given; those that lead nowhere are
 * kept, as they may still stand in the log. Ids that lead nowhere are left out.
 */
export async function resolveSubject(state: State, { kind, parts, identifiers }: Subject): Promise<Subject> {
  const owners = await loadOwners(state, kind, identifiers)
  const entities = await loadEntities(state, kind, [...parts, ...owners])
  const found = entities.flatMap((entity) => entity.parts)
  const claims = found.flatMap((part) => part.identifiers.map(({ kind, value }): Claim => ({ kind, value })))
  return { kind, parts: found.map(({ id }) => id), identifiers: [...identifiers, ...claims] }
}

async function loadOwners(state: State, kind: EntityKind, identifiers: readonly Claim[]): Promise<EntityId[]> {
  const keys = identifiers.map(({ kind, value }) => identifierKey(kind, value))
  const values = await state.load(identifierSpace(kind), keys)
  return values.flatMap((value) => (value === undefined ? [] : [JSON.parse(value) as EntityId]))
}

/** Follows merges to where they end; each entity once. */
async function loadEntities(state: State, kind: EntityKind, ids: readonly EntityId[]): Promise<Entity[]> {
  const entities: Entity[] = []
  const seen = new Set<EntityId>()
  for (let wanted = [...new Set(ids)]; wanted.length > 0;) {
    wanted.forEach((id) => seen.add(id))
    const values = await state.load(entitySpace(kind), wanted)
    const states = values.flatMap((value) => (value === undefined ? [] : [readEntityText(value)]))
    const next = new Set<EntityId>()
    for (const found of states) {
      if (!('mergedInto' in found)) entities.push(found)
      else if (!seen.has(found.mergedInto)) next.add(found.mergedInto)
    }
    wanted = [...next]
  }
  return entities
}
