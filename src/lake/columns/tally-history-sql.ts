/**
 * What tallies keep of the past, as a statement. What a few numbers hold is worked out in the database, a row for each part; of what may be
 * long, each event is a row, since sorting needs no memory where gathering does. `counted-parts.ts` puts them together.
 */
import type { EntityId, Millis } from '../../model/profile/entity.ts'
import type { Keep, PastTally } from '../../model/segment/segment.ts'
import type { Statement } from './column-database.ts'
import { type EventContext, memberSource, selectedSql } from './event-sql.ts'
import { allOf, integerSql } from './sql-text.ts'

/**
 * Columns, by id of the user's part: id, number of the tally, how many have happened, instants; of single events the instant and the JSON
 * text of the property; and how many parts there are, behind `after` or not. Instants are all that the tally may keep of what has happened,
 * and all that is said to happen yet. Events of accounts alone are counted by nobody.
 */
export function tallyHistoryStatement(
  tallies: readonly PastTally[],
  { after, now }: { after: EntityId; now: Millis },
  context: EventContext,
): Statement {
  const ofTally = (tally: PastTally, i: number) => `
    select ${i} as tally, part, ${columnsSql(tally.keeps, now, context)}
    from events where ${allOf(['not of_account', ...meantSql(tally, context), ...youngEnough(tally.keeps, now)])}
    ${isGathered(tally.keeps) ? 'group by part' : ''}`
  const sql = `
    with kept as materialized (${tallies.map(ofTally).join(' union all ')})
    select coalesce(p.id, r.id) as id, tally, k.number, instants, instant, member, (select count(distinct part) from kept)
    from kept k left join user_parts p on p.part = k.part left join users r on r.number = k.part
    where coalesce(p.id, r.id) > ${context.bindings.text(after)}
    order by id`
  return { sql, values: context.bindings.values }
}

/** Conditions on a row of `events`: what a tally may ever keep. */
function meantSql({ events, keeps, through }: PastTally, context: EventContext): string[] {
  const range: { from?: Millis; until?: Millis } = keeps.keep === 'count' || keeps.keep === 'all' ? keeps : {}
  return [
    `position <= ${integerSql(through)}`,
    ...selectedSql(events, context),
    ...(range.from === undefined ? [] : [`happened >= ${integerSql(Math.ceil(range.from))}`]),
    ...(range.until === undefined ? [] : [`happened < ${integerSql(Math.ceil(range.until))}`]),
  ]
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
