/** Rules in the place of memberships: what is asked of segments that are to be defined, or changed, as if that had been done. */
import type { Millis } from '../../model/profile/entity.ts'
import type { SegmentDefinition } from '../../model/segment/segment.ts'
import type { Statement } from './column-database.ts'
import type { Rule } from './population-sql.ts'
import { openContext, type Question } from './rule-question.ts'
import { RuleSql, type RuleContext, type StandIns } from './rule-sql.ts'
import { Bindings } from './sql-text.ts'

type TimedRule = Rule & Pick<SegmentDefinition, 'timeZone'>

/**
 * The statement that `stateOf` makes of a rule, in which whoever matches a rule of `instead` counts as a member of its segment. Those may
 * ask for each other, each for those before it; all others are asked for their members of now.
 */
export async function standingIn(
  question: Question,
  { rule, instead, now }: { rule: TimedRule; instead: readonly TimedRule[]; now: Millis },
  stateOf: (rule: TimedRule, context: RuleContext) => Statement,
): Promise<Statement> {
  const bindings = new Bindings()
  const standIns = new Map<string, { kind: Rule['kind']; table: string }>()
  const open = async (one: TimedRule, known: StandIns) =>
    await openContext(question, one, { now, moment: 'now' }, { bindings, standIns: known })
  const tables: string[] = []
  for (const one of instead) {
    const table = `stand_in_${tables.length}`
    const sql = new RuleSql(one.kind, await open(one, standIns))
    const condition = sql.holds(one.predicate)
    tables.push(`${table} as materialized (select r.number from ${sql.from} where ${condition})`)
    standIns.set(one.id, { kind: one.kind, table })
  }
  const { sql, values } = stateOf(rule, await open(rule, standIns))
  return { sql: tables.length === 0 ? sql : `with ${tables.join(', ')} ${sql}`, values }
}
