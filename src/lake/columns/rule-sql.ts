/**
 * A rule as SQL over everybody: the rows of one kind of entity, joined with what the conditions on events ask for. It says who matches
 * at an instant; or, never too few, who may match then or at any later instant though nothing happens.
 */
import { invariant } from '../../base/errors.ts'
import type { EntityKind } from '../../model/profile/entity.ts'
import { isEventLeaf, type EventLeaf } from '../../model/segment/leaf-tallies.ts'
import type {
  CountTest,
  GroupPredicate,
  MemberPredicate,
  Predicate,
  TraitPredicate,
  UsersPredicate,
} from '../../model/segment/predicate.ts'
import type { Zone } from '../../model/segment/zone.ts'
import type { EventContext } from './event-sql.ts'
import { eventLeafSql, type LeafContext } from './event-leaf-sql.ts'
import { factSource } from './fact-sql.ts'
import { boundsOf, boundsSql, isMoving, isPassing, type Moment } from './frame-sql.ts'
import { allOf, anyOf } from './sql-text.ts'
import { laterSql, passesSql, testSql, type TestContext } from './value-sql.ts'

export type RuleContext = EventContext & {
  now: number
  moment: Moment
  /** All that occur; by kind, SQL of the number of a row's, `r` being its alias, where entities have their own. */
  zones: readonly Zone[]
  zoneOf: Readonly<Record<EntityKind, string>> | undefined
  crowdOf: (leaf: EventLeaf) => readonly bigint[]
  standIns: StandIns
}

/** By id of the segment, what is looked at in the place of its members: a table of the numbers of entities. */
export type StandIns = ReadonlyMap<string, { kind: EntityKind; table: string }>

export type Leaf = Exclude<Predicate, GroupPredicate>

/** SQL of whether the group holds, or, when `isWanted` is false, of whether it does not; made of those of its leaves. */
export function combinedSql(predicate: Predicate, isWanted: boolean, leafSql: (leaf: Leaf, isWanted: boolean) => string): string {
  if (!isGroup(predicate)) return leafSql(predicate, isWanted)
  const childrenWanted = isWanted === (predicate.is !== 'none')
  const children = predicate.of.map((child) => combinedSql(child, childrenWanted, leafSql))
  // By De Morgan: `none` wants each of its children not to hold.
  return isWanted === (predicate.is !== 'any') ? allOf(children) : anyOf(children)
}

export function isGroup(predicate: Predicate): predicate is GroupPredicate {
  return predicate.is === 'all' || predicate.is === 'any' || predicate.is === 'none'
}

export class RuleSql {
  readonly #kind: EntityKind
  readonly #context: RuleContext
  readonly #joins: string[] = []
  #isOfAccount = false

  constructor(kind: EntityKind, context: RuleContext) {
    this.#kind = kind
    this.#context = context
  }

  /** A condition on the rows of `from`; never null. */
  holds(predicate: Predicate, isWanted = true): string {
    return combinedSql(predicate, isWanted, (leaf, wanted) => this.leaf(leaf, wanted))
  }

  leaf(leaf: Leaf, isWanted: boolean): string {
    if (isEventLeaf(leaf)) return this.#events(leaf, isWanted)
    switch (leaf.is) {
      case 'trait':
        return this.#trait(leaf, isWanted)
      case 'member':
        return this.#member(leaf, isWanted)
      case 'users':
        return this.#users(leaf, isWanted)
    }
  }

  /** Whether an entity is in one of these segments now. */
  isMember(segments: readonly string[], row = 'r'): string {
    const numbers = segments.flatMap((id) => this.#context.state.segments.get(id) ?? [])
    // Ten times as fast as DuckDB's search for any of several.
    return anyOf(numbers.map((number) => `coalesce(list_contains(${row}.segments, ${number}), false)`))
  }

  /** What the conditions that were asked for are about: `r`, a row for each entity. */
  get from(): string {
    const account = this.#isOfAccount ? 'left join accounts a on a.number = r.account' : ''
    return `${this.#kind}s r ${account} ${this.#joins.join(' ')}`
  }

  get #zone(): string {
    return this.#context.zoneOf?.[this.#kind] ?? '0'
  }

  get #tests(): TestContext {
    return { ...this.#context, zone: this.#zone }
  }

