/**
 * What segments ask about, sent as it happens: orders of now, of the last minutes and of days ago, so that windows close over them all
 * the time; plans that change; visitors who become known; companies. Beside it the segments that are asked.
 */
import type { Random } from '../../src/base/random.ts'
import type { EntityKind } from '../../src/model/profile/entity.ts'
import type { RawGroup, RawLeaf } from '../../src/model/segment/naive-segment.fixture.ts'

const MINUTE_MS = 60_000
const PLANS = ['free', 'pro', 'team', null]
const SKUS = 6
const COMPANIES = 5
const REPEATABLE_MAX = 200

export type SegmentRule = { kind: EntityKind; rule: RawGroup }

/** Of the catalog. */
export const CATALOG_RULES: Readonly<Record<string, SegmentRule>> = {
  pro: user(trait('plan', 'equals', ['pro'])),
  promising: user(trait('score', 'is_greater_than', [50]), trait('plan', 'is_not_set')),
  'just-bought': user(did('at_least_once', { timeframe: 'less_than', minutes: 0.1 })),
  busy: user(did('is_at_least', { count: 3, timeframe: 'less_than', minutes: 10 })),
  quiet: user(did('zero_times', { timeframe: 'less_than', minutes: 10 })),
  spending: user(
    did('sum', { property: 'total', comparison: 'is_greater_than', value: 100, timeframe: 'less_than', minutes: 12 }),
  ),
  'quiet-pros': user(member('pro'), member('quiet')),
  'of-companies': user(trait('account.plan', 'equals', ['business'])),
  'of-busy-companies': user(member('busy-companies', 'account.segment')),
  'busy-companies': account(did('is_at_least', { count: 30, timeframe: 'less_than', minutes: 10 })),
  'companies-of-pros': account({
    property: { key: 'users' },
    operator: 'is_at_least',
    options: { count: 2, predicate: group(trait('plan', 'equals', ['pro'])) },
  }),
}
/** Defined while things go on, so that history is looked at; then changed. */
export const LATER_RULES: readonly Readonly<Record<string, SegmentRule>>[] = [
  {
    collecting: user(
      did('distinct_count', {
        property: 'sku',
        comparison: 'is_greater_or_equal',
        value: 4,
        timeframe: 'less_than',
        minutes: 30,
      }),
    ),
    loyal: user(did('is_at_least', { count: 12 })),
    'strong-companies': account(did('sum', { property: 'total', comparison: 'is_greater_than', value: 2_000 })),
  },
  {
    collecting: user(
      did('distinct_count', { property: 'sku', comparison: 'is_greater_or_equal', value: 3, timeframe: 'less_than', hours: 20 }),
    ),
    loyal: user(did('is_at_least', { count: 15 }), member('collecting')),
  },
]

function group(...predicates: RawGroup['predicates']): RawGroup {
  return { type: 'all', predicates }
}

/** As people write it. */
export function documentOf({ kind, rule }: SegmentRule): object {
  return kind === 'user' ? rule : { type: 'accounts_segment', predicate: rule }
}

function user(...predicates: RawLeaf[]): SegmentRule {
  return { kind: 'user', rule: group(...predicates) }
}

function account(...predicates: RawLeaf[]): SegmentRule {
  return { kind: 'account', rule: group(...predicates) }
}

function trait(key: string, operator: string, value?: (string | number)[]): RawLeaf {
  return { property: { key }, operator, ...(value && { options: { value } }) }
}

function member(segment: string, key = 'segment'): RawLeaf {
  return { property: { key }, operator: 'is_member', options: { value: [segment] } }
}

function did(operator: string, options: object): RawLeaf {
  return { property: { key: 'event' }, operator, options: { eventName: 'Order', ...options } }
}

export class SegmentTraffic {
  readonly #random: Random
  readonly #users: number
  readonly #repeatable: string[] = []
  #count = 0

  constructor(random: Random, users: number) {
    this.#random = random
    this.#users = users
  }

  /** An event of this instant, as JSON. */
  next(now: number): string {
    const repeated = this.#repeatable[this.#draw(REPEATABLE_MAX)]
    if (repeated !== undefined && this.#random.next() < 0.05) return repeated
    const happened = now - this.#delayMs()
    const line = JSON.stringify({ messageId: `m-${this.#count++}`, timestamp: new Date(happened).toISOString(), ...this.#call() })
    this.#repeatable[this.#count % REPEATABLE_MAX] = line
    return line
  }

  #call(): object {
    const drawn = this.#random.next()
    const number = this.#draw(this.#users)
    const [userId, anonymousId] = [`user-${number}`, `visitor-${number}`]
    const order = { type: 'track', event: 'Order', properties: { total: this.#draw(40), sku: `sku-${this.#draw(SKUS)}` } }
    if (drawn < 0.55) return { ...order, userId }
    if (drawn < 0.7) return { ...order, anonymousId }
    if (drawn < 0.75) return { type: 'identify', userId, anonymousId, traits: { score: this.#draw(100) } }
    if (drawn < 0.82) {
      const groupId = `company-${this.#draw(COMPANIES)}`
      return { type: 'group', userId, groupId, traits: { plan: this.#draw(2) === 0 ? 'business' : 'small' } }
    }
    return { type: 'identify', userId, traits: { plan: PLANS[this.#draw(PLANS.length)], score: this.#draw(100) } }
  }

  /** Ago: now, some minutes, or some days. */
  #delayMs(): number {
    const drawn = this.#random.next()
    if (drawn < 0.4) return 0
    return Math.floor(this.#random.next() * (drawn < 0.85 ? 20 * MINUTE_MS : 3 * 24 * 60 * MINUTE_MS))
  }

  #draw(below: number): number {
    return Math.floor(this.#random.next() * below)
  }
}
