/**
 * Change records without what they tell of the subject of an erasure. That an entity ended is still told, by its id, to those who read
 * notifications later: else they would keep it.
 */
import type { Change, EntityChange } from '../../model/segment/entity-change.ts'
import type { DocumentMatcher } from './subject-matcher.ts'

/** As JSON, like `text`; null: nothing of it may stay; undefined: it tells nothing. */
export function redactChange(text: string, matcher: DocumentMatcher): string | null | undefined {
  // Written by the profiles' runner, or tombstones.
  const change = JSON.parse(text) as Partial<Change>
  if (change.kind !== 'user' && change.kind !== 'account') return undefined
  const rest = matcher.isPart(change.entity ?? '') ? endingOf(change) : withoutNames(change, matcher)
  const redacted = rest && JSON.stringify(rest)
  return redacted === text ? undefined : redacted
}

function endingOf({ kind, entity, position, index, at, absorbed, mergedInto, isErased }: Partial<EntityChange>): object | null {
  if (absorbed === undefined && mergedInto === undefined && isErased === undefined) return null
  return { kind, entity, position, index, at, absorbed, mergedInto, isErased }
}

/** Somebody else's: the facts that name the subject go. */
function withoutNames(change: Partial<EntityChange>, matcher: DocumentMatcher): Partial<EntityChange> {
  const { facts } = change
  if (facts === undefined) return change
  return { ...change, facts: Object.fromEntries(Object.entries(facts).filter((fact) => !matcher.isNamedIn(fact))) }
}
