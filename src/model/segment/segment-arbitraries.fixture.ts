/** Random cases for rules: a document, and a user or an account of which about every second document is true. */
import * as fc from 'fast-check'
import type { Json, JsonObject } from '../../base/json.ts'
import type { EntityKind, Millis } from '../profile/entity.ts'
import type { Clock } from './naive-calendar.fixture.ts'
import type { NaiveEvent, RawGroup, RawLeaf, World } from './naive-segment.fixture.ts'
import { documents, leaves } from './segment-documents.fixture.ts'
import { edgesBefore } from './segment-edges.fixture.ts'
import { PLANS, SEGMENTS, TEXTS, ZONE_TRAIT } from './segment-words.fixture.ts'

export type Case = { kind: EntityKind; document: RawGroup; world: World }

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Where clocks are changed, a month ends early, a year or a leap day begins; elsewhere days are alike. */
const TURNS: Record<string, string[]> = {
  UTC: ['2024-02-29T00:00Z', '2026-01-01T00:00Z'],
  'Europe/Berlin': ['2026-03-29T01:00Z', '2026-10-25T01:00Z', '2026-02-28T23:00Z'],
  'America/New_York': ['2026-03-08T07:00Z', '2026-11-01T06:00Z'],
  'America/Santiago': ['2026-04-05T03:00Z', '2026-09-06T04:00Z'],
  'Africa/Cairo': ['2026-04-23T22:00Z', '2026-10-29T21:00Z'],
  'Australia/Lord_Howe': ['2026-04-04T15:00Z', '2026-10-03T15:30Z'],
  'Asia/Kolkata': ['2026-02-28T18:30Z'],
  'Pacific/Chatham': ['2026-04-04T14:00Z', '2026-09-26T14:00Z'],
}

const jitters: fc.Arbitrary<Millis> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(0, 0, 0, -1, 1, -1) },
  { weight: 2, arbitrary: fc.constantFrom(-HOUR, HOUR, -DAY, DAY, -60_000, 60_000) },
  { weight: 2, arbitrary: fc.integer({ min: -3 * DAY, max: DAY }) },
)

/** Just after a turn, or as long after it as documents look back. */
const clocks: fc.Arbitrary<Clock> = fc
  .constantFrom(
    ...Object.entries(TURNS).flatMap(([timeZone, turns]) => turns.map((turn) => ({ timeZone, turn: Date.parse(turn) }))),
  )
  .chain(({ timeZone, turn }) =>
    fc
      .tuple(fc.constantFrom(0, 0, HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 28 * DAY, 30 * DAY, 31 * DAY), jitters)
      .map(([after, jitter]) => ({ timeZone, now: turn + after + jitter })),
  )

/** Nested groups. */
export const cases: fc.Arbitrary<Case> = casesOf(documents)

/** A single predicate: disagreements are small, and none hides behind another. */
export const simpleCases: fc.Arbitrary<Case> = casesOf((kind, clock) =>
  leaves(kind, clock).map((leaf: RawLeaf): RawGroup => ({ type: 'all', predicates: [leaf] })),
)

function casesOf(documentsOf: (kind: EntityKind, clock: Clock) => fc.Arbitrary<RawGroup>): fc.Arbitrary<Case> {
  const kinds = fc.constantFrom<EntityKind>('user', 'user', 'user', 'account')
  return fc
    .tuple(kinds, clocks)
    .chain(([kind, clock]) =>
      documentsOf(kind, clock).chain((document) =>
        worlds(kind, clock, edgesBefore(document, clock)).map((world) => ({ kind, document, world })),
      ),
    )
}

function worlds(kind: EntityKind, clock: Clock, edges: Millis[]): fc.Arbitrary<World> {
  const { now, timeZone } = clock
  const instants = fc.tuple(fc.constantFrom(...edges), jitters).map(([edge, jitter]) => edge + jitter)
  const ownZone = fc.constantFrom({}, { [ZONE_TRAIT]: timeZone })
  const ownFacts = fc.tuple(facts(instants), ownZone).map(([all, zone]) => ({ ...all, ...zone }))
  const user = fc.record({
    now: fc.constant(now),
    timeZone: fc.constant(timeZone),
    facts: ownFacts,
    segments: segments('user'),
    events: events(instants),
  })
  const account = { facts: ownFacts, segments: segments('account') }
  if (kind === 'account')
    return fc
      .tuple(user, fc.record({ ...account, users: fc.array(user, { maxLength: 3 }) }))
      .map(([own, more]) => ({ ...own, ...more }))
  return fc.tuple(user, fc.option(fc.record(account))).map(([own, more]) => ({ ...own, ...(more && { account: more }) }))
}

function segments(kind: EntityKind): fc.Arbitrary<string[]> {
  return fc.subarray(Object.entries(SEGMENTS).flatMap(([id, of]) => (of === kind ? [id] : [])))
}

function facts(instants: fc.Arbitrary<Millis>): fc.Arbitrary<Record<string, Json>> {
  const [plans, texts] = [fc.constantFrom(...PLANS), fc.constantFrom(...TEXTS)]
  const numbers = fc.constantFrom(0, 0.5, 1, 2, 3, 4)
  const dates = datesOf(instants)
  const [lat, lon] = [
    fc.constantFrom(-90, -10, 0, 10, 15, 20, 80, 90),
    fc.constantFrom(-180, -175, -170, 0, 10, 20, 30, 170, 180),
  ]
  return fc.record(
    {
      plan: fc.oneof(plans, fc.constant('')),
      company: texts,
      score: numbers,
      is_active: fc.boolean(),
      renewed_at: dates,
      renewals: fc.array(dates, { maxLength: 3 }),
      tags: fc.array(fc.oneof(plans, texts, numbers), { maxLength: 3 }),
      place: fc.record({ lat, lon }),
    },
    { requiredKeys: [] },
  )
}

/** Every fourth is a day alone. */
function datesOf(instants: fc.Arbitrary<Millis>): fc.Arbitrary<string> {
  return fc
    .tuple(instants, fc.nat({ max: 3 }))
    .map(([at, kind]) => new Date(at).toISOString().slice(0, kind === 0 ? 10 : undefined))
}

function events(instants: fc.Arbitrary<Millis>): fc.Arbitrary<NaiveEvent[]> {
  // Lone halves of pairs, which differ in nothing but themselves, and texts that are alike for long.
  const long = ['a', 'b', '\ud800', '\ud801'].map((end) => 'x'.repeat(200) + end)
  const words = fc.oneof({ weight: 3, arbitrary: fc.constantFrom('pro', 'Hello', 'free') }, fc.constantFrom(...long))
  const properties: fc.Arbitrary<JsonObject> = fc.record(
    {
      total: fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(0, 0.5, 1, 2, 3, 4) },
        { weight: 1, arbitrary: fc.constantFrom(null, '2', true) },
      ),
      item: fc.record({ sku: words }),
      'item.sku': words,
      gift: fc.boolean(),
      shipped_at: datesOf(instants),
    },
    { requiredKeys: [] },
  )
  const context: fc.Arbitrary<JsonObject> = fc.record({ campaign: fc.record({ name: words }) }, { requiredKeys: [] })
  const event = fc.record({
    name: fc.constantFrom('Order', 'Order', 'Order', 'Visit', 'Visit', 'Refund'),
    at: instants,
    properties,
    context,
  })
  return fc.array(event, { maxLength: 12, size: 'max' })
}
