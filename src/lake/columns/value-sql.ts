/** Tests of values (model/segment/value-test.ts) in SQL, with the same answers. */
import type { Millis } from '../../model/profile/entity.ts'
import type { ValueTest } from '../../model/segment/predicate.ts'
import type { Zone } from '../../model/segment/zone.ts'
import { boundsOf, boundsSql, dayBounds, type Moment } from './frame-sql.ts'
import type { LiveScope } from './live-functions.ts'
import { anyOf, type Bindings, doubleSql } from './sql-text.ts'
import { textSql } from './text-sql.ts'

/** A value as SQL has it; each expression is null where there is no such thing. */
export type ValueSource = {
  /** JSON text; of numbers only where `number` is made of it. */
  json?: string
  number?: string
  /** Of a text that is a date with a time, milliseconds. Absent: nobody has worked it out. */
  instant?: string
  /** Whether there is a value. */
  isSet: string
}

export type TestContext = {
  now: Millis
  /** One, or those of the entities; `zone`: SQL of the number. */
  zones: readonly Zone[]
  zone: string
  live: LiveScope
  bindings: Bindings
}

/** Never null. */
export function testSql(test: ValueTest, source: ValueSource, context: TestContext): string {
  const passes = passesSql(test, source, context)
  return test.negated ? `(not ${passes})` : passes
}

/** Negation left aside; never null. */
export function passesSql(test: ValueTest, source: ValueSource, context: TestContext): string {
  return `coalesce(${conditionSql(test, source, context)}, false)`
}

function conditionSql(test: ValueTest, source: ValueSource, context: TestContext): string {
  const { json, number } = source
  switch (test.test) {
    case 'set':
      return source.isSet
    case 'equals':
      return equalsSql(test, source, context)
    case 'number':
      return anyOf([
        ...(number === undefined ? [] : [compareSql(test, number)]),
        ...(json === undefined ? [] : [elementsSql(json, liveSql(test, json, context))]),
      ])
    case 'text':
      return json === undefined ? 'false' : textSql(test, json, liveSql(test, json, context), context.bindings)
    case 'time':
      return timeSql(test, source, context)
    case 'within':
      return json === undefined ? 'false' : `case when left(${json}, 1) in ('{', '[') then ${liveSql(test, json, context)} end`
  }
}

/** Of the elements of an array. */
function elementsSql(json: string, passes: string): string {
  return `case when left(${json}, 1) = '[' then ${passes} end`
}

/** The exact answer, from the code that decides on one entity at a time. */
function liveSql(test: ValueTest, json: string, { zones, zone, now, live }: TestContext): string {
  const [first] = zones
  if (first === undefined) return 'false'
  if (test.test !== 'time' || zones.length === 1) return live.passes(test, first, now, json)
  const branches = zones.map((one, i) => `when ${i} then ${live.passes(test, one, now, json)}`)
  return `case ${zone} ${branches.join(' ')} end`
}

/** JSON writes these in more than one way. */
// eslint-disable-next-line no-control-regex -- controls are what is written so
const WRITTEN_VARIOUSLY = /[\u0000-\u001f\u007f]|\p{Surrogate}/u

function equalsSql(test: Extract<ValueTest, { test: 'equals' }>, { json, number }: ValueSource, context: TestContext): string {
  const numbers = test.values.filter((value) => typeof value === 'number')
  const others = test.values.filter((value) => typeof value !== 'number')
  const conditions: string[] = []
  if (number !== undefined && numbers.length > 0) conditions.push(`${number} in (${numbers.map(doubleSql).join(', ')})`)
  if (json !== undefined) {
    const isVarious = others.some((value) => typeof value === 'string' && WRITTEN_VARIOUSLY.test(value))
    const firsts = isVarious ? `('[', '"')` : `('[')`
    const plain = context.bindings.anyOf(
      json,
      others.map((value) => JSON.stringify(value)),
    )
    conditions.push(`case when left(${json}, 1) in ${firsts} then ${liveSql(test, json, context)} else ${plain} end`)
  }
  return anyOf(conditions)
}

const COMPARISONS = { greater: '>', less: '<', atLeast: '>=', atMost: '<=' } as const

/** Any of the values: so the easiest decides. */
function compareSql({ compare, values }: Extract<ValueTest, { test: 'number' }>, number: string): string {
  const easiest = compare === 'greater' || compare === 'atLeast' ? Math.min(...values) : Math.max(...values)
  if (!Number.isFinite(easiest)) return 'false'
  return `${number} ${COMPARISONS[compare]} ${doubleSql(easiest)}`
}

type TimeTest = Extract<ValueTest, { test: 'time' }>

function timeSql(test: TimeTest, source: ValueSource, context: TestContext): string {
  const { json } = source
  if (json === undefined) return 'false'
  return anyOf([
    ...singleSql(test, 'now', source, context),
    `case when ${isLive(source)} then ${liveSql(test, json, context)} end`,
  ])
}

/** Negation left aside, whether a value passes now or at any later instant; never too few. Never null. */
export function laterSql(test: TimeTest, source: ValueSource, context: TestContext): string {
  if (source.json === undefined) return 'false'
  return `coalesce(${anyOf([...singleSql(test, 'later', source, context), isLive(source)])}, false)`
}

/** Of texts that are instants or days, where their instants have been worked out. */
function singleSql(test: TimeTest, moment: Moment, { json = 'null', instant }: ValueSource, context: TestContext): string[] {
  if (instant === undefined) return []
  const bounds = boundsOf(test.when, 'trait', moment, context)
  return [boundsSql(instant, bounds, context.zone), boundsSql(daySql(json), dayBounds(bounds, context.zones), context.zone)]
}

/** The number of the day that a text names; null for other texts, most of which have another length. */
function daySql(json: string): string {
  return `case when strlen(${json}) <> 12 then null
    when regexp_full_match(${json}, '"[0-9]{4}-[0-9]{2}-[0-9]{2}"') then try_cast(substring(${json}, 2, 10) as date) - date '1970-01-01' end`
}

/** Arrays, and texts that nobody has looked at. */
function isLive({ json = 'null', instant }: ValueSource): string {
  const isUnknown = `(left(${json}, 1) = '"' and substring(${json}, 6, 1) = '-')`
  return anyOf([`left(${json}, 1) = '['`, ...(instant === undefined ? [isUnknown] : [])])
}
