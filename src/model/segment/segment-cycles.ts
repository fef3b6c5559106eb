/** Segments that ask for the members of others must not come back to themselves: nobody could say who is in. */
import type { JsonPointer } from '../../base/json-pointer.ts'
import type { Predicate } from './predicate.ts'
import type { SegmentDefinition } from './segment.ts'

export type SegmentLinks = Pick<SegmentDefinition, 'id' | 'predicate'>

/**
 * Each cycle once, named from its first segment in the order given: each asks for the members of the next, and the last for those of
 * the first. Segments that are not among `definitions` lead nowhere.
 */
export function segmentCycles(definitions: Iterable<SegmentLinks>): string[][] {
  const links = new Map([...definitions].map(({ id, predicate }) => [id, predicate ? segmentsIn(predicate) : []]))
  const cycles: string[][] = []
  const visited = new Set<string>()
  const trail: string[] = []
  const walk = (id: string): void => {
    const start = trail.indexOf(id)
    if (start >= 0) cycles.push(trail.slice(start))
    if (visited.has(id)) return
    visited.add(id)
    trail.push(id)
    for (const next of links.get(id) ?? []) walk(next)
    trail.pop()
  }
  for (const id of links.keys()) walk(id)
  return cycles
}

/** Ids of the segments whose members a rule asks for, those of its `users` included; each once. */
export function segmentsIn(predicate: Predicate): string[] {
  return [...new Set(namedIn(predicate))]
}

function namedIn(predicate: Predicate): string[] {
  switch (predicate.is) {
    case 'all':
    case 'any':
    case 'none':
      return predicate.of.flatMap(namedIn)
    case 'users':
      return namedIn(predicate.predicate)
    case 'member':
      return predicate.segments
    case 'trait':
    case 'events':
    case 'value':
    case 'time':
    case 'sequence':
      return []
  }
}

/** JSON pointer to where a rule first asks for the members of a segment; undefined where it does not. */
export function placeOfReference(predicate: Predicate, segment: string): JsonPointer | undefined {
  switch (predicate.is) {
    case 'all':
    case 'any':
    case 'none':
      return predicate.of.map((child) => placeOfReference(child, segment)).find((place) => place !== undefined)
    case 'users':
      return placeOfReference(predicate.predicate, segment)
    case 'member':
      return predicate.segments.includes(segment) ? `${predicate.at}/options/value` : undefined
    case 'trait':
    case 'events':
    case 'value':
    case 'time':
    case 'sequence':
      return undefined
  }
}

/** For messages: `"a" → "b" → "a"`. */
export function cycleText(cycle: readonly string[]): string {
  return [...cycle, ...cycle.slice(0, 1)].map((id) => `"${id}"`).join(' → ')
}
