/** The query of one step of a timeline. Texts of callers are bound, never written into it. */
import { MADE_EVENT_NAMES, CALLS_WITHOUT_NAME } from '../model/event/event-report.ts'
import { TRACKED_RANK, TYPE_RANKS } from '../model/event/event-order.ts'
import { INTERNAL_EVENT_TYPES } from '../model/event/timeline-event.ts'
import type { TimelineQuery } from '../model/event/timeline-query.ts'
import { timelineColumns } from './event-columns.ts'

export type BoundSql = { sql: string; values: (string | number)[] }

/** `files`: their content is searched whole, with memory for a few megabytes a thread and `limit` events. */
export function timelineSql(query: TimelineQuery, files: readonly string[]): BoundSql {
  const values: (string | number)[] = []
  const bind = (value: string | number) => `$${values.push(value)}`
  const sql = `
    select * exclude (rank)
    from (
      select *, ${caseOf('type', TYPE_RANKS, String(TRACKED_RANK))} as rank
      from read_ndjson([${files.map(quote).join(', ')}], records = true, hive_partitioning = false, columns = {${timelineColumns()}})
    )
    where ${conditions(query, bind).join('\n      and ')}
    order by occurredAt desc, position desc, "index" desc, rank desc, id desc
    limit ${query.limit}`
  return { sql, values }
}

/** The same as `matchesQuery` says. */
function conditions({ kind, parts, filter, after }: TimelineQuery, bind: (value: string | number) => string): string[] {
  const { types, names, sources, since, until, withoutInternal } = filter
  const anyOf = (expression: string, texts: readonly string[]) =>
    texts.length === 0 ? 'false' : `${expression} in (${texts.map(bind).join(', ')})`
  return [
    anyOf(`"${kind}"`, parts),
    ...(types ? [anyOf('type', types)] : []),
    ...(names ? [anyOf(NAME, names)] : []),
    ...(sources ? [anyOf('source', sources)] : []),
    ...(since === undefined ? [] : [`occurredAt >= ${bind(since)}`]),
    ...(until === undefined ? [] : [`occurredAt < ${bind(until)}`]),
    ...(withoutInternal ? [`type not in (${INTERNAL_EVENT_TYPES.map(quote).join(', ')})`] : []),
    ...(after ? [isAfter(after, bind)] : []),
  ]
}

function isAfter(after: NonNullable<TimelineQuery['after']>, bind: (value: string | number) => string): string {
  const { occurredAt, position, index, rank, id } = after
  const place = [bind(occurredAt), `${bind(position)}::bigint`, `${bind(index)}::bigint`, `${bind(rank)}::integer`, bind(id)]
  return `(occurredAt, position, "index", rank, id) < (${place.join(', ')})`
}

/** As `eventName` has it; of columns `type` and `name`. */
export const NAME = `case when type in (${CALLS_WITHOUT_NAME.map(quote).join(', ')}) then type
  else coalesce(name, ${caseOf('type', MADE_EVENT_NAMES, 'type')}) end`

function caseOf(expression: string, results: Readonly<Record<string, string | number>>, otherwise: string): string {
  const branches = Object.entries(results).map(
    ([text, result]) => `when ${quote(text)} then ${typeof result === 'number' ? result : quote(result)}`,
  )
  return `case ${expression} ${branches.join(' ')} else ${otherwise} end`
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
