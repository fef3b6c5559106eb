/**
 * Conditions about events explained. The value is what the engine keeps of them, since that decides; which events they were, and since
 * when it is so, is told by the timeline.
 */
import type { Millis } from '../../../model/profile/entity.ts'
import { aggregate } from '../../../model/segment/evaluate-events.ts'
import type { EventLeaf } from '../../../model/segment/leaf-tallies.ts'
import type { EventCountPredicate, EventTimePredicate, EventValuePredicate } from '../../../model/segment/predicate.ts'
import { passesCount } from '../../../model/segment/subject.ts'
import { countedBy, instantsOf, pairsOf, valueAt } from '../../../model/segment/tally.ts'
import { spanOf } from '../../../model/segment/timeframe.ts'
import { testValue } from '../../../model/segment/value-test.ts'
import type { FoundEvent, FoundEvents } from './behind-events.ts'
import { covers, edgesOf, type EventFindings, type Explaining, lastOf, shown, spannedBy } from './event-findings.ts'
import { explainSequence } from './explain-sequence.ts'
import { heldSince } from './held-since.ts'

export async function explainEvents(leaf: EventLeaf, explaining: Explaining): Promise<EventFindings> {
  switch (leaf.is) {
    case 'events':
      return explainCount(leaf, await explaining.behind.find(leaf.events), explaining)
    case 'value':
      return explainValue(leaf, await explaining.behind.find(leaf.events), explaining)
    case 'time':
      return explainTime(leaf, await explaining.behind.find(leaf.events), explaining)
    case 'sequence': {
      const { first, second } = leaf
      return explainSequence(leaf, [await explaining.behind.find(first), await explaining.behind.find(second)], explaining)
    }
  }
}

function explainCount(leaf: EventCountPredicate, { events, isWhole }: FoundEvents, explaining: Explaining): EventFindings {
  const { subject, now } = explaining
  const spanned = spannedBy(leaf.when, events, subject.zone)
  const counting = spanned.filter(({ span }) => covers(span, now)).map(({ found }) => found)
  const { count, isAtLeast } = keptCount(leaf, explaining)
  const passesAt = (instant: Millis) => passesCount(leaf.count, spanned.filter(({ span }) => covers(span, instant)).length)
  return {
    value: isAtLeast ? Math.max(count, counting.length) : count,
    ...(count === 0 && lastOf(events, { now, isWhole, isNever: leaf.when.frame === 'ever' })),
    ...(isAtLeast && !isWhole && { isAtLeast }),
    since: isWhole ? heldSince(edgesOf(spanned), passesAt, { now }) : undefined,
    ...shown(counting, isWhole),
  }
}

function keptCount({ when }: EventCountPredicate, { subject, tallies, now }: Explaining): { count: number; isAtLeast: boolean } {
  const [first] = tallies
  if (first === undefined) return { count: 0, isAtLeast: false }
  const { keeps } = first
  if (keeps.keep === 'count') {
    const counts = tallies.map((tally) => countedBy(subject.counted(tally), now).count)
    return { count: counts.reduce((sum, one) => sum + one, 0), isAtLeast: counts.some((count) => count >= keeps.cap) }
  }
  const instants = instantsOf(subject.counted(first))
  const count = instants.filter((at) => covers(spanOf(when, at, subject.zone, 'event'), now)).length
  return { count, isAtLeast: keeps.keep !== 'all' && count >= keeps.size }
}

function explainValue(leaf: EventValuePredicate, { events, isWhole }: FoundEvents, explaining: Explaining): EventFindings {
  const { subject, tallies, now } = explaining
  const { zone } = subject
  const [tally] = tallies
  const kept = pairsOf(tally && subject.counted(tally)).flatMap(([at, value]) =>
    covers(spanOf(leaf.when, at, zone, 'event'), now) ? [value] : [],
  )
  const spanned = spannedBy(leaf.when, events, zone).map((one) => ({ ...one, value: scalarOf(one.found, leaf.property) }))
  const passesAt = (instant: Millis) => {
    const values = spanned.filter(({ span }) => covers(span, instant)).map(({ value }) => value)
    return testValue(leaf.test, aggregate(leaf.aggregate, values), instant, zone).matches
  }
  const counting = spanned.filter(({ span, value }) => value !== null && covers(span, now))
  return {
    value: aggregate(leaf.aggregate, kept),
    since: isWhole ? heldSince(edgesOf(spanned), passesAt, { now }) : undefined,
    ...shown(
      counting.map(({ found }) => found),
      isWhole,
    ),
  }
}

function scalarOf({ report }: FoundEvent, property: string): string | number | boolean | null {
  const value = valueAt(report.properties, property)
  return typeof value === 'object' ? null : value
}

function explainTime(leaf: EventTimePredicate, { events, isWhole }: FoundEvents, explaining: Explaining): EventFindings {
  const { subject, tallies, now } = explaining
  const [tally] = tallies
  const decidingOf = <Event extends { at: Millis }>(oldestFirst: readonly Event[], instant: Millis): Event | undefined => {
    const happened = oldestFirst.filter(({ at }) => at <= instant)
    return leaf.which === 'first' ? happened[0] : happened.at(-1)
  }
  const kept = decidingOf(
    instantsOf(tally && subject.counted(tally)).map((at) => ({ at })),
    now,
  )
  const spanned = spannedBy(leaf.when, events, subject.zone)
    .map((one) => ({ ...one, at: one.found.at }))
    .toReversed()
  const passesAt = (instant: Millis) => {
    const deciding = decidingOf(spanned, instant)
    return deciding !== undefined && covers(deciding.span, instant)
  }
  const edges = [...edgesOf(spanned), ...events.map(({ at }) => at)]
  const behind = events.find(({ at }) => at === kept?.at)
  return {
    value: kept ? new Date(kept.at).toISOString() : null,
    since: isWhole ? heldSince(edges, passesAt, { now }) : undefined,
    // It is this one event, whatever else there is.
    ...shown(behind ? [behind] : [], true),
  }
}
