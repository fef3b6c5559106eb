/** Random rules, and random worlds that they are about. */
import * as fc from 'fast-check'
import type { Json, JsonObject } from '../../base/json.ts'
import type { EventLeaf } from '../../model/segment/leaf-tallies.ts'
import type {
  CountTest,
  EventFilter,
  EventSelector,
  GroupPredicate,
  Predicate,
  Timeframe,
  ValueTest,
} from '../../model/segment/predicate.ts'
import { type Commit, type EventSketch, NOW, type Sketch } from './columns.fixture.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

const one = <const Value>(...values: Value[]): fc.Arbitrary<Value> => fc.constantFrom(...values)
const some = <Value>(values: fc.Arbitrary<Value>, maxLength = 3): fc.Arbitrary<Value[]> =>
  fc.array(values, { minLength: 1, maxLength })
const entityId = (letter: string, number: number) => letter.repeat(8) + number.toString(16).padStart(16, '0')

export const TEXTS = [
  'pro',
  'Pro',
  'free plan',
  'Hello Wørld',
  'hello@example.com',
  'https://example.com/hello',
  'quoted "pro" \\ line\nbreak',
  'a_b.c*d',
  '',
  '12',
  'true',
  'null',
  '[]',
  'tab\u0001',
  'unit\u001f',
  'del\u007f',
  'é',
  'É',
  'x'.repeat(120),
  `${'x'.repeat(110)}y`,
]
export const QUERIES = [
  'pro',
  'hel',
  'world',
  'wor',
  'example.com',
  '/hello',
  'é',
  'e',
  '"pro',
  'line',
  'break',
  '\\',
  '_b',
  'c*',
  'B.C',
  '',
  'y',
  '\u007f',
  'x',
  'plan',
  'com',
]
const instants = fc.oneof(
  one(
    NOW,
    NOW - 1,
    NOW + 1,
    NOW - 7 * DAY,
    NOW - 7 * DAY + 1,
    NOW - DAY,
    NOW - 30 * DAY,
    NOW + 2 * DAY,
    NOW - 12 * HOUR,
    NOW - 13 * HOUR,
  ),
  fc.integer({ min: NOW - 70 * DAY, max: NOW + 2 * DAY }),
)
const ISO = instants.map((at) => new Date(at).toISOString())
const DATES = one('2026-03-29', '2026-03-28', '2026-03-22', '2026-03-01', '2026-02-28', '2026-04-01')
const dateTexts = fc.oneof(ISO, DATES, one('2026-03-29T10:00:00+02:00', '2026-02-30', '1774785600', '2026-03-29 12:00'))
const numbers = one(0, -1, 1, 2, 3, 0.1, 0.2, 19.99, 1e21, 100, 1_774_785_600_000)
const places = fc.record({ lat: one(52.5, 48.1, 0, 90), lon: one(13.4, 11.6, 180, -179) })
const scalars: fc.Arbitrary<Json> = fc.oneof(one(...TEXTS), numbers, fc.boolean(), dateTexts)
const values: fc.Arbitrary<Json> = fc.oneof(
  { weight: 6, arbitrary: scalars },
  fc.array(fc.oneof(scalars, fc.constant(null), places), { maxLength: 3 }),
  places,
  fc.constant({ deep: { er: 'pro' } }),
  fc.constant({}),
)

const traits: fc.Arbitrary<JsonObject> = fc.record(
  {
    plan: one(...TEXTS),
    score: numbers,
    isActive: fc.boolean(),
    when: dateTexts,
    place: places,
    mixed: values,
    traits_mixed: values,
    traits_plan: one(...TEXTS),
    created_at: ISO,
    time_zone: one('Europe/Berlin', 'America/New_York', 'europe/berlin', 'Nowhere', 'Pacific/Auckland'),
  },
  { requiredKeys: [] },
)
const TRAITS = one(
  'plan',
  'score',
  'isActive',
  'when',
  'place',
  'mixed',
  'traits_mixed',
  'traits_plan',
  'created_at',
  'email',
  'id',
  'traits_email',
  'unknown',
  'domain',
)

const units = one('minutes', 'hours', 'days', 'weeks', 'months', 'quarters', 'years' as const)
const amounts = one(0, 1, 2, 7, 13, 30)
const days = fc.oneof(DATES, instants)
const frames: fc.Arbitrary<Timeframe> = fc.oneof(
  fc.constant<Timeframe>({ frame: 'ever' }),
  fc.record({ frame: one('lessThan', 'moreThan', 'exactly' as const), amount: amounts, unit: units }) as fc.Arbitrary<Timeframe>,
  fc.record({ frame: fc.constant('betweenAgo' as const), min: one(0, 1, 2), max: one(2, 7, 30), unit: units }),
  fc.record({ frame: one('on', 'notOn' as const), date: DATES }),
  fc.record({ frame: one('before', 'after' as const), than: days }),
  fc.record({ frame: fc.constant('between' as const), from: days, to: days }),
)

