/** A segment stays one of users, or of accounts, as long as it is there. */
import { MillraceError } from '../../base/errors.ts'
import type { SegmentDefinition, SegmentState } from '../../model/segment/segment.ts'

export type KindConflict = { message: string; hint: string }

/** Why the segment cannot become what is wanted of it; undefined when it can. `known`: that of the same id. */
export function kindConflict(
  { id, kind }: SegmentDefinition,
  known: Pick<SegmentState, 'definition' | 'isDeleting'> | undefined,
): KindConflict | undefined {
  if (known === undefined || known.definition.kind === kind) return undefined
  const message = `The segment "${id}" is one of ${known.definition.kind}s, and cannot become one of ${kind}s.`
  const first = known.isDeleting ? 'It is being deleted: wait until it is gone' : 'Delete it first'
  return { message, hint: `${first}, or give the new one another id.` }
}

/** Throws `segment_kind_changed` with all of them. */
export function requireSameKinds(wanted: Readonly<Record<string, SegmentDefinition>>, existing: readonly SegmentState[]): void {
  const conflicts = existing.flatMap((known) => {
    const { id } = known.definition
    const definition = Object.hasOwn(wanted, id) ? wanted[id] : undefined
    return (definition && kindConflict(definition, known)) ?? []
  })
  if (conflicts.length === 0) return
  throw new MillraceError('segment_kind_changed', conflicts.map(({ message }) => message).join('\n'), {
    hint: 'Give the new one another id in the catalog; or start without it first: then the old one, if it is the catalog’s, is deleted.',
  })
}
