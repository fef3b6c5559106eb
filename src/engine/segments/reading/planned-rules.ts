/** Which segments a plan touches by itself, and which follow since they ask for the members of those. */
import type { SegmentDefinition, SegmentState } from '../../../model/segment/segment.ts'
import { asksTheSame, type SegmentStep } from '../catalog-segments.ts'
import { inOrderOfReference, isInternal, referencesOf } from '../segment-references.ts'

export class PlannedRules {
  /** Those whose members may become others, each behind those that it asks for. */
  readonly #affected: readonly SegmentDefinition[]
  readonly #ids: ReadonlySet<string>
  /** Of the API: what the plan does not name follows all the same. In the order of the ids. */
  readonly followers: readonly SegmentState[]

  constructor(steps: readonly SegmentStep[], existing: readonly SegmentState[]) {
    const named = new Set(steps.map(({ definition }) => definition.id))
    const others = existing.filter(
      ({ definition, isDeleting }) => !named.has(definition.id) && !isDeleting && !isInternal(definition.id),
    )
    const staying = steps.filter(({ change }) => change !== 'deleted').map(({ definition }) => definition)
    const ids = new Set(steps.filter(isOtherRule).map(({ definition }) => definition.id))
    const ordered = inOrderOfReference([...staying, ...others.map(({ definition }) => definition)])
    for (const one of ordered) if (referencesOf(one).some((id) => ids.has(id))) ids.add(one.id)
    // Of manual segments, whoever is in it stays.
    this.#affected = ordered.filter(({ id, predicate }) => ids.has(id) && predicate !== undefined)
    this.#ids = ids
    this.followers = others
      .filter(({ definition }) => ids.has(definition.id))
      .toSorted((a, b) => (a.definition.id < b.definition.id ? -1 : 1))
  }

  mayChange({ id }: Pick<SegmentDefinition, 'id'>): boolean {
    return this.#ids.has(id)
  }

  /** The rules that stand in the place of members when this one is compared: what it asks for, and what that asks for, in that order. */
  behind(definition: SegmentDefinition): SegmentDefinition[] {
    const wanted = new Set(referencesOf(definition))
    // Each stands behind those that it asks for, so from the last on.
    const found = this.#affected.toReversed().filter((one) => {
      if (one.id === definition.id || !wanted.has(one.id)) return false
      for (const id of referencesOf(one)) wanted.add(id)
      return true
    })
    return found.toReversed()
  }
}

function isOtherRule({ change, definition, existing }: SegmentStep): boolean {
  if (change === 'created') return true
  return change === 'changed' && existing !== undefined && !asksTheSame(existing.definition, definition)
}
