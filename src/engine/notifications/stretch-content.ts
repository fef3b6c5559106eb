/** What a stretch of the outputs says, by whom it is about as the outputs name them: parts of users, entities, segments. */
import { INTERNAL_EVENT_TYPES, type TimelineEvent } from '../../model/event/timeline-event.ts'
import type { EntityId } from '../../model/profile/entity.ts'
import type { Change, SegmentChange } from '../../model/segment/entity-change.ts'
import { EVENTS } from '../../model/system-collections.ts'
import { EntityDiff } from './entity-diff.ts'
import type { OutputLine } from './decoded-outputs.ts'
import { isInternalSegment } from './segment-reports.ts'

/** `order`: number of the last line about it, within the stretch. */
export type Ordered<Content> = { order: number; content: Content }

export class StretchContent {
  /** By part: the user's events, but for internal ones. */
  readonly events = new Map<EntityId, Ordered<TimelineEvent>[]>()
  readonly users = new Map<EntityId, Ordered<EntityDiff>>()
  readonly accounts = new Map<EntityId, Ordered<EntityDiff>>()
  /** The last change of each segment; internal ones are left out. */
  readonly segments = new Map<string, Ordered<SegmentChange>>()

  constructor(lines: readonly OutputLine[]) {
    for (const [order, { collection, text }] of lines.entries()) {
      // The profiles' runner wrote both, in the form of their types.
      if (collection === EVENTS) this.#addEvent(JSON.parse(text) as TimelineEvent, order)
      else this.#addChange(JSON.parse(text) as Change, order)
    }
  }

  #addEvent(event: TimelineEvent, order: number): void {
    if (event.user === undefined || INTERNAL_EVENT_TYPES.includes(event.type)) return
    const events = this.events.get(event.user)
    if (events) events.push({ order, content: event })
    else this.events.set(event.user, [{ order, content: event }])
  }

  #addChange(change: Change, order: number): void {
    if (change.kind === 'segment') {
      if (!isInternalSegment(change.segment.id)) this.segments.set(change.segment.id, { order, content: change })
      return
    }
    const diffs = change.kind === 'user' ? this.users : this.accounts
    const diff = diffs.get(change.entity)?.content ?? new EntityDiff(change)
    diff.add(change)
    diffs.set(change.entity, { order, content: diff })
  }
}
