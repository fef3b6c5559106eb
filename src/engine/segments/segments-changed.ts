/** "Segments changed": who entered and left which, on the timeline, in the shape of Hull's. */
import type { TimelineEvent } from '../../model/event/timeline-event.ts'
import type { Evaluated } from './evaluation.ts'
import type { LiveSegment } from './segment-index.ts'
import type { SegmentWork } from './segment-work.ts'

export const SEGMENTS_CHANGED = 'Segments changed'
/** Who writes what no source wrote. */
const MILLRACE = 'millrace'
const DAY_MS = 86_400_000

/** Undefined when only segments changed that nobody sees. */
export function segmentsChangedEvent(work: SegmentWork, evaluated: Evaluated): TimelineEvent | undefined {
  const { kind, placed } = evaluated
  const [entered, left] = [evaluated.entered.filter(isVisible), evaluated.left.filter(isVisible)]
  if (entered.length + left.length === 0) return undefined
  const { position, index, at } = work.place
  const move = work.changes.countMove(kind, placed.id, work.place)
  const instant = new Date(at).toISOString()
  const days = Math.max(0, Math.floor((at - work.signedUpAt(kind, placed.entity)) / DAY_MS))
  return {
    [kind]: placed.id,
    position,
    index,
    id: `${position}-${index}:${kind}:${placed.id}:${at}:segments${move === 0 ? '' : `:${move}`}`,
    type: 'segment',
    name: SEGMENTS_CHANGED,
    source: MILLRACE,
    properties: {
      ...(entered.length > 0 && { entered: entered.map(nameOf) }),
      ...(left.length > 0 && { left: left.map(nameOf) }),
      ...(entered.length > 0 && { entered_ids: entered.map(({ id }) => id) }),
      ...(left.length > 0 && { left_ids: left.map(({ id }) => id) }),
    },
    context: { days_since_signup: days },
    occurredAt: instant,
    receivedAt: instant,
  }
}

export function isVisible({ state }: LiveSegment): boolean {
  return state.owner !== 'internal'
}

function nameOf({ state }: LiveSegment): string {
  return state.definition.name
}
