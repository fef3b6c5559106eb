/**
 * Segments as a company may have them, over the traits and events of `EventGenerator`: the load of the benchmarks of segments. The mix
 * repeats every twenty segments, with other values and windows each time, so that few of them ask the same.
 */

import { CITIES, COUNTRIES, INDUSTRIES, LANGUAGES, PLANS } from '../src/engine/event-generator/user-traits.ts'

/** A document as it stands in a catalog. */
export type BenchSegment = { name: string; kind?: 'account'; predicate: Group }

type Condition = { property: { key: string }; operator: string; options?: Record<string, unknown> } | Group
type Group = { type: 'all' | 'any' | 'none'; predicates: Condition[] }

const EVENTS = [
  'Product Viewed',
  'Product Added',
  'Order Completed',
  'Feature Used',
  'Search Performed',
  'Report Exported',
  'Invoice Paid',
  'Task Completed',
]
/** Of each event, a property with numbers up to so much. */
const NUMBERS: Record<string, [property: string, max: number]> = {
  'Product Viewed': ['price', 90],
  'Product Added': ['quantity', 5],
  'Order Completed': ['total', 500],
  'Feature Used': ['durationMs', 60_000],
  'Search Performed': ['results', 300],
  'Report Exported': ['rows', 100_000],
  'Invoice Paid': ['amount', 2_000],
  'Task Completed': ['ageDays', 60],
}
/** Of each event, a property with few values. */
const TEXTS: Record<string, [property: string, values: (string | boolean)[]]> = {
  'Product Viewed': ['category', ['books', 'garden', 'kitchen', 'music', 'outdoor', 'toys']],
  'Product Added': ['category', ['books', 'garden', 'kitchen', 'music', 'outdoor', 'toys']],
  'Order Completed': ['coupon', ['WELCOME']],
  'Feature Used': ['feature', ['board', 'calendar', 'dashboard', 'export', 'filter', 'import', 'share', 'timeline']],
  'Search Performed': ['query', ['invoice', 'overdue tasks', 'roadmap', 'team capacity', 'weekly report']],
  'Report Exported': ['format', ['csv']],
  'Invoice Paid': ['method', ['card']],
  'Task Completed': ['project', ['project-1', 'project-20', 'project-300']],
}
const TITLES = ['analyst', 'designer', 'engineer', 'founder', 'head', 'marketing', 'product', 'sales']
const WINDOWS = [
  { hours: 1 },
  { hours: 12 },
  { days: 1 },
  { days: 3 },
  { days: 7 },
  { days: 14 },
  { days: 30 },
  { days: 60 },
  { days: 90 },
]

/** By id, `seg-001` and so on; a segment asks about those before it only. */
export function benchSegments(count: number): Record<string, BenchSegment> {
  const segments: Record<string, BenchSegment> = {}
  for (let i = 0; i < count; i++) {
    const make = KINDS[i % KINDS.length]
    if (make) segments[idOf(i)] = within(audienceOf(i), make(Math.floor(i / KINDS.length), i))
  }
  return segments
}

function idOf(i: number): string {
  return `seg-${String(i + 1).padStart(3, '0')}`
}

/** `n` counts the rounds through this list. */
const KINDS: readonly ((n: number, i: number) => BenchSegment)[] = [
  (n) =>
    all(`Plan and country ${n}`, trait('plan', 'equals', pickTwo(PLANS, n)), trait('country', 'equals', [pick(COUNTRIES, n)])),
  (n) => all(`Title ${n}`, trait('title', 'contains', [pick(TITLES, n)]), trait('city', 'does_not_equal', [pick(CITIES, n)])),
  (n) =>
    all(
      `Seats ${n}`,
      trait('seats', 'is_greater_than', [20 + ((7 * n) % 170)]),
      trait('mrr', 'is_less_than', [500 + 190 * (n % 50)]),
    ),
  (n) => all(`Signed up ${n}`, { property: { key: 'signedUpAt' }, operator: 'is_more_than', options: { days: 100 + 10 * n } }),
  (n, i) => all(`Often ${n}`, happened('is_at_least', i, { count: 2 + (n % 9), ...lately(n + 3) })),
  (n, i) => all(`Filtered ${n}`, happened('at_least_once', i, { propsFilters: [filterOf(i, n)], ...lately(n) })),
  (n, i) =>
    all(
      `Rarely ${n}`,
      trait('plan', 'equals', [pick(PLANS, n)]),
      happened('is_at_most', i, { count: 1 + (n % 3), ...lately(n + 4) }),
    ),
  (n, i) => all(`Never ${n}`, trait('country', 'equals', [pick(COUNTRIES, n + 3)]), happened('zero_times', i, lately(n + 2))),
  (n, i) =>
    all(
      `Sum ${n}`,
      valueOver('sum', i, numberOf(i), {
        comparison: 'is_greater_than',
        value: numberOf(i)[1] * (1 + (n % 4)),
        ...lately(n + 4),
      }),
    ),
  (n, i) =>
    all(
      `Average ${n}`,
      valueOver(n % 2 === 0 ? 'average' : 'maximum', i, numberOf(i), {
        comparison: 'is_greater_or_equal',
        value: numberOf(i)[1] / 2,
        ...lately(n + 1),
      }),
    ),
  (n, i) =>
    all(`Lapsed ${n}`, trait('isSubscribed', 'is_true'), happened('last_time', i, { timeframe: 'more_than', days: 1 + 3 * n })),
  (n, i) => all(`New ${n}`, happened('first_time', i, lately(n))),
  (n, i) =>
    all(
      `Member ${n}`,
      {
        property: { key: 'segment' },
        operator: n % 3 === 2 ? 'is_not_member' : 'is_member',
        options: { value: [idOf(i - 12), idOf(i - 8)] },
      },
      trait('leadScore', 'is_greater_than', [n % 90]),
    ),
  (n) =>
    all(
      `Of accounts ${n}`,
      trait('account.industry', 'equals', [pick(INDUSTRIES, n)]),
      trait('account.employees', 'is_greater_than', [60 * n]),
    ),
  (n, i) => nested(n, i),
  (n) =>
    all(
      `Score ${n}`,
      trait('npsScore', 'is_greater_or_equal', [n % 11]),
      trait('isAdmin', n % 2 === 0 ? 'is_true' : 'is_false'),
      trait('loginCount', 'is_less_than', [100 * (n % 50)]),
    ),
  (n, i) =>
    all(
      `Distinct ${n}`,
      valueOver('distinct_count', i, textOf(i), { comparison: 'is_greater_or_equal', value: 1 + (n % 3), ...lately(n + 3) }),
    ),
  (n, i) =>
    all(
      `Sequence ${n}`,
      // oxlint-disable-next-line unicorn/no-thenable -- documents have this word; nobody awaits them
      happened('followed_by', i, { then: { eventName: eventOf(i + 3) }, within_hours: 1 + n, ...lately(n + 4) }),
    ),
  (n, i) => accounts(n, i),
  (n) =>
    all(
      `Campaign ${n}`,
      trait('lastCampaign', 'starts_with', [pick(['autumn', 'onb', 'product', 'ref', 'web', 'win'], n)]),
      trait('phone', 'is_set'),
      trait('language', 'in', pickTwo(LANGUAGES, n)),
    ),
]

