/**
 * Conditions on events as sub-queries: a row for each entity that has such events at all, with what the condition asks of them. `lo`
 * and `hi` are how many count now; of what may be later, the least and the most that can.
 */
import type { EntityKind } from '../../model/profile/entity.ts'
import type { EventLeaf } from '../../model/segment/leaf-tallies.ts'
import { talliesOf } from '../../model/segment/leaf-tallies.ts'
import {
  type EventSelector,
  type EventCountPredicate,
  type EventTimePredicate,
  type EventValuePredicate,
  OCCURRENCES_MAX,
  type SequencePredicate,
  type Timeframe,
} from '../../model/segment/predicate.ts'
import type { Keep } from '../../model/segment/segment.ts'
import type { Zone } from '../../model/segment/zone.ts'
import { type EventContext, memberSource, ownedSql, regroupedSql, selectedSql } from './event-sql.ts'
import { areSame, type Bounds, boundsOf, boundsSql, hullSql, isMoving, isPassing, type Moment } from './frame-sql.ts'
import { allOf, anyOf, doubleSql, integerSql } from './sql-text.ts'

export type LeafContext = EventContext & {
  kind: EntityKind
  now: number
  moment: Moment
  zones: readonly Zone[]
  /** Sub-query of entities with the `number` of theirs and of their `zone`, where they have zones of their own. */
  zonesOfEntities: string | undefined
  /** Entities that have more of these events than are looked at, by number. Mostly there are none, and never many. */
  crowdOf: (leaf: EventLeaf) => readonly bigint[]
}

/** Columns: `entity` and `lo`, `hi`, or `value`, `touched`, or `instant`, `touched`, `upcoming`. */
export function eventLeafSql(leaf: EventLeaf, context: LeafContext): string {
  switch (leaf.is) {
    case 'events':
      return countsSql(leaf, context)
    case 'value':
      return valuesSql(leaf, context)
    case 'time':
      return instantsSql(leaf, context)
    case 'sequence':
      return sequencesSql(leaf, context)
  }
}

type Frame = { now: Bounds; later: Bounds; wanted: Bounds }

function frameOf(when: Timeframe, { moment, ...context }: LeafContext): Frame {
  const bounds = (moment: Moment) => boundsOf([when], 'event', moment, context)
  const now = bounds('now')
  const later = moment === 'later' ? bounds('later') : now
  return { now, later, wanted: now.map((intervals, i) => (moment === 'later' ? [...intervals, ...(later[i] ?? [])] : intervals)) }
}

/** How many of `rows` count; an entity's zone is `zone`. */
function crowdColumns(when: Timeframe, frame: Frame, moment: Moment): string {
  if (moment === 'now') return `${countIn(frame.now)} as lo, lo as hi`
  return `${isPassing(when) ? '0' : countIn(frame.now)} as lo, ${countIn(frame.later)} as hi`
}

function countIn(bounds: Bounds): string {
  return `count(*) filter (where ${boundsSql('happened', bounds, 'zone')})`
}

function countsSql(leaf: EventCountPredicate, context: LeafContext): string {
  const { state, moment, kind } = context
  const frame = frameOf(leaf.when, context)
  if (context.crowdOf(leaf).length > 0 || !areSame(frame.wanted)) {
    return `select entity, ${crowdColumns(leaf.when, frame, moment)} from (${occurrences(leaf, frame, context)}) group by entity`
  }
  // Counted by part first: there are fewer of them than events.
  const conditions = [...selectedSql(leaf.events, context), hullSql('happened', frame.wanted)]
  const events = `select part, of_account, ${crowdColumns(leaf.when, frame, moment)} from events where ${allOf(conditions)} group by part, of_account`
  return regroupedSql(kind, events, { lo: 'sum', hi: 'sum' }, state)
}

function occurrences(
  leaf: EventCountPredicate | EventValuePredicate,
  frame: Frame,
  context: LeafContext,
  column?: string,
): string {
  const [keeps] = keepsOf(leaf, context)
  return occurrencesSql({ events: leaf.events, hull: frame.wanted, column, keeps, crowd: context.crowdOf(leaf) }, context)
}

