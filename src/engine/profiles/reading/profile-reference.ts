/** How people name a user or account: by an identifier of a kind (`email:ada@example.com`), by one of any kind, or by the entity's id. */
import type { Claim } from '../../../model/event/event.ts'
import type { EntityId, EntityKind } from '../../../model/profile/entity.ts'
import { normalizeIdentifier } from '../../../model/profile/identifier-value.ts'
import type { Identity } from '../../../model/profile/event-claims.ts'
import { ANONYMOUS_ID, DOMAIN, EMAIL, EXTERNAL_ID } from '../../../model/profile/identity-rules.ts'

/** Where to look, in this order: by the claims, each in the form that identifiers are kept in, then by the id. */
export type ProfileReference = { claims: Claim[]; id?: EntityId }

const ID_PREFIX = 'id:'
const ENTITY_ID = /^[0-9a-f]{24}$/

/** The order for a text without a kind; kinds that the catalog adds follow. */
const FIRST_KINDS = { user: [EXTERNAL_ID, EMAIL, ANONYMOUS_ID], account: [EXTERNAL_ID, DOMAIN, ANONYMOUS_ID] }

export function parseReference(text: string, kind: EntityKind, { rules, values }: Identity): ProfileReference {
  if (text.startsWith(ID_PREFIX)) return { claims: [], id: text.slice(ID_PREFIX.length).toLowerCase() }
  const known = rules[kind].map(({ kind }) => kind)
  const normalize = (kind: string, value: string): Claim[] => {
    const normalized = normalizeIdentifier(kind, value, values)
    return typeof normalized === 'string' ? [{ kind, value: normalized }] : []
  }
  const colon = text.indexOf(':')
  const named = text.slice(0, Math.max(0, colon))
  if (known.includes(named)) return { claims: normalize(named, text.slice(colon + 1)) }
  const kinds = new Set([...FIRST_KINDS[kind].filter((kind) => known.includes(kind)), ...known])
  const claims = [...kinds].flatMap((kind) => normalize(kind, text))
  return ENTITY_ID.test(text) ? { claims, id: text } : { claims }
}