/** Nine segments in ten of users are about some of them only, as many companies' are: that keeps entries and exits to a few an event. */
function audienceOf(i: number): Condition | undefined {
  const turn = (i + Math.floor(i / KINDS.length)) % 10
  if (turn === 0) return undefined
  if (turn <= 6) return trait('country', 'equals', [pick(COUNTRIES, i)])
  return turn <= 8 ? trait('language', 'equals', [pick(LANGUAGES, i)]) : trait('isAdmin', 'is_true')
}

function within(audience: Condition | undefined, segment: BenchSegment): BenchSegment {
  if (audience === undefined || segment.kind === 'account') return segment
  return { ...segment, predicate: { type: 'all', predicates: [audience, segment.predicate] } }
}

function nested(n: number, i: number): BenchSegment {
  const active: Group = {
    type: 'all',
    predicates: [trait('plan', 'equals', [pick(PLANS, n)]), happened('is_at_least', i, { count: 3, ...lately(n + 5) })],
  }
  const quiet: Group = {
    type: 'none',
    predicates: [happened('at_least_once', i + 1, lately(n + 2)), trait('isSubscribed', 'is_false')],
  }
  const large: Group = { type: 'all', predicates: [quiet, trait('seats', 'is_greater_than', [150 + (n % 50)])] }
  return { name: `Nested ${n}`, predicate: { type: 'any', predicates: [active, large] } }
}

function accounts(n: number, i: number): BenchSegment {
  const condition =
    n % 3 === 0
      ? trait('industry', 'equals', [pick(INDUSTRIES, n)])
      : n % 3 === 1
        ? happened('is_at_least', i, { count: 20, ...lately(6) })
        : users(5, trait('leadScore', 'is_greater_than', [50 + n]))
  return { ...all(`Accounts ${n}`, condition, trait('employees', 'is_greater_than', [50 * n])), kind: 'account' }
}

function all(name: string, ...predicates: Condition[]): BenchSegment {
  return { name, predicate: { type: 'all', predicates } }
}

function trait(key: string, operator: string, value?: (string | number)[]): Condition {
  return { property: { key }, operator, ...(value && { options: { value } }) }
}

function users(count: number, predicate: Condition): Condition {
  return {
    property: { key: 'users' },
    operator: 'is_at_least',
    options: { count, predicate: { type: 'all', predicates: [predicate] } },
  }
}

function happened(operator: string, event: number, options: Record<string, unknown>): Condition {
  return { property: { key: 'event' }, operator, options: { eventName: eventOf(event), ...options } }
}

function valueOver(
  operator: string,
  event: number,
  [property]: readonly [string, ...unknown[]],
  options: Record<string, unknown>,
): Condition {
  return happened(operator, event, { property, ...options })
}

function filterOf(event: number, n: number): Record<string, unknown> {
  const [text, values] = textOf(event)
  const [number, max] = numberOf(event)
  if (n % 2 === 0) return { section: 'property', key: text, operator: 'equals', value: pick(values, n) }
  return { section: 'property', key: number, operator: 'gt', value: (max * (n % 10)) / 10 }
}

function lately(n: number): Record<string, unknown> {
  return { timeframe: 'less_than', ...pick(WINDOWS, n) }
}

/** Spread so that neighbours of the list do not all ask about the same events. */
function eventOf(i: number): string {
  return pick(EVENTS, i + Math.floor(i / KINDS.length))
}

function numberOf(event: number): [property: string, max: number] {
  return NUMBERS[eventOf(event)] ?? ['price', 90]
}

function textOf(event: number): [property: string, values: (string | boolean)[]] {
  return TEXTS[eventOf(event)] ?? ['category', ['books']]
}

function pickTwo<Value>(values: readonly Value[], n: number): Value[] {
  return [pick(values, n), pick(values, n + 1)]
}

function pick<Value>(values: readonly Value[], n: number): Value {
  const value = values[n % values.length]
  if (value === undefined) throw new Error('There is something to pick from.')
  return value
}