type Rows = {
  events: EventSelector
  /** Only within. */
  hull: Bounds
  column: string | undefined
  /** What is kept of those who have too many: the newest. */
  keeps: Keep | undefined
  crowd: readonly bigint[]
}

/** `entity`, `happened`, `zone`, and `member` where a column is named. */
function occurrencesSql({ events, hull, column, keeps, crowd }: Rows, context: LeafContext): string {
  const { kind, state, zonesOfEntities } = context
  const [member, columns] = column === undefined ? ['', 'e.happened'] : [`, ${column} as member`, 'e.happened, e.member']
  const owned = (range: string[]) => {
    const conditions = allOf([...selectedSql(events, context), ...range])
    return ownedSql(kind, `select part, of_account, happened${member} from events where ${conditions}`, columns, state)
  }
  const isOfCrowd = `entity in (${crowd.map((number) => `${number}::ubigint`).join(', ')})`
  const rows =
    crowd.length === 0
      ? owned([hullSql('happened', hull)])
      : `select * from (${owned([hullSql('happened', hull)])}) where not ${isOfCrowd}
        union all
        select * from (${owned(rangeOf(keeps))}) where ${isOfCrowd}
        qualify row_number() over (partition by entity order by happened desc) <= ${OCCURRENCES_MAX}`
  if (zonesOfEntities === undefined) return `select *, 0 as zone from (${rows})`
  return `select o.*, z.zone from (${rows}) o join (${zonesOfEntities}) z on z.number = o.entity`
}

function rangeOf(keeps: Keep | undefined): string[] {
  const { from, until } = keeps?.keep === 'all' ? keeps : {}
  return [
    ...(from === undefined ? [] : [`happened >= ${integerSql(Math.ceil(from))}`]),
    ...(until === undefined ? [] : [`happened < ${integerSql(Math.ceil(until))}`]),
  ]
}

function valuesSql(leaf: EventValuePredicate, context: LeafContext): string {
  const { live, now, moment } = context
  const frame = frameOf(leaf.when, context)
  const { json = 'null', number = 'null' } = memberSource('properties', leaf.property, live)
  const column = leaf.aggregate === 'distinctCount' ? distinctSql(json, number) : number
  const rows = occurrences(leaf, frame, context, column)
  const touched = isMoving(leaf.when) ? 'count(*)' : `count(*) filter (where happened > ${integerSql(now)})`
  const counted = `${moment === 'later' ? touched : '0'} as touched`
  const isCounting = boundsSql('happened', frame.now, 'zone')
  if (leaf.aggregate === 'sum' || leaf.aggregate === 'average') return sumsSql(leaf, { rows, isCounting, counted })
  return `select entity, ${AGGREGATES[leaf.aggregate]} filter (where ${isCounting}) as value, ${counted} from (${rows}) group by entity`
}

const AGGREGATES = { minimum: 'min(member)', maximum: 'max(member)', distinctCount: 'count(distinct member)' }

/**
 * Sums as `aggregate` has them, from the smallest number on: the order shows in the last digits. Sorting everything would take ten times as
 * long, so that is done only where the last digits may decide.
 */
function sumsSql(
  { test, aggregate }: EventValuePredicate,
  { rows, isCounting, counted }: { rows: string; isCounting: string; counted: string },
): string {
  const values: readonly unknown[] = test.test === 'number' || test.test === 'equals' ? test.values : []
  const limits = values.filter((value) => typeof value === 'number')
  const isSum = aggregate === 'sum'
  // Any two orders differ by less than this part of the sum of absolute values for each number.
  const isNear = limits.map((limit) => {
    const [goal, size] = isSum
      ? [doubleSql(limit), 'size']
      : [`${doubleSql(limit)} * number`, `(size + abs(${doubleSql(limit)}) * number)`]
    return `abs(sum - ${goal}) <= ${size} * (number + 4) * ${doubleSql(4 * Number.EPSILON)}`
  })
  const counting = `filter (where ${isCounting})`
  return `
    with sums as materialized (
      select entity, sum(member) ${counting} as sum, sum(abs(member)) ${counting} as size, count(member) ${counting} as number, ${counted}
      from (${rows}) group by entity
    ),
    exact as (
      select entity, sum(member order by member) ${counting} as sum from (${rows})
      where entity in (select entity from sums where ${anyOf(isNear)}) group by entity
    )
    select sums.entity, coalesce(exact.sum, sums.sum) ${isSum ? '' : '/ sums.number'} as value, touched
    from sums left join exact on exact.entity = sums.entity`
}

