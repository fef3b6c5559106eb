/** Whom an erasure is about: one user or account, with every part of its profile and every identifier that is known of it. */
import type { Claim } from '../../model/event/event.ts'
import type { EntityId, EntityKind } from '../../model/profile/entity.ts'
import { compileIdentityRules, normalizeIdentifier } from '../../model/profile/identifier-value.ts'
import type { IdentityRules } from '../../model/profile/identity-rules.ts'

export type Subject = {
  kind: EntityKind
  parts: EntityId[]
  /** In their canonical form. */
  identifiers: Claim[]
}

/** The canonical form of an identifier's value; undefined for a value that identifies nobody. */
export type Normalize = (kind: string, value: string) => string | undefined

export function normalizerOf(rules: IdentityRules): Normalize {
  const values = compileIdentityRules(rules)
  return (kind, value) => {
    const canonical = normalizeIdentifier(kind, value, values)
    return typeof canonical === 'string' ? canonical : undefined
  }
}

/** Both together, each part and identifier once, in a stable order. */
export function joinSubjects(a: Subject, b: Subject): Subject {
  const identifiers = new Map([...a.identifiers, ...b.identifiers].map((claim) => [JSON.stringify(claim), claim]))
  return { kind: a.kind, parts: [...new Set([...a.parts, ...b.parts])].toSorted(), identifiers: [...identifiers.values()] }
}

/** True when `wider` says no more than `known`. */
export function isSameSubject(known: Subject, wider: Subject): boolean {
  return known.parts.length === wider.parts.length && known.identifiers.length === wider.identifiers.length
}
