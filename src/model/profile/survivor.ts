/** Which of two entities lives on when they merge: the one with an external id; if neither has one, the older. */
import { EXTERNAL_ID } from './identity-rules.ts'
import type { Entity, Write } from './entity.ts'

export type Placed = { id: string; entity: Entity }

/** Both as they are; the survivor first. Two with an external id are never merged. */
export function survivorOf(a: Placed, b: Placed): [survivor: Placed, loser: Placed] {
  const [hasA, hasB] = [externalIdOf(a.entity) !== undefined, externalIdOf(b.entity) !== undefined]
  if (hasA !== hasB) return hasA ? [a, b] : [b, a]
  return comparePlaces(createdOf(a), createdOf(b)) <= 0 ? [a, b] : [b, a]
}

/** The first of its parts in the order of the log. */
function createdOf({ entity }: Placed): Write {
  return entity.parts.map(({ created }) => created).reduce((first, next) => (comparePlaces(next, first) < 0 ? next : first))
}

function comparePlaces(a: Write, b: Write): number {
  return a.position - b.position || a.index - b.index
}

/** The one value that never changes. */
export function externalIdOf({ parts }: Entity): string | undefined {
  for (const { identifiers } of parts) {
    const found = identifiers.find(({ kind }) => kind === EXTERNAL_ID)
    if (found) return found.value
  }
  return undefined
}