/** Scalars under one text each. */
function distinctSql(json: string, number: string): string {
  return `case left(${json}, 1) when '[' then null when '{' then null when 'n' then null when '"' then ${json}
    else coalesce((${number})::varchar, ${json}) end`
}

function instantsSql({ events, which, when }: EventTimePredicate, context: LeafContext): string {
  const { state, kind, now, moment } = context
  const isPast = `happened <= ${integerSql(now)}`
  const least = which === 'first' ? 'min' : 'max'
  const later = moment === 'later' ? boundsOf([when], 'event', 'later', context).flat() : []
  const columns = `${least}(happened) filter (where ${isPast}) as instant,
    ${moment === 'later' ? `count(*) filter (where ${hullSql('happened', [later])})` : '0'} as touched, count(*) filter (where not ${isPast}) as upcoming`
  const rows = `select part, of_account, ${columns} from events where ${allOf(selectedSql(events, context))} group by part, of_account`
  return regroupedSql(kind, rows, { instant: least, touched: 'sum', upcoming: 'sum' }, state)
}

function sequencesSql(leaf: SequencePredicate, context: LeafContext): string {
  const frame = frameOf(leaf.when, context)
  const crowd = context.crowdOf(leaf)
  const [firstKeeps, secondKeeps] = keepsOf(leaf, context)
  const early = frame.wanted.map((intervals) => intervals.map(({ from, until }) => ({ from: from - leaf.withinMs, until })))
  const firsts = occurrencesSql({ events: leaf.first, hull: early, column: undefined, keeps: firstKeeps, crowd }, context)
  const seconds = occurrencesSql(
    { events: leaf.second, hull: frame.wanted, column: undefined, keeps: secondKeeps, crowd },
    context,
  )
  return `
    select entity, ${crowdColumns(leaf.when, frame, context.moment)}
    from (
      select entity, happened, zone, is_second, max(case when not is_second then happened end)
        over (partition by entity order by happened range between unbounded preceding and 1 preceding) as before
      from (select entity, happened, zone, false as is_second from (${firsts}) union all select entity, happened, zone, true from (${seconds}))
    )
    where is_second and happened - before <= ${integerSql(Math.floor(leaf.withinMs))}
    group by entity`
}

/** What the incremental evaluator keeps of the events that the leaf asks for. */
function keepsOf(leaf: EventLeaf, { kind, zones }: Pick<LeafContext, 'kind' | 'zones'>): Keep[] {
  return talliesOf(leaf, { kind, zone: zones.length === 1 ? zones[0] : undefined }).map(({ keeps }) => keeps)
}

/** Numbers of the entities that have more events than are looked at; undefined when that makes no difference. */
export function crowdSql(leaf: EventLeaf, context: LeafContext): string | undefined {
  const selectors = leaf.is === 'sequence' ? [leaf.first, leaf.second] : [leaf.events]
  const { wanted } = frameOf(leaf.when, context)
  if (wanted.flat().length === 0) return undefined
  // Older ones are not looked at anyway.
  const earliest = Math.min(...wanted.flat().map(({ from }) => from)) - (leaf.is === 'sequence' ? leaf.withinMs : 0)
  const since = hullSql('happened', [[{ from: earliest, until: Number.POSITIVE_INFINITY }]])
  const queries = keepsOf(leaf, context).flatMap((keeps, i) => {
    const events = selectors[i]
    if (keeps.keep !== 'all' || events === undefined) return []
    const conditions = allOf([...selectedSql(events, context), since])
    const counted = `select part, of_account, count(*) as number from events where ${conditions} group by part, of_account`
    const owned = regroupedSql(context.kind, counted, { number: 'sum' }, context.state)
    return [`select entity from (${owned}) where number > ${OCCURRENCES_MAX}`]
  })
  return queries.length === 0 ? undefined : queries.join(' union ')
}
