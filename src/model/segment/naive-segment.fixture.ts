/**
 * The truth about segments: decides on the document as people write it, over raw events, by the shortest code that says what the words
 * mean. It is slow, keeps nothing, and shares nothing with what is tested against it.
 */
import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import type { Millis } from '../profile/entity.ts'
import { isWithinFrame, type Clock, type When } from './naive-calendar.fixture.ts'
import { passes } from './naive-value.fixture.ts'

export type RawGroup = { type: 'all' | 'any' | 'none'; predicates: RawPredicate[] }
export type RawLeaf = { property: { key: string }; operator: string; options?: RawOptions }
export type RawPredicate = RawGroup | RawLeaf
export type RawFilter = { section: 'property' | 'context'; key: string; operator: string; value?: Json }
export type RawSelector = { eventName: string; propsFilters?: RawFilter[] }
export type RawOptions = When & {
  value?: Json
  eventName?: string
  propsFilters?: RawFilter[]
  timeframe?: string
  then?: RawSelector
  predicate?: RawGroup
}

export type NaiveEvent = { name: string; at: Millis; properties: JsonObject; context: JsonObject }
/** All there is to know of a user, or of an account: then `events` are its own, and those of its `users` are its events as well. */
export type World = Clock & {
  /** Where `timeZone` is the entity's own: that of days in filters of events. */
  filterZone?: string
  facts: Record<string, Json>
  events: NaiveEvent[]
  /** Those that it is a member of. */
  segments: string[]
  /** Of a user. */
  account?: Pick<World, 'facts' | 'segments'>
  /** Of an account. */
  users?: Omit<World, keyof Clock | 'filterZone'>[]
}

export function holds(predicate: RawPredicate, world: World): boolean {
  if ('predicates' in predicate) {
    const results = predicate.predicates.map((child) => holds(child, world))
    if (predicate.type === 'all') return results.every((result) => result)
    return results.some((result) => result) === (predicate.type === 'any')
  }
  const { operator, options = {} } = predicate
  const { key } = predicate.property
  if (key === 'event') return holdsOfEvents(operator, options, world)
  if (key === 'users') return holdsOfUsers(operator, options, world)
  const owner = key.startsWith('account.') ? world.account : world
  const name = key.replace(/^account\./, '')
  if (name !== 'segment') return passes(operator, options, owner?.facts[name] ?? null, world)
  const isMember = [options.value]
    .flat()
    .some((segment) => typeof segment === 'string' && owner?.segments.includes(segment) === true)
  return isMember === (operator === 'is_member')
}

function holdsOfUsers(
  operator: string,
  options: RawOptions,
  { users = [], now, timeZone, filterZone = timeZone }: World,
): boolean {
  const { predicate = { type: 'all', predicates: [] } } = options
  return passesCount(operator, options, users.filter((user) => holds(predicate, { ...user, now, timeZone, filterZone })).length)
}

function holdsOfEvents(operator: string, options: RawOptions, world: World): boolean {
  const all = [...world.events, ...(world.users ?? []).flatMap(({ events }) => events)].filter(({ at }) => at <= world.now)
  const zone = world.filterZone ?? world.timeZone
  const named = all.filter((event) => isSelected(event, options, zone))
  const isInFrame = ({ at }: NaiveEvent) => isWithinFrame(options.timeframe ?? 'ever', options, at, world)
  switch (operator) {
    case 'first_time':
    case 'last_time': {
      const [first, last] = [named.toSorted(byTime).at(0), named.toSorted(byTime).at(-1)]
      const one = operator === 'first_time' ? first : last
      return one !== undefined && isInFrame(one)
    }
    case 'followed_by':
      return isFollowed(named, all.filter((event) => isSelected(event, thenOf(options), zone)).filter(isInFrame), options)
    case 'not_followed_by':
      return !isFollowed(named, all.filter((event) => isSelected(event, thenOf(options), zone)).filter(isInFrame), options)
    case 'sum':
    case 'average':
    case 'minimum':
    case 'maximum':
    case 'distinct_count': {
      const values = named.filter(isInFrame).map((event) => find(event.properties, String(options['property'])))
      return passes(String(options['comparison']), { value: options.value ?? null }, aggregate(operator, values), world)
    }
    default:
      return passesCount(operator, options, named.filter(isInFrame).length)
  }
}

function byTime(a: NaiveEvent, b: NaiveEvent): number {
  return a.at - b.at
}

/** The second is later, within the time given. */
function isFollowed(firsts: NaiveEvent[], seconds: NaiveEvent[], options: RawOptions): boolean {
  return firsts.some(({ at }) => seconds.some((second) => second.at > at && second.at <= at + withinMs(options)))
}

function thenOf({ then }: RawOptions): RawSelector {
  if (then === undefined) throw new Error('There is no `then`.')
  return then
}

function withinMs(options: RawOptions): number {
  const lengths = { within_minutes: 60_000, within_hours: 3_600_000, within_days: 86_400_000, within_weeks: 7 * 86_400_000 }
  const found = Object.entries(lengths).find(([name]) => typeof options[name] === 'number')
  if (found === undefined) throw new Error('There is no `within_days`.')
  return Number(options[found[0]]) * found[1]
}

function passesCount(operator: string, options: RawOptions, count: number): boolean {
  const wanted = Number(options['count'])
  switch (operator) {
    case 'zero_times':
      return count === 0
    case 'at_least_once':
      return count >= 1
    case 'is_at_least':
      return count >= wanted
    case 'is_at_most':
      return count <= wanted
    case 'equals':
      return count === wanted
    case 'does_not_equal':
      return count !== wanted
    default:
      throw new Error(`No operator on events is called "${operator}".`)
  }
}

function aggregate(operator: string, values: Json[]): Json {
  if (operator === 'distinct_count') return new Set(values.filter((value) => value !== null && typeof value !== 'object')).size
  const numbers = values.filter((value) => typeof value === 'number')
  const sum = numbers.reduce((total, value) => total + value, 0)
  if (operator === 'sum') return sum
  if (numbers.length === 0) return null
  if (operator === 'average') return sum / numbers.length
  return operator === 'minimum' ? Math.min(...numbers) : Math.max(...numbers)
}

/** All filters of one and the same event. */
function isSelected(
  event: NaiveEvent,
  { eventName, propsFilters = [] }: { eventName?: string; propsFilters?: RawFilter[] },
  timeZone: string,
): boolean {
  if (event.name !== eventName) return false
  return propsFilters.every(({ section, key, operator, value }) => {
    const found = find(section === 'property' ? event.properties : event.context, key)
    // Nothing of an event changes with time, whatever its properties say: any instant will do.
    return passes(operator, { value }, found, { now: event.at, timeZone })
  })
}

/** A key as it stands, else a path with dots; null where there is nothing. */
function find(value: Json, key: string): Json {
  if (!isObject(value)) return null
  if (Object.hasOwn(value, key)) return value[key] ?? null
  const [first = '', ...rest] = key.split('.')
  return rest.length > 0 && Object.hasOwn(value, first) ? find(value[first] ?? null, rest.join('.')) : null
}
