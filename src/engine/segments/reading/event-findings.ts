/** What is found about conditions on events: events with the spans of time in which they count. */
import type { Json } from '../../../base/json.ts'
import type { Instant } from '../../../model/event/event.ts'
import type { Millis } from '../../../model/profile/entity.ts'
import type { Timeframe } from '../../../model/segment/predicate.ts'
import type { Tally } from '../../../model/segment/segment.ts'
import { type Span, spanOf } from '../../../model/segment/timeframe.ts'
import type { Zone } from '../../../model/segment/zone.ts'
import { type BehindEvent, behindEvent, type BehindEvents, type FoundEvent } from './behind-events.ts'
import type { Since } from './held-since.ts'
import type { StoredSubject } from './stored-subject.ts'

export type EventFindings = {
  /** The count, the aggregate, the instant of the first or last, the count of sequences. */
  value: Json
  /** It is this many or more: no more is kept, since the answer does not depend on it. */
  isAtLeast?: true
  since: Since
  /** Those that count, newest first. */
  events: BehindEvent[]
  /** There are older ones that count, or may be. */
  hasMore?: true
  /** Of a count of 0: when it happened last, whatever the timeframe; null: never up to now. Absent where that is not known. */
  lastAt?: Instant | null
}

export type Explaining = {
  subject: StoredSubject
  /** Those of the leaf, as `talliesOf` gives them. */
  tallies: readonly Tally[]
  behind: BehindEvents
  now: Millis
}

/** Of one condition. */
const EXPLAINED_EVENTS_MAX = 10

export type Spanned = { found: FoundEvent; span: Span }

export function spannedBy(when: Timeframe, events: readonly FoundEvent[], zone: Zone): Spanned[] {
  return events.map((found) => ({ found, span: spanOf(when, found.at, zone, 'event') }))
}

export function covers({ enter, leave }: Span, instant: Millis): boolean {
  return enter <= instant && instant < leave
}

/** `events`: newest first. `isNever`: the count of all that ever happened is 0. */
export function lastOf(
  events: readonly FoundEvent[],
  { now, isWhole, isNever }: { now: Millis; isWhole: boolean; isNever: boolean },
): Pick<EventFindings, 'lastAt'> {
  const last = events.find(({ at }) => at <= now)
  if (last !== undefined) return { lastAt: new Date(last.at).toISOString() }
  return isWhole || isNever ? { lastAt: null } : {}
}

/** When the answer can have turned. */
export function edgesOf(spanned: readonly Spanned[]): Millis[] {
  return spanned.flatMap(({ span: { enter, leave } }) => [enter, leave])
}

export function shown(events: readonly FoundEvent[], isWhole: boolean): Pick<EventFindings, 'events' | 'hasMore'> {
  const hasMore = !isWhole || events.length > EXPLAINED_EVENTS_MAX
  return { events: events.slice(0, EXPLAINED_EVENTS_MAX).map(behindEvent), ...(hasMore && { hasMore }) }
}
