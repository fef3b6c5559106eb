/**
 * Who must wait for others before its members can be told: segments that ask the same share what is counted, and one of them brings the
 * history of it; and who asks for members of others is right only when these are there.
 */
import { compileRule } from '../../../model/segment/evaluate.ts'
import type { SegmentState, Tally } from '../../../model/segment/segment.ts'
import { withTwin } from '../tally-registry.ts'

type Others = {
  /** The history of the tally is not there yet. */
  isIncomplete: (tally: Tally) => boolean
  find: (segment: string) => SegmentState | undefined
}

/** It goes no further than `history` until those have come to an end; there is always one that is not held back. */
export function isHeldBack({ definition, version }: Pick<SegmentState, 'definition' | 'version'>, others: Others): boolean {
  if (definition.predicate === undefined) return false
  const { tallies, segments, accountSegments, users } = compileRule(definition.predicate, definition).dependencies
  const isAwaited = (id: string) => {
    const other = others.find(id)
    if (other?.filling === undefined || other.isDeleting) return false
    // Of two that ask for each other, which only requests at the same instant can bring about, the older one goes first.
    return other.owner === 'internal' || other.version < version
  }
  return (
    tallies.flatMap(withTwin).some(others.isIncomplete) ||
    [...segments, ...accountSegments, ...users.map(({ segment }) => segment)].some(isAwaited)
  )
}
