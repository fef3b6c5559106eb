/**
 * What tallies keep of the past, as a statement. What a few numbers hold is worked out in the database, a row for each part; of what may be
 * long, each event is a row, since sorting needs no memory where gathering does. `counted-parts.ts` puts them together.
 */
import type { Position } from '../../log/log.ts'
import type { EntityId, EntityKind, Millis } from '../../model/profile/entity.ts'
import type { Keep, Tally } from '../../model/segment/segment.ts'
import type { Statement } from './column-database.ts'
import { ENTITY_KINDS } from './entity-row.ts'
import { type EventContext, memberSource } from './event-sql.ts'
import { meantSql } from './history-sql.ts'
import { allOf, integerSql, quote } from './sql-text.ts'

export type Past = { through: Position; after: EntityId; now: Millis }

/**
 * Columns, by id of the part: its kind and id, number of the tally, how many have happened, instants; and of single events the instant and
 * the JSON text of the property. Instants are all that the tally may keep of what has happened, and all that is said to happen yet.
 */
export function tallyHistoryStatement(
  tallies: readonly Tally[],
  { through, after, now }: Past,
  context: EventContext,
): Statement {
  const ofTally = (tally: Tally, i: number) => `
    select ${i} as tally, of_account, part, ${columnsSql(tally.keeps, now, context)}
    from events where ${allOf([`position <= ${integerSql(through)}`, meantSql(tally, context), ...youngEnough(tally.keeps, now)])}
    ${isGathered(tally.keeps) ? 'group by of_account, part' : ''}`
  const partsOf = (kind: EntityKind) => `
    select ${quote(kind)} as kind, coalesce(p.id, r.id) as part, tally, k.number, instants, instant, member
    from (select * from kept where ${kind === 'account' ? '' : 'not '}of_account) k
      left join ${kind}_parts p on p.part = k.part
      left join ${kind}s r on r.number = k.part
    where coalesce(p.id, r.id) > ${context.bindings.text(after)}`
  const sql = `
    with kept as not materialized (${tallies.map(ofTally).join(' union all ')})
    select * from (${ENTITY_KINDS.map(partsOf).join(' union all ')}) order by part`
  return { sql, values: context.bindings.values }
}

/** DuckDB sets aside room for all of them in every group. */
const EXTREMES_MAX = 16

function isGathered(keeps: Keep): boolean {
  return keeps.keep === 'count' || (keeps.keep !== 'all' && keeps.size <= EXTREMES_MAX)
}

function columnsSql(keeps: Keep, now: Millis, { live }: EventContext): string {
  const past = `filter (where happened <= ${integerSql(now)})`
  const future = `filter (where happened > ${integerSql(now)})`
  if (!isGathered(keeps)) {
    const property = keeps.keep === 'all' ? keeps.property : undefined
    const member = property === undefined ? undefined : memberSource('properties', property, live).json
    return `0 as number, null as instants, happened as instant, ${member ?? 'null::varchar'} as member`
  }
  if (keeps.keep === 'count') return gatheredSql(`count(*) ${past}`, `list(happened) ${future}`)
  const size = keeps.keep === 'all' ? 0 : keeps.size
  if (keeps.keep === 'earliest') return gatheredSql('0', `min(happened, ${size})`)
  return gatheredSql('0', `list_concat(max(happened, ${size}) ${past}, list(happened) ${future})`)
}

function gatheredSql(number: string, instants: string): string {
  return `${number} as number, ${instants} as instants, null as instant, null::varchar as member`
}

function youngEnough(keeps: Keep, now: Millis): string[] {
  if (keeps.keep !== 'all' || keeps.forMs === undefined) return []
  return [`happened > ${integerSql(Math.floor(now - keeps.forMs))}`]
}
