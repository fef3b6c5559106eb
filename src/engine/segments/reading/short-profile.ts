/** Users and accounts in a line: enough for a person to know who it is, and for a program to name it. */
import { type EntityId, type EntityKind, entitySpace, type Part } from '../../../model/profile/entity.ts'
import { readEntityText } from '../../../model/profile/entity-text.ts'
import { ANONYMOUS_ID, DOMAIN, EMAIL, EXTERNAL_ID } from '../../../model/profile/identity-rules.ts'
import type { Placed } from '../../../model/profile/survivor.ts'
import type { TraitRules } from '../../../model/profile/trait-rules.ts'
import { entityTraits } from '../../../model/profile/trait-value.ts'
import type { SegmentStore } from './segment-store.ts'

export type ShortProfile = {
  id: EntityId
  /** The one that says most, with its kind: `email:ada@example.com`. Null when it has none. */
  identifier: string | null
  /** The trait `name`, or the first and last name. */
  name: string | null
}

/** What people know somebody by comes first. */
const TELLING_KINDS = [EMAIL, DOMAIN, EXTERNAL_ID]

export function shortProfile({ id, entity: { parts } }: Placed, rules: TraitRules): ShortProfile {
  return { id, identifier: identifierOf(parts), name: nameOf(parts, rules) }
}

/** In the order of the ids; those that were merged or erased meanwhile are left out. */
export async function loadShortProfiles(
  { store, rules }: { store: Pick<SegmentStore, 'load'>; rules: TraitRules },
  kind: EntityKind,
  ids: readonly EntityId[],
): Promise<ShortProfile[]> {
  const texts = await store.load(entitySpace(kind), ids)
  return texts.flatMap((text, i) => {
    const state = text === undefined ? undefined : readEntityText(text)
    const id = ids[i]
    if (state === undefined || id === undefined || 'mergedInto' in state) return []
    return [shortProfile({ id, entity: state }, rules)]
  })
}

function identifierOf(parts: readonly Part[]): string | null {
  const identifiers = parts.flatMap((part) => part.identifiers)
  const telling = TELLING_KINDS.flatMap((kind) => identifiers.find((one) => one.kind === kind) ?? [])
  const named = identifiers.filter(({ kind }) => kind !== ANONYMOUS_ID)
  const best = telling[0] ?? named[0] ?? identifiers[0]
  return best === undefined ? null : `${best.kind}:${best.value}`
}

const NAME_TRAITS = ['name', 'first_name', 'last_name']

function nameOf(parts: readonly Part[], rules: TraitRules): string | null {
  const traits = entityTraits(parts, rules, new Set(NAME_TRAITS))
  const [whole, first, last] = NAME_TRAITS.map((trait) => traits.get(trait)?.value)
  if (typeof whole === 'string' && whole !== '') return whole
  const both = [first, last].filter((text) => typeof text === 'string').filter((text) => text !== '')
  return both.length === 0 ? null : both.join(' ')
}