const areas = fc.oneof(
  fc.constant({ area: 'box' as const, north: 60, south: 40, west: 10, east: 12 }),
  fc.constant({ area: 'box' as const, north: 10, south: -10, west: 170, east: -170 }),
  fc.constant({ area: 'circle' as const, latitude: 52.5, longitude: 13.4, metres: 1000 }),
)
const negated = fc.boolean()
const timeTests: fc.Arbitrary<ValueTest> = fc.record({ test: fc.constant('time' as const), when: some(frames, 2), negated })
const timelessTests: fc.Arbitrary<ValueTest> = fc.oneof(
  fc.record({ test: fc.constant('set' as const), negated }),
  fc.record({ test: fc.constant('equals' as const), values: some(fc.oneof(one(...TEXTS), numbers, fc.boolean()), 4), negated }),
  fc.record({
    test: fc.constant('text' as const),
    match: one('contains', 'startsWith', 'endsWith' as const),
    values: some(one(...QUERIES)),
    negated,
  }),
  fc.record({
    test: fc.constant('number' as const),
    compare: one('greater', 'less', 'atLeast', 'atMost' as const),
    values: some(numbers),
    negated,
  }),
  fc.record({ test: fc.constant('within' as const), areas: some(areas), negated }),
)
const tests = fc.oneof({ weight: 3, arbitrary: timelessTests }, timeTests)

const KEYS = one('total', 'sku', 'item.sku', 'name', 'strange "key', 'unknown', 'mixed')
const selectors: fc.Arbitrary<EventSelector> = fc.record(
  {
    name: one('Order', 'Order', 'Visit', 'page', 'identify', 'Never', 'User created'),
    filters: fc.oneof(
      { weight: 2, arbitrary: fc.constant<EventFilter[]>([]) },
      fc.array(fc.record({ section: one('property', 'context' as const), key: KEYS, test: tests }), { maxLength: 2 }),
    ),
    timeZone: one('Europe/Berlin', 'America/New_York'),
  },
  { requiredKeys: ['name', 'filters'] },
)
const counts: fc.Arbitrary<CountTest> = fc.oneof(
  fc.constant({ min: 1, max: null, negated: false }),
  fc.constant({ min: 0, max: 0, negated: false }),
  fc.record({ min: one(0, 1, 2, 3), max: one(null, 3, 4), negated }),
)
const at = fc.constant('/')
const aggregateTests: fc.Arbitrary<ValueTest> = fc.oneof(
  fc.record({ test: fc.constant('set' as const), negated }),
  fc.record({ test: fc.constant('equals' as const), values: some(one(0, 1, 2, 0.3, 3, 19.99)), negated }),
  fc.record({
    test: fc.constant('number' as const),
    compare: one('greater', 'less', 'atLeast', 'atMost' as const),
    values: some(one(0, 0.3, 1, 2, 20)),
    negated,
  }),
)

export const eventLeaves: fc.Arbitrary<EventLeaf> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ is: fc.constant('events' as const), events: selectors, when: frames, count: counts, at }) },
  fc.record({
    is: fc.constant('value' as const),
    events: selectors,
    property: KEYS,
    when: frames,
    at,
    aggregate: one('sum', 'average', 'minimum', 'maximum', 'distinctCount'),
    test: aggregateTests,
  }),
  fc.record({ is: fc.constant('time' as const), events: selectors, which: one('first', 'last'), when: frames, at }),
  fc.record({
    is: fc.constant('sequence' as const),
    first: selectors,
    second: selectors,
    when: frames,
    negated,
    at,
    withinMs: one(0, 1, HOUR, DAY, 30 * DAY),
  }),
)

const leaves: fc.Arbitrary<Predicate> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      is: fc.constant('trait' as const),
      owner: fc.constant('self' as const),
      trait: TRAITS,
      test: tests,
      at,
    }),
  },
  { weight: 6, arbitrary: eventLeaves },
  fc.record({
    is: fc.constant('member' as const),
    owner: fc.constant('self' as const),
    segments: some(one('s1', 's2', 's3')),
    negated,
    at,
  }),
)

