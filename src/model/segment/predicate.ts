/**
 * A segment's rule in the form in which it is evaluated. `parse-predicate.ts` makes it from the document that people write (that of
 * the seed: groups of predicates), once, when the segment is defined; document and rule are kept together. Everything that depends on
 * what is known at that moment (the types of traits, the workspace's time zone) is decided here, so that the same rule means the same
 * for good. JSON throughout: it stands on the log and goes to other threads.
 *
 * One rule, three evaluators with the same answer: one entity at a time (`evaluate.ts`), all at once in SQL (lake/columns), and
 * naively over raw events (the tests' oracle).
 */
import type { Json } from '../../base/json.ts'
import type { Millis } from '../profile/entity.ts'

/** `at` everywhere: a JSON pointer into the document that was written. */
export type Predicate =
  | GroupPredicate
  | TraitPredicate
  | EventCountPredicate
  | EventValuePredicate
  | EventTimePredicate
  | SequencePredicate
  | MemberPredicate
  | UsersPredicate

/** `all` of nothing holds, `any` of nothing does not, `none` holds when no child does. */
export type GroupPredicate = { is: 'all' | 'any' | 'none'; of: Predicate[]; at: string }

/** Whose trait, segment or event: the entity's own, or that of the account which a user belongs to. */
export type Owner = 'self' | 'account'

/**
 * `trait`: a name as profiles have it, or one of the keys of reports that are no traits: `id`, `email`, `external_id`,
 * `anonymous_ids`, `domain` and other kinds of identifiers (`entity-facts.ts`).
 */
export type TraitPredicate = { is: 'trait'; owner: Owner; trait: string; test: ValueTest; at: string }

/**
 * A test of one value. An array passes when any of its elements does; `negated` turns the answer around at the very end, so that a
 * negative test holds for missing values, and for arrays when no element passes. A value of another type than the test speaks of
 * does not pass. Texts of dates are instants when the test speaks of time.
 */
export type ValueTest =
  /** Not null. An empty array, text or object is set. */
  | { test: 'set'; negated: boolean }
  /** Any of these scalars; texts case-sensitive and whole. */
  | { test: 'equals'; values: (string | number | boolean)[]; negated: boolean }
  /** Any of these, folded (`text-match.ts`). */
  | { test: 'text'; match: 'contains' | 'startsWith' | 'endsWith'; values: string[]; negated: boolean }
  /** Any of these. */
  | { test: 'number'; compare: 'greater' | 'less' | 'atLeast' | 'atMost'; values: number[]; negated: boolean }
  /** Any of these frames. */
  | { test: 'time'; when: Timeframe[]; negated: boolean }
  /** In any of these areas. */
  | { test: 'within'; areas: Area[]; negated: boolean }

/** Degrees. Edges belong to the area. */
export type Area =
  /** `west` > `east`: across the antimeridian. */
  | { area: 'box'; north: number; south: number; west: number; east: number }
  /** Great-circle distance on a sphere of 6,371,008.8 m. */
  | { area: 'circle'; latitude: number; longitude: number; metres: number }
  /** Simple, closed by itself; edges run the short way round; may cross the antimeridian or hold a pole. [latitude, longitude]. */
  | { area: 'polygon'; points: [latitude: number, longitude: number][] }

export const UNITS = ['minutes', 'hours', 'days', 'weeks', 'months', 'quarters', 'years'] as const
/** Minutes to weeks are fixed lengths (a day is 24 h); months, quarters and years are those of the calendar in the zone. */
export type Unit = (typeof UNITS)[number]

/**
 * When something counts. Each frame says of an instant t in which span of `now` it counts (`timeframe.ts`): that one
 * function gives verdicts, deadlines, and the bounds for SQL.
 */
export type Timeframe =
  /** Whenever; but what is said to happen in the future does not count before it does. So in all frames but absolute ones of traits. */
  | { frame: 'ever' }
  /** t in (now − amount, now]. */
  | { frame: 'lessThan'; amount: number; unit: Unit }
  /** t ≤ now − amount. */
  | { frame: 'moreThan'; amount: number; unit: Unit }
  /** t in the calendar day (of minutes and hours: the minute, the hour; of weeks, months … the day) that lies `amount` back. */
  | { frame: 'exactly'; amount: number; unit: Unit }
  /** t in [now − max, now − min]. */
  | { frame: 'betweenAgo'; min: number; max: number; unit: Unit }
  /** Absolute, by calendar days of the zone: 'YYYY-MM-DD'. */
  | { frame: 'on' | 'notOn'; date: string }
  /** Strict. Of a day: before its first, after its last instant. */
  | { frame: 'before' | 'after'; than: Millis | string }
  /** Inclusive; days as a whole. */
  | { frame: 'between'; from: Millis | string; to: Millis | string }

/**
 * Which events are meant. All filters apply to the same event. `timeZone`: of days in filters that speak of time; absent where none does,
 * so that the same question is the same in every zone. Absent is UTC.
 */
export type EventSelector = { name: string; filters: EventFilter[]; timeZone?: string }
/** `key`: a path with dots into properties or context; a key that exists literally comes first. */
export type EventFilter = { section: 'property' | 'context'; key: string; test: ValueTest }

/** True for a count within [min, max]; `negated`: outside. `max` null: no end. Those who never did it have the count 0. */
export type CountTest = { min: number; max: number | null; negated: boolean }

export type EventCountPredicate = { is: 'events'; events: EventSelector; when: Timeframe; count: CountTest; at: string }

export const AGGREGATES = ['sum', 'average', 'minimum', 'maximum', 'distinctCount'] as const
export type Aggregate = (typeof AGGREGATES)[number]
/**
 * Over the property's values of the events that count. Numbers, for all but `distinctCount`, which takes scalars. Without any value:
 * `sum` and `distinctCount` are 0, the others missing. `test` is one of `equals`, `number`, `set`.
 */
export type EventValuePredicate = {
  is: 'value'
  events: EventSelector
  property: string
  aggregate: Aggregate
  when: Timeframe
  test: ValueTest
  at: string
}

/** When it happened first, or last; that it never did passes no frame. */
export type EventTimePredicate = { is: 'time'; events: EventSelector; which: 'first' | 'last'; when: Timeframe; at: string }

/** The first event, and then, later but within `withinMs`, the second. `when` says of the second. */
export type SequencePredicate = {
  is: 'sequence'
  first: EventSelector
  second: EventSelector
  withinMs: number
  when: Timeframe
  negated: boolean
  at: string
}

/** Of any of these segments. */
export type MemberPredicate = { is: 'member'; owner: Owner; segments: string[]; negated: boolean; at: string }

/** Accounts only: how many of its users satisfy a rule over users. `segment`: the id under which the engine keeps track of them. */
export type UsersPredicate = { is: 'users'; segment: string; predicate: GroupPredicate; count: CountTest; at: string }

/** Of a scalar that an event carries. */
export type Scalar = Extract<Json, string | number | boolean>

export type Verdict = {
  matches: boolean
  /** The earliest instant at which `matches` may turn though nothing happens; infinite when it never does. Never too late; may be early. */
  until: Millis
}

export const GROUP_DEPTH_MAX = 10
export const PREDICATES_MAX = 500
export const OPTION_VALUES_MAX = 1_000
/** Of counts in windows that move: so many instants may be kept for each entity. */
export const WINDOW_COUNT_MAX = 1_000
/** Of one entity and one question: aggregates, sequences and windows in between look at the newest so many. */
export const OCCURRENCES_MAX = 5_000
