/**
 * The identifiers that an event names in the members that are there for it, in the form of the log as well as in that of SDKs
 * (which is what the quarantine holds). Wider than identity resolution: whatever might have led to the entity counts.
 */
import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import type { EntityKind } from '../../model/profile/entity.ts'
import { ANONYMOUS_ID, DOMAIN, EMAIL, EXTERNAL_ID } from '../../model/profile/identity-rules.ts'

/** `kind` undefined: of any kind. */
export type NamedIdentifier = { kind: string | undefined; value: string }

export function namedIdentifiers(event: JsonObject, kind: EntityKind): NamedIdentifier[] {
  const context = objectAt(event, 'context')
  const named: NamedIdentifier[] = []
  const add = (kind: string | undefined, value: Json | undefined) => {
    if (typeof value === 'string' || typeof value === 'number') named.push({ kind, value: String(value).trim() })
  }
  if (kind === 'user') {
    add(EXTERNAL_ID, event['userId'])
    add(ANONYMOUS_ID, event['anonymousId'])
    add(EMAIL, event['type'] === 'group' ? undefined : objectAt(event, 'traits')?.['email'])
    add(EMAIL, objectAt(context, 'traits')?.['email'])
  } else {
    add(EXTERNAL_ID, event['groupId'])
    add(EXTERNAL_ID, context?.['groupId'])
    for (const name of ['domain', 'website'])
      add(DOMAIN, event['type'] === 'group' ? objectAt(event, 'traits')?.[name] : undefined)
  }
  add(undefined, event['previousId'])
  for (const claim of [...listAt(event, 'claims'), ...listAt(context, 'externalIds')]) addClaim(claim, add)
  return named
}

/** Claims of kinds that the catalog does not know are kept as anonymous ids that begin with their kind. */
function addClaim(claim: Json, add: (kind: string, value: Json | undefined) => void): void {
  if (!isObject(claim)) return
  const [kind, value] = [claim['kind'] ?? claim['type'], claim['value'] ?? claim['id']]
  if (typeof kind !== 'string' || (typeof value !== 'string' && typeof value !== 'number')) return
  add(kind, value)
  add(ANONYMOUS_ID, `${kind}:${value}`)
}

function objectAt(parent: JsonObject | undefined, name: string): JsonObject | undefined {
  const value = parent?.[name]
  return isObject(value) ? value : undefined
}

function listAt(parent: JsonObject | undefined, name: string): Json[] {
  const value = parent?.[name]
  return Array.isArray(value) ? value : []
}
