/** What tallies count of the past, as a statement. */
import type { EntityId, EntityKind, Millis } from '../../model/profile/entity.ts'
import type { Tally } from '../../model/segment/segment.ts'
import type { Statement } from './column-database.ts'
import { ENTITY_KINDS } from './entity-row.ts'
import { type EventContext, selectedSql } from './event-sql.ts'
import { allOf, anyOf, integerSql, quote } from './sql-text.ts'

/**
 * Columns: kind of the part, its id, name, instant, position, properties, context; of events up to `through` that a tally means, by id of
 * the part, only of those behind `after`. What no tally looks at is null.
 */
export function historyStatement(
  tallies: readonly Tally[],
  { through, after }: { through: number; after: EntityId },
  context: EventContext,
): Statement {
  const needs = (section: 'property' | 'context') =>
    tallies.some(
      ({ events, keeps }) =>
        events.filters.some((filter) => filter.section === section) ||
        (section === 'property' && keeps.keep === 'all' && keeps.property !== undefined),
    )
  const columns = [
    'name, happened, position',
    needs('property') ? 'properties' : 'null as properties',
    needs('context') ? 'context' : 'null as context',
  ].join(', ')
  const meant = anyOf([...new Set(tallies.map((tally) => meantSql(tally, context)))])
  const partsOf = (kind: EntityKind) => `
    select ${quote(kind)} as kind, coalesce(p.id, r.id) as part, ${columns}
    from (select part, ${columns} from events where ${kind === 'account' ? '' : 'not '}of_account and position <= ${integerSql(through)} and ${meant}) e
      left join ${kind}_parts p on p.part = e.part
      left join ${kind}s r on r.number = e.part
    where coalesce(p.id, r.id) > ${context.bindings.text(after)}`
  const sql = `
    select kind, part, n.name, happened, position, properties::varchar, context::varchar
    from (${ENTITY_KINDS.map(partsOf).join(' union all ')}) h join names n on n.number = h.name
    order by part`
  return { sql, values: context.bindings.values }
}

/** Conditions on a row of `events`: what a tally may ever keep. */
export function meantSql({ events, keeps }: Tally, context: EventContext): string {
  const range: { from?: Millis; until?: Millis } = keeps.keep === 'count' || keeps.keep === 'all' ? keeps : {}
  return allOf([
    ...selectedSql(events, context),
    ...(range.from === undefined ? [] : [`happened >= ${integerSql(Math.ceil(range.from))}`]),
    ...(range.until === undefined ? [] : [`happened < ${integerSql(Math.ceil(range.until))}`]),
  ])
}
