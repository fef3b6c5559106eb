/** Which tallies answer a question about events: the least that must be kept of them, by the frame of time that it speaks of. */
import type { EntityKind, Millis } from '../profile/entity.ts'
import type {
  CountTest,
  EventCountPredicate,
  EventSelector,
  EventTimePredicate,
  EventValuePredicate,
  Predicate,
  SequencePredicate,
  Timeframe,
  Unit,
} from './predicate.ts'
import type { Keep, Tally } from './segment.ts'
import { END_OF_TIME, intervalsAt, longestMs } from './timeframe.ts'
import type { Zone } from './zone.ts'

export type EventLeaf = EventCountPredicate | EventValuePredicate | EventTimePredicate | SequencePredicate

/** `zone` undefined: every entity has its own. */
export type TallyContext = { kind: EntityKind; zone: Zone | undefined }

/** In the order in which `evaluate.ts` asks for them. */
export function talliesOf(leaf: EventLeaf, context: TallyContext): Tally[] {
  switch (leaf.is) {
    case 'events':
      return countKeeps(leaf.when, leaf.count, context.zone).map((keeps) => tally(leaf.events, keeps, context))
    case 'value':
      return [tally(leaf.events, { ...allIn(leaf.when, context.zone), property: leaf.property }, context)]
    case 'time':
      return [tally(leaf.events, { keep: leaf.which === 'first' ? 'earliest' : 'latest', size: 1 }, context)]
    case 'sequence': {
      const second = allIn(leaf.when, context.zone)
      return [tally(leaf.first, before(second, leaf.withinMs), context), tally(leaf.second, second, context)]
    }
  }
}

export function isEventLeaf(predicate: Predicate): predicate is EventLeaf {
  return predicate.is === 'events' || predicate.is === 'value' || predicate.is === 'time' || predicate.is === 'sequence'
}

/** Two tallies are one when they ask the same. */
export function tallyIdentity({ kind, events, keeps }: Tally): string {
  return JSON.stringify([kind, events, Object.entries(keeps).toSorted(([a], [b]) => (a < b ? -1 : 1))])
}

function tally(events: EventSelector, keeps: Keep, { kind }: TallyContext): Tally {
  return { events, kind, keeps: rounded(keeps) }
}

/** Keeping a little more lets questions that differ little share what is kept. */
const SIZES = [1, 2, 3, 5, 10, 20, 50, 100, 200, 500]
const DAY_MS = 86_400_000
const SPANS = [3, 10, 35, 100, 200, 400].map((days) => days * DAY_MS)

function rounded(keeps: Keep): Keep {
  switch (keeps.keep) {
    case 'count':
      return { ...keeps, cap: roundUp(keeps.cap, SIZES) }
    case 'latest':
    case 'earliest':
      return { ...keeps, size: roundUp(keeps.size, SIZES) }
    case 'all':
      return keeps.forMs === undefined ? keeps : { ...keeps, forMs: roundUp(keeps.forMs, SPANS) }
  }
}

/** As it is beyond the last step. */
function roundUp(value: number, steps: readonly number[]): number {
  return steps.find((step) => step >= value) ?? value
}

function countKeeps(when: Timeframe, { min, max }: CountTest, zone: Zone | undefined): Keep[] {
  // One more than the largest number that the test tells apart.
  const enough = Math.max(1, max === null ? min : max + 1)
  switch (when.frame) {
    case 'ever':
      return [{ keep: 'count', cap: enough }]
    case 'lessThan':
      return [{ keep: 'latest', size: enough }]
    case 'moreThan':
      return [{ keep: 'earliest', size: enough }]
    case 'exactly':
    case 'betweenAgo':
      return [allIn(when, zone)]
    case 'on':
    case 'notOn':
    case 'before':
    case 'after':
    case 'between':
      if (zone === undefined) return [allIn(when, zone)]
      return absolute(when, zone).map((range): Keep => ({ keep: 'count', cap: enough, ...range }))
  }
}

/** All events that can ever count, from now on. */
function allIn(when: Timeframe, zone: Zone | undefined): Extract<Keep, { keep: 'all' }> {
  switch (when.frame) {
    case 'ever':
    case 'moreThan':
    case 'notOn':
      return { keep: 'all' }
    case 'lessThan':
    case 'exactly':
      return { keep: 'all', forMs: atMostMs(when.amount, when.unit) }
    case 'betweenAgo':
      return { keep: 'all', forMs: atMostMs(when.max, when.unit) }
    case 'on':
    case 'before':
    case 'after':
    case 'between':
      // Days of a zone that is not known are within those of all zones.
      return { keep: 'all', ...(zone && absolute(when, zone)[0]) }
  }
}

function before(keeps: Extract<Keep, { keep: 'all' }>, durationMs: number): Keep {
  return {
    ...keeps,
    ...(keeps.from !== undefined && { from: keeps.from - durationMs }),
    ...(keeps.forMs !== undefined && { forMs: keeps.forMs + durationMs }),
  }
}

/** The instants that count in an absolute frame, when all time has passed. */
function absolute(when: Timeframe, zone: Zone): { from?: Millis; until?: Millis }[] {
  return intervalsAt(when, END_OF_TIME, zone, 'event').map(({ from, until }) => ({
    ...(Number.isFinite(from) && { from }),
    ...(Number.isFinite(until) && until <= END_OF_TIME && { until }),
  }))
}

/** No event counts for longer. */
function atMostMs(amount: number, unit: Unit): number {
  return longestMs(amount + 1, unit)
}
