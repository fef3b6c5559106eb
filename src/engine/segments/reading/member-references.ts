/** Thousands of references to users or accounts at once, resolved with a few loads. */
import { type EntityId, type EntityKind, entitySpace, identifierKey, identifierSpace } from '../../../model/profile/entity.ts'
import { readEntityText } from '../../../model/profile/entity-text.ts'
import type { Identity } from '../../../model/profile/event-claims.ts'
import { parseReference } from '../../profiles/reading/profile-reference.ts'
import type { SegmentStore } from './segment-store.ts'

type Resolving = { store: Pick<SegmentStore, 'load'>; identity: Identity; kind: EntityKind }

/** The entity that each text (profile-reference.ts) leads to, by its present id, in their order; undefined for nobody. */
export async function resolveReferences(refs: readonly string[], resolving: Resolving): Promise<(EntityId | undefined)[]> {
  const parsed = refs.map((ref) => parseReference(ref, resolving.kind, resolving.identity))
  const owners = await loadOwners(
    parsed.flatMap(({ claims }) => claims.map(({ kind, value }) => identifierKey(kind, value))),
    resolving,
  )
  // By falling priority; what is owned by somebody who was erased leads on to the next.
  const candidates = parsed.map(({ claims, id }) => {
    const found = claims.map(({ kind, value }) => owners.get(identifierKey(kind, value)))
    return [...found, id].filter((part) => part !== undefined)
  })
  const entities = await followAll([...new Set(candidates.flat())], resolving)
  return candidates.map((parts) => parts.map((part) => entities.get(part)).find((id) => id !== undefined))
}

async function loadOwners(keys: readonly string[], { store, kind }: Resolving): Promise<Map<string, EntityId>> {
  const unique = [...new Set(keys)]
  const texts = await loadPaged(store, identifierSpace(kind), unique)
  return new Map(
    unique.flatMap((key, i) => {
      const text = texts[i]
      // Only the profiles' runner writes this space.
      return text === undefined ? [] : [[key, JSON.parse(text) as EntityId] as const]
    }),
  )
}

/** By part: the entity that it belongs to now. Merges lead on in as many rounds as there were merges in a row. */
async function followAll(parts: readonly EntityId[], { store, kind }: Resolving): Promise<Map<EntityId, EntityId>> {
  const next = new Map<EntityId, EntityId>()
  const living = new Set<EntityId>()
  for (let round = [...parts]; round.length > 0;) {
    const texts = await loadPaged(store, entitySpace(kind), round)
    const ahead = new Set<EntityId>()
    round.forEach((id, i) => {
      const text = texts[i]
      if (text === undefined) return
      const state = readEntityText(text)
      if (!('mergedInto' in state)) return void living.add(id)
      next.set(id, state.mergedInto)
      if (!next.has(state.mergedInto) && !living.has(state.mergedInto)) ahead.add(state.mergedInto)
    })
    round = [...ahead]
  }
  return new Map(
    parts.flatMap((part) => {
      let id: EntityId | undefined = part
      while (id !== undefined && !living.has(id)) id = next.get(id)
      return id === undefined ? [] : [[part, id] as const]
    }),
  )
}

/** In one query; more would hold up others. */
const KEYS_PER_LOAD = 1_000

async function loadPaged(
  store: Pick<SegmentStore, 'load'>,
  space: string,
  keys: readonly string[],
): Promise<(string | undefined)[]> {
  const texts: (string | undefined)[] = []
  for (let start = 0; start < keys.length; start += KEYS_PER_LOAD) {
    texts.push(...(await store.load(space, keys.slice(start, start + KEYS_PER_LOAD))))
  }
  return texts
}
