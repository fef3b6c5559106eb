/** Questions about everybody as statements: counts with samples and single conditions, differences, and who may match. */
import type { EntityId } from '../../model/profile/entity.ts'
import { PREVIEW_SAMPLE_MAX } from '../../model/segment/preview.ts'
import type { GroupPredicate, Predicate } from '../../model/segment/predicate.ts'
import type { SegmentDefinition } from '../../model/segment/segment.ts'
import type { Statement } from './column-database.ts'
import { combinedSql, isGroup, type Leaf, RuleSql, type RuleContext } from './rule-sql.ts'

export type Rule = Pick<SegmentDefinition, 'id' | 'kind'> & { predicate: GroupPredicate }

export type PreviewStatement = Statement & {
  /** Pointers of the counts that follow `entities`, `count` and `sample`, in the order of the columns. */
  conditions: string[]
  funnel: string[]
}

/** Each condition is worked out once for each entity; groups and the funnel are made of the results. */
export function previewStatement({ kind, predicate }: Rule, context: RuleContext): PreviewStatement {
  const rule = new RuleSql(kind, context)
  const names = new Map<Leaf, string>()
  const columns = leavesOf(predicate).map((leaf, i) => {
    names.set(leaf, `c${i}`)
    return `${rule.leaf(leaf, true)} as c${i}`
  })
  const holds = (one: Predicate) => combinedSql(one, true, (leaf, isWanted) => `${isWanted ? '' : 'not '}${names.get(leaf)}`)
  const conditions = conditionsOf(predicate)
  const funnel = predicate.is === 'all' && predicate.of.length > 0 ? predicate.of : [predicate]
  const steps = funnel.map((_, i) =>
    funnel
      .slice(0, i + 1)
      .map(holds)
      .join(' and '),
  )
  const counts = [...conditions.map(holds), ...steps].map((condition) => `count(*) filter (where ${condition})`)
  const sql = `
    select count(*), count(*) filter (where ${holds(predicate)}), ${sampleSql(holds(predicate))}, ${counts.join(', ')}
    from (select ${['r.id', ...columns].join(', ')} from ${rule.from})`
  return { sql, values: context.bindings.values, conditions: conditions.map(({ at }) => at), funnel: funnel.map(({ at }) => at) }
}

/** Columns: how many match, how many would enter, a sample of them, how many would leave, a sample of them. */
export function comparisonStatement({ id, kind, predicate }: Rule, context: RuleContext): Statement {
  const rule = new RuleSql(kind, context)
  const columns = `r.id, ${rule.holds(predicate)} as holds, ${rule.isMember([id])} as is_member`
  const [enters, leaves] = ['holds and not is_member', 'is_member and not holds']
  const sql = `
    select count(*) filter (where holds), count(*) filter (where ${enters}), ${sampleSql(enters)},
      count(*) filter (where ${leaves}), ${sampleSql(leaves)}
    from (select ${columns} from ${rule.from})`
  return { sql, values: context.bindings.values }
}

/** Columns: ids behind `after`, in their order, of those who may match, now or later, or are members; how many they are. */
export function candidatesStatement({ id, kind, predicate }: Rule, after: EntityId, context: RuleContext): Statement {
  const rule = new RuleSql(kind, context)
  const condition = `(${rule.holds(predicate)} or ${rule.isMember([id])})`
  const { bindings } = context
  return {
    sql: `select r.id, count(*) over () from ${rule.from} where ${condition} and r.id > ${bindings.text(after)} order by r.id`,
    values: bindings.values,
  }
}

/** The first by id. */
function sampleSql(condition: string): string {
  return `coalesce(min(id, ${PREVIEW_SAMPLE_MAX}) filter (where ${condition}), [])`
}

function leavesOf(predicate: Predicate): Leaf[] {
  return isGroup(predicate) ? predicate.of.flatMap(leavesOf) : [predicate]
}

/** All but the whole, in the order of the document. */
function conditionsOf({ of }: GroupPredicate): Predicate[] {
  return of.flatMap((child) => [child, ...(isGroup(child) ? conditionsOf(child) : [])])
}