const userLeaves = fc.oneof(
  { weight: 5, arbitrary: leaves },
  fc.record({ is: fc.constant('trait' as const), owner: fc.constant('account' as const), trait: TRAITS, test: tests, at }),
  fc.record({
    is: fc.constant('member' as const),
    owner: fc.constant('account' as const),
    segments: some(one('s1', 's2', 's3')),
    negated,
    at,
  }),
)

function groupsOf(leaf: fc.Arbitrary<Predicate>): fc.Arbitrary<GroupPredicate> {
  const is = one('all', 'any', 'none' as const)
  const flat = fc.record({ is, of: fc.array(leaf, { maxLength: 3 }), at })
  return fc.record({ is, of: fc.array(fc.oneof({ weight: 3, arbitrary: leaf }, flat), { minLength: 1, maxLength: 3 }), at })
}

export const userRules = groupsOf(userLeaves)
export const accountRules: fc.Arbitrary<GroupPredicate> = groupsOf(
  fc.oneof(
    { weight: 3, arbitrary: leaves },
    fc.record({
      is: fc.constant('users' as const),
      segment: fc.constant('~users'),
      predicate: groupsOf(userLeaves),
      count: counts,
      at,
    }),
  ),
).map(withOwnNames)

/** Each condition on users has a segment of its own. */
function withOwnNames<Rule extends Predicate>(rule: Rule): Rule {
  let number = 0
  const name = (predicate: Predicate): Predicate => {
    if (predicate.is === 'users') return { ...predicate, segment: `~${number++}` }
    return 'of' in predicate ? { ...predicate, of: predicate.of.map(name) } : predicate
  }
  // Names change, and nothing of the form.
  return name(rule) as Rule
}

export const timeZones = fc.oneof(one('UTC', 'Europe/Berlin'), fc.constant({ trait: 'time_zone', otherwise: 'Asia/Kolkata' }))

const USERS = Array.from({ length: 6 }, (_, i) => entityId('a', i + 1))
const USER_PARTS = Array.from({ length: 4 }, (_, i) => entityId('b', i + 100))
const ACCOUNTS = Array.from({ length: 3 }, (_, i) => entityId('c', i + 1000))

const sketches = (id: string): fc.Arbitrary<Sketch> =>
  fc.record(
    { id: fc.constant(id), traits, email: one('ada@example.com', 'bob@örg.example'), segments: fc.subarray(['s1', 's2', 's3']) },
    { requiredKeys: ['id'] },
  )

const owners = fc.oneof(
  { weight: 8, arbitrary: fc.record({ user: one(...USERS, ...USER_PARTS) }) },
  fc.record({ account: one(...ACCOUNTS) }),
  fc.record({ user: one(...USERS), account: one(...ACCOUNTS) }),
)
const properties = fc.record(
  {
    total: fc.oneof({ weight: 3, arbitrary: one(0.1, 0.2, 1, 2, 19.99) }, values),
    sku: values,
    item: fc.record({ sku: scalars }),
    'item.sku': values,
    name: one('home'),
    'strange "key': scalars,
    mixed: values,
  },
  { requiredKeys: [] },
)
const context = fc.record({ sku: values, item: fc.record({ sku: scalars }), total: values }, { requiredKeys: [] })
const members = fc.oneof(
  { weight: 4, arbitrary: fc.record({ name: one('Order', 'Order', 'Visit') }) },
  fc.record({ type: fc.constant('page' as const), name: one('Home "1"') }),
  fc.record({ type: fc.constant('page' as const) }),
  fc.record({ type: fc.constant('identify' as const), traits: properties }),
  fc.record({ type: fc.constant('user_created' as const) }),
)
const events: fc.Arbitrary<EventSketch> = fc
  .tuple(owners, members, fc.record({ at: instants, properties, context }, { requiredKeys: ['at'] }))
  .map((all) => Object.assign({}, ...all) as EventSketch)

export const worlds: fc.Arbitrary<Commit> = fc.record({
  users: fc
    .tuple(...USERS.map((id) => fc.tuple(sketches(id), fc.option(one(...ACCOUNTS)))))
    .chain((users) =>
      fc.array(one(...USERS), { minLength: USER_PARTS.length, maxLength: USER_PARTS.length }).map((homes) => ({ users, homes })),
    )
    .map(({ users, homes }) =>
      users.map(([sketch, account]): Sketch => ({
        ...sketch,
        ...(account !== null && { account }),
        parts: USER_PARTS.filter((_, i) => homes[i] === sketch.id),
      })),
    ),
  accounts: fc.tuple(...ACCOUNTS.map(sketches)),
  events: fc.array(events, { maxLength: 40, size: 'max' }),
})
