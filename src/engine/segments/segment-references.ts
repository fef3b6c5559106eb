/** Which segments refer to which. */
import { segmentsIn } from '../../model/segment/segment-cycles.ts'
import type { SegmentDefinition } from '../../model/segment/segment.ts'

/** Those that the engine keeps for itself are shown to nobody. */
export function isInternal(id: string): boolean {
  return id.startsWith('~')
}

/** Ids of those whose members its rule asks for. */
export function referencesOf({ predicate }: SegmentDefinition): string[] {
  return predicate ? segmentsIn(predicate) : []
}

/** Ids of those that refer to the segment, itself excepted, in the order of the ids. */
export function usersOf(id: string, definitions: readonly SegmentDefinition[]): string[] {
  const others = definitions.filter((one) => one.id !== id && referencesOf(one).includes(id))
  return others.map((one) => one.id).toSorted()
}

/** Each behind those that it refers to; else in the order of the ids. Circles, which nobody can define, are left as they come. */
export function inOrderOfReference(definitions: readonly SegmentDefinition[]): SegmentDefinition[] {
  const byId = new Map(definitions.map((one) => [one.id, one]))
  const ordered = new Map<string, SegmentDefinition>()
  const visiting = new Set<string>()
  const visit = (one: SegmentDefinition) => {
    if (visiting.has(one.id)) return
    visiting.add(one.id)
    for (const id of referencesOf(one)) {
      const referred = byId.get(id)
      if (referred) visit(referred)
    }
    ordered.set(one.id, one)
  }
  for (const id of [...byId.keys()].toSorted()) {
    const one = byId.get(id)
    if (one) visit(one)
  }
  return [...ordered.values()]
}
