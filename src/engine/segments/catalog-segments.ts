/** What must be defined and deleted so that there are the segments of a catalog, and no others of it. Segments of the API stay alone. */
import type { Json } from '../../base/json.ts'
import type { Command } from '../../model/profile/command.ts'
import { compareValues } from '../../model/reduce/value-order.ts'
import type { SegmentDefinition, SegmentState } from '../../model/segment/segment.ts'
import { inOrderOfReference, isInternal, usersOf } from './segment-references.ts'

export type SegmentStep = {
  change: 'created' | 'changed' | 'unchanged' | 'deleted'
  /** As it will be; of one that is deleted, as it was. */
  definition: SegmentDefinition
  /** As it is; undefined for a new one. */
  existing: SegmentState | undefined
  /** It belonged to the API, and will be the catalog's. */
  isTakenOver: boolean
  /** Of one that is deleted: those that refer to it and stay. It stays as well then. */
  usedBy: string[]
}

/**
 * How an existing segment is told from the wanted one. `document`: by what was written, so that a rule stays as it was understood
 * then, whatever is known of traits by now. `rule`: also by what it is understood as now.
 */
export type Sameness = 'document' | 'rule'

/** A command without its id and instant. */
export type CommandSketch = Command extends infer One ? (One extends Command ? Omit<One, 'id' | 'at'> : never) : never

type Wanted = Readonly<Record<string, SegmentDefinition>>

/** Those that are wanted, each behind those that it refers to; then those to delete, each before those that it refers to. */
export function planSegments(wanted: Wanted, existing: readonly SegmentState[], sameness: Sameness = 'document'): SegmentStep[] {
  const live = existing.filter(({ definition, isDeleting }) => !isInternal(definition.id) && !isDeleting)
  const byId = new Map(live.map((state) => [state.definition.id, state]))
  const steps = inOrderOfReference(Object.values(wanted)).map((definition): SegmentStep => {
    const known = byId.get(definition.id)
    const isTakenOver = known !== undefined && known.owner !== 'catalog'
    const isSame = known !== undefined && !isTakenOver && isSameSegment(known.definition, definition, sameness)
    const change = known === undefined ? 'created' : isSame ? 'unchanged' : 'changed'
    return { change, definition, existing: known, isTakenOver, usedBy: [] }
  })
  const superfluous = live.filter(({ definition, owner }) => owner === 'catalog' && !Object.hasOwn(wanted, definition.id))
  const others = live.filter(({ definition, owner }) => owner !== 'catalog' && !Object.hasOwn(wanted, definition.id))
  const staying = [...others.map(({ definition }) => definition), ...Object.values(wanted)]
  const deletions = inOrderOfReference(superfluous.map(({ definition }) => definition)).toReversed()
  return [
    ...steps,
    ...deletions.map((definition): SegmentStep => ({
      change: 'deleted',
      definition,
      existing: byId.get(definition.id),
      isTakenOver: false,
      usedBy: usersOf(definition.id, staying),
    })),
  ]
}

/** In an order in which each can be applied. A segment that others still refer to is not deleted. */
export function commandsOf(steps: readonly SegmentStep[]): CommandSketch[] {
  return steps.flatMap(({ change, definition, usedBy }): CommandSketch[] => {
    if (change === 'unchanged' || usedBy.length > 0) return []
    if (change === 'deleted') return [{ kind: 'delete-segment', segment: definition.id }]
    return [{ kind: 'define-segment', definition, owner: 'catalog' }]
  })
}

/** None when everything is as the catalog says. */
export function segmentCommands(wanted: Wanted, existing: readonly SegmentState[]): CommandSketch[] {
  return commandsOf(planSegments(wanted, existing))
}

export function isSameSegment(a: SegmentDefinition, b: SegmentDefinition, sameness: Sameness): boolean {
  const [first, second] = [writtenPart(a), writtenPart(b)]
  if (compareValues(first, second) !== 0) return false
  const isWritten = a.document !== undefined && b.document !== undefined
  return (sameness === 'document' && isWritten) || compareValues(rulePart(a), rulePart(b)) === 0
}

/** Whether two rules have the same members, whatever their names. */
export function asksTheSame(a: SegmentDefinition, b: SegmentDefinition): boolean {
  return compareValues(rulePart(a), rulePart(b)) === 0 && compareValues(a.timeZone, b.timeZone) === 0
}

function writtenPart({ id, name, kind, timeZone, document }: SegmentDefinition): Json {
  return { id, name, kind, timeZone, document: document ?? null }
}

/** Pure JSON by its type. */
function rulePart({ predicate }: SegmentDefinition): Json {
  return (predicate as Json | undefined) ?? null
}
