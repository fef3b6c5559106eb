/** Lines of `millrace/events` as rows of `events`: what `reportEvent` shows of them, as far as rules can ask for it. */
import { NAME } from '../timeline-sql.ts'
import { quote } from './sql-text.ts'

const COLUMNS = {
  user: 'VARCHAR',
  account: 'VARCHAR',
  position: 'BIGINT',
  type: 'VARCHAR',
  name: 'VARCHAR',
  traits: 'JSON',
  properties: 'JSON',
  context: 'JSON',
  occurredAt: 'TIMESTAMP',
} as const

/** Of an identify or group its traits, too; of a page or screen also its name, where the properties do not have one. */
const PROPERTIES = `
  case
    when type in ('identify', 'group') and traits is not null then
      case when properties is null then traits else millrace_merge(traits::varchar, properties::varchar)::json end
    when type in ('page', 'screen') and name is not null and (properties is null or not json_exists(properties, '$.name')) then
      ('{"name":' || to_json(name) || case when properties is null or properties::varchar = '{}' then '}' else ',' || substring(properties::varchar, 2) end)::json
    else properties
  end`

/**
 * Rows of files for a temporary table `lines`; only those behind position `$1`, up to `$2`. Tombstones have no position, and so are left out.
 * Lines of nobody (there are none) would be, too.
 */
export function linesSql(files: readonly string[]): string {
  const columns = Object.entries(COLUMNS).map(([name, type]) => `'${name}': '${type}'`)
  return `
    create or replace temp table lines as
    select
      ${NAME} as name, epoch_ms(occurredAt) as happened, ('0x' || right(coalesce("user", account), 16))::ubigint as part,
      "user" is null as of_account, position, ${PROPERTIES} as properties, context
    from read_ndjson([${files.map(quote).join(', ')}], records = true, hive_partitioning = false, columns = {${columns.join(', ')}})
    where position > $1::bigint and position <= $2::bigint and coalesce("user", account) is not null`
}

/** Names that are new get the next numbers. */
export const ADD_NAMES = `
  insert into names
  select (select coalesce(max(number), 0) from names) + row_number() over (), name
  from (select distinct name from lines where name not in (select name from names))`

/** Sorted by name, so that a question about one reads little of the others. */
export const ADD_LINES = `
  insert into events
  select n.number, l.happened, l.part, l.of_account, l.position, l.properties, l.context
  from lines l join names n on n.name = l.name
  order by n.number, l.happened`
