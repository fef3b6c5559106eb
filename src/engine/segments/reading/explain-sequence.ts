/** Conditions about one event after another explained. */
import type { Millis } from '../../../model/profile/entity.ts'
import type { SequencePredicate } from '../../../model/segment/predicate.ts'
import { instantsOf } from '../../../model/segment/tally.ts'
import { type Span, spanOf } from '../../../model/segment/timeframe.ts'
import type { FoundEvents } from './behind-events.ts'
import { covers, edgesOf, type EventFindings, type Explaining, lastOf, shown, spannedBy } from './event-findings.ts'
import { heldSince } from './held-since.ts'

export function explainSequence(
  leaf: SequencePredicate,
  [first, second]: [FoundEvents, FoundEvents],
  explaining: Explaining,
): EventFindings {
  const { subject, tallies, now } = explaining
  const { zone } = subject
  const [keptFirst = [], keptSecond = []] = tallies.map((tally) => instantsOf(subject.counted(tally)))
  const kept = keptSecond.filter(
    (at) => leads(keptFirst, at, leaf.withinMs) !== undefined && covers(spanOf(leaf.when, at, zone, 'event'), now),
  )
  const isWhole = first.isWhole && second.isWhole
  const starts = first.events.map(({ at }) => at).toReversed()
  const following = second.events.flatMap((found) => {
    const start = leads(starts, found.at, leaf.withinMs)
    const leader = first.events.find(({ at }) => at === start)
    return leader ? [{ found, leader }] : []
  })
  const spanned = spannedBy(
    leaf.when,
    following.map(({ found }) => found),
    zone,
  )
  const passesAt = (instant: Millis) => spanned.some(({ span }) => covers(span, instant)) !== leaf.negated
  const counting = following.filter((_, i) => covers(spanned[i]?.span ?? NOWHERE, now))
  const pairs = new Set(counting.flatMap(({ found, leader }) => [found, leader]))
  const completed = following.map(({ found }) => found)
  return {
    value: kept.length,
    ...(kept.length === 0 && lastOf(completed, { now, isWhole, isNever: leaf.when.frame === 'ever' })),
    since: isWhole ? heldSince(edgesOf(spanned), passesAt, { now }) : undefined,
    ...shown([...pairs], isWhole),
  }
}

const NOWHERE: Span = { enter: Number.POSITIVE_INFINITY, leave: Number.POSITIVE_INFINITY }

/** The last of the sorted instants before `at`, if it lies within the span. */
function leads(instants: readonly Millis[], at: Millis, withinMs: number): Millis | undefined {
  const before = instants.findLast((one) => one < at)
  return before !== undefined && at - before <= withinMs ? before : undefined
}
