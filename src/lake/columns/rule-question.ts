/** Everything that a rule's statement needs to know beforehand: the zones of entities, and where there are more events than are looked at. */
import { findZone, type Zone, zoneOf } from '../../model/segment/zone.ts'
import type { EntityKind, Millis } from '../../model/profile/entity.ts'
import { type EventLeaf, isEventLeaf } from '../../model/segment/leaf-tallies.ts'
import type { Predicate } from '../../model/segment/predicate.ts'
import type { SegmentDefinition } from '../../model/segment/segment.ts'
import type { ColumnDatabase, Limits } from './column-database.ts'
import type { ColumnState } from './column-state.ts'
import { ENTITY_KINDS } from './entity-row.ts'
import { crowdSql } from './event-leaf-sql.ts'
import { factSource } from './fact-sql.ts'
import type { Moment } from './frame-sql.ts'
import type { LiveScope } from './live-functions.ts'
import type { Rule } from './population-sql.ts'
import { isGroup, type RuleContext } from './rule-sql.ts'
import { Bindings, quote } from './sql-text.ts'

export type Question = {
  database: ColumnDatabase
  state: ColumnState
  live: LiveScope
  limits: Limits
}

type Calendars = {
  zones: Zone[]
  /** By kind: the JSON texts of zones, in the order of `zones` from the second on; undefined where all have the first. */
  texts: Readonly<Record<EntityKind, ReadonlyMap<string, number>>> | undefined
}

/** Of one statement: what its rules have in common. */
type Shared = Pick<RuleContext, 'bindings' | 'standIns'>

type Time = { now: Millis; moment: Moment }

/** The context of one rule in a statement. Statements do not share them. */
export async function openContext(
  question: Question,
  rule: Rule & Pick<SegmentDefinition, 'timeZone'>,
  { now, moment }: Time,
  shared: Shared = { bindings: new Bindings(), standIns: new Map() },
): Promise<RuleContext> {
  const calendars = await calendarsOf(question, rule)
  const crowds = new Map<EventLeaf, bigint[]>()
  for (const { leaf, kind } of eventLeavesOf(rule.predicate, rule.kind)) {
    const own = { bindings: new Bindings(), standIns: new Map() }
    const context = contextOf(question, rule, { now, moment }, { ...calendars, ...own, crowds })
    const sql = crowdSql(leaf, { ...context, kind, zonesOfEntities: undefined })
    if (sql === undefined) continue
    const found = await question.database.rows({ sql, values: context.bindings.values }, question.limits)
    crowds.set(
      leaf,
      found.map(([number]) => BigInt(String(number))),
    )
  }
  return contextOf(question, rule, { now, moment }, { ...calendars, ...shared, crowds })
}

function contextOf(
  { state, live }: Question,
  { timeZone }: Pick<SegmentDefinition, 'timeZone'>,
  time: Time,
  { zones, texts, crowds, bindings, standIns }: Calendars & Shared & { crowds: ReadonlyMap<EventLeaf, readonly bigint[]> },
): RuleContext {
  const zoneOfKind = (kind: EntityKind): string => {
    const trait = typeof timeZone === 'string' ? '' : timeZone.trait
    const { json = 'null' } = factSource(trait, 'r', state.facts[kind], live)
    const branches = [...(texts?.[kind] ?? [])].map(([text, number]) => `when ${quote(text)} then ${number}`)
    return branches.length === 0 ? '0' : `case ${json} ${branches.join(' ')} else 0 end`
  }
  return {
    ...time,
    state,
    live,
    bindings,
    standIns,
    zones,
    zoneOf: texts && { user: zoneOfKind('user'), account: zoneOfKind('account') },
    crowdOf: (leaf) => crowds.get(leaf) ?? [],
  }
}

/** The zones that occur, each once. */
async function calendarsOf(
  { database, state, live, limits }: Question,
  { timeZone }: Pick<SegmentDefinition, 'timeZone'>,
): Promise<Calendars> {
  if (typeof timeZone === 'string') return { zones: [zoneOf(timeZone)], texts: undefined }
  const zones = [zoneOf(timeZone.otherwise)]
  const texts = { user: new Map<string, number>(), account: new Map<string, number>() }
  for (const kind of ENTITY_KINDS) {
    const { json } = factSource(timeZone.trait, 'r', state.facts[kind], live)
    if (json === undefined) continue
    const sql = `select distinct ${json} from ${kind}s r where regexp_full_match(${json}, '"[A-Za-z0-9_+/-]+"')`
    for (const [text] of await database.rows({ sql, values: [] }, limits)) {
      const zone = findZone(JSON.parse(String(text)))
      if (zone === undefined) continue
      if (!zones.includes(zone)) zones.push(zone)
      texts[kind].set(String(text), zones.indexOf(zone))
    }
  }
  return { zones, texts: zones.length === 1 ? undefined : texts }
}

function eventLeavesOf(predicate: Predicate, kind: EntityKind): { leaf: EventLeaf; kind: EntityKind }[] {
  if (isGroup(predicate)) return predicate.of.flatMap((child) => eventLeavesOf(child, kind))
  if (isEventLeaf(predicate)) return [{ leaf: predicate, kind }]
  return predicate.is === 'users' ? eventLeavesOf(predicate.predicate, 'user') : []
}