  #row(owner: 'self' | 'account'): string {
    if (owner === 'self') return 'r'
    this.#isOfAccount = true
    return 'a'
  }

  #trait({ owner, trait, test }: TraitPredicate, isWanted: boolean): string {
    const { state, live, moment } = this.#context
    const kind = owner === 'self' ? this.#kind : 'account'
    const source = factSource(trait, this.#row(owner), state.facts[kind], live)
    if (moment === 'now' || test.test !== 'time') {
      const holds = testSql(test, source, this.#tests)
      return isWanted ? holds : `(not ${holds})`
    }
    // Time decides: what may be later, whatever is said of it now.
    if (isWanted === test.negated) return test.when.some(isPassing) ? 'true' : `(not ${passesSql(test, source, this.#tests)})`
    return laterSql(test, source, this.#tests)
  }

  #member({ owner, segments, negated }: MemberPredicate, isWanted: boolean): string {
    const row = this.#row(owner)
    const kind = owner === 'self' ? this.#kind : 'account'
    const standIns = segments.flatMap((id) => {
      const standIn = this.#context.standIns.get(id)
      return standIn?.kind === kind ? [{ id, table: standIn.table }] : []
    })
    const others = segments.filter((id) => !standIns.some((one) => one.id === id))
    const isIn = standIns.map(({ table }) => `coalesce(${row}.number in (select number from ${table}), false)`)
    const isMember = anyOf([this.isMember(others, row), ...isIn])
    return isWanted === negated ? `(not ${isMember})` : isMember
  }

  #join(rows: string): string {
    const name = `j${this.#joins.length}`
    this.#joins.push(`left join (${rows}) ${name} on ${name}.entity = r.number`)
    return name
  }

  #events(leaf: EventLeaf, isWanted: boolean): string {
    const rows = this.#join(eventLeafSql(leaf, this.#leafContext()))
    switch (leaf.is) {
      case 'events':
        return countSql(leaf.count, isWanted, rows)
      case 'sequence':
        return countSql({ min: 1, max: null, negated: leaf.negated }, isWanted, rows)
      case 'value': {
        const isCount = leaf.aggregate === 'sum' || leaf.aggregate === 'distinctCount'
        const value = isCount ? `coalesce(${rows}.value, 0)::double` : `${rows}.value`
        const holds = testSql(leaf.test, { number: value, isSet: `${value} is not null` }, this.#tests)
        return orTouched(isWanted ? holds : `(not ${holds})`, `${rows}.touched`, this.#context.moment)
      }
      case 'time': {
        const { moment } = this.#context
        const holds = `coalesce(${boundsSql(`${rows}.instant`, boundsOf([leaf.when], 'event', 'now', this.#context), this.#zone)}, false)`
        if (isWanted) return orTouched(holds, `${rows}.touched`, moment)
        if (moment === 'later' && isMoving(leaf.when)) return 'true'
        return orTouched(`(not ${holds})`, `${rows}.upcoming`, moment)
      }
    }
  }

  #users({ predicate, count }: UsersPredicate, isWanted: boolean): string {
    invariant(this.#kind === 'account', 'conditions on users are about accounts')
    const users = new RuleSql('user', this.#context)
    const [some, none] = [users.holds(predicate), users.holds(predicate, false)]
    const columns = `count(*) filter (where not ${none}) as lo, count(*) filter (where ${some}) as hi`
    return countSql(
      count,
      isWanted,
      this.#join(`select r.account as entity, ${columns} from ${users.from} where r.account is not null group by 1`),
    )
  }

  #leafContext(): LeafContext {
    const { zoneOf } = this.#context
    const zonesOfEntities = zoneOf && `select r.number, ${zoneOf[this.#kind]} as zone from ${this.#kind}s r`
    return { ...this.#context, kind: this.#kind, zonesOfEntities }
  }
}

/** Whether a count from `lo` to `hi` can pass, or, when `isWanted` is false, fail. */
function countSql({ min, max, negated }: CountTest, isWanted: boolean, rows: string): string {
  const [lo, hi] = [`coalesce(${rows}.lo, 0)`, `coalesce(${rows}.hi, 0)`]
  if (isWanted !== negated) return allOf([`${hi} >= ${min}`, ...(max === null ? [] : [`${lo} <= ${max}`])])
  return anyOf([`${lo} < ${min}`, ...(max === null ? [] : [`${hi} > ${max}`])])
}

function orTouched(holds: string, touched: string, moment: Moment): string {
  return moment === 'now' ? holds : anyOf([holds, `coalesce(${touched}, 0) > 0`])
}
