/** Events in SQL: which are meant, what they carry, and whose they are. */
import type { EntityKind } from '../../model/profile/entity.ts'
import type { EventFilter, EventSelector } from '../../model/segment/predicate.ts'
import { type Zone, zoneOf } from '../../model/segment/zone.ts'
import type { ColumnState } from './column-state.ts'
import type { LiveScope } from './live-functions.ts'
import { type Bindings, quote } from './sql-text.ts'
import { testSql, type ValueSource } from './value-sql.ts'

export type EventContext = { state: ColumnState; live: LiveScope; bindings: Bindings }

/** Conditions on a row of `events`; as `selects` says. */
export function selectedSql({ name, filters, timeZone = 'UTC' }: EventSelector, context: EventContext): string[] {
  const number = context.state.names.get(name)
  const zone = zoneOf(timeZone)
  return number === undefined ? ['false'] : [`name = ${number}`, ...filters.map((filter) => filterSql(filter, zone, context))]
}

/** Filters know no moving time. */
function filterSql({ section, key, test }: EventFilter, zone: Zone, { live, bindings }: EventContext): string {
  const source = memberSource(section === 'property' ? 'properties' : 'context', key, live)
  return testSql(test, source, { now: 0, zones: [zone], zone: '0', live, bindings })
}

/** Parts of a path that need no more than quotes. */
const PLAIN_NAME = /^[\w -]+$/

/** What `valueAt` finds. */
export function memberSource(object: string, key: string, live: LiveScope): ValueSource {
  const json = memberSql(object, key, live)
  return { json, number: `try_cast(${json} as double)`, isSet: `coalesce(${json} <> 'null', false)` }
}

function memberSql(object: string, key: string, live: LiveScope): string {
  const names = key.split('.')
  if (!names.every((name) => PLAIN_NAME.test(name))) return live.find(object, key)
  const path = (parts: readonly string[]) => `${object}->${quote(`$${parts.map((part) => `."${part}"`).join('')}`)}`
  return names.length === 1 ? `(${path(names)})::varchar` : `coalesce(${path([key])}, ${path(names)})::varchar`
}

/**
 * Rows of `events`, as a sub-query that has `part` and `of_account`, with their `entity` and `columns`: of a user those of its parts, of
 * an account its own and those of its users. An entity that is no more may be among them.
 */
export function ownedSql(kind: EntityKind, events: string, columns: string, { hasParts }: ColumnState): string {
  const rowsOf = (owner: EntityKind, isOfAccount: boolean) => {
    const from = `from (${events}) e ${hasParts[owner] ? `left join ${owner}_parts p on p.part = e.part` : ''}`
    const entity = hasParts[owner] ? 'coalesce(p.entity, e.part)' : 'e.part'
    return { from, entity, where: `where ${isOfAccount ? '' : 'not '}e.of_account` }
  }
  const users = rowsOf('user', false)
  if (kind === 'user') return `select ${users.entity} as entity, ${columns} ${users.from} ${users.where}`
  const own = rowsOf('account', true)
  return `
    select u.account as entity, ${columns} ${users.from} join users u on u.number = ${users.entity} ${users.where} and u.account is not null
    union all
    select ${own.entity} as entity, ${columns} ${own.from} ${own.where}`
}

/**
 * The same of rows that are grouped by part: one row for each entity. `aggregates`: how `columns` of several parts become one, by the names
 * that they keep.
 */
export function regroupedSql(
  kind: EntityKind,
  grouped: string,
  aggregates: Readonly<Record<string, 'sum' | 'min' | 'max'>>,
  state: ColumnState,
): string {
  const names = Object.keys(aggregates)
  const owned = ownedSql(kind, grouped, names.map((name) => `e.${name}`).join(', '), state)
  // Each part is an entity.
  if (kind === 'user' && !state.hasParts.user) return owned
  const columns = Object.entries(aggregates).map(([name, aggregate]) => `${aggregate}(${name}) as ${name}`)
  return `select entity, ${columns.join(', ')} from (${owned}) group by entity`
}
