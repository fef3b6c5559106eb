/** Rules in plain words, for people who look at what a segment asks and what it found. */
import type { Json } from '../../../base/json.ts'
import type {
  Area,
  CountTest,
  EventFilter,
  EventSelector,
  GroupPredicate,
  Owner,
  Predicate,
  Timeframe,
  ValueTest,
} from '../../../model/segment/predicate.ts'
import { durationText, frameText } from './timeframe-text.ts'

/** For example `plan equals "pro"`, or `"Order" where total is greater than 100, at least once, less than 30 days ago`. */
export function predicateText(predicate: Predicate): string {
  switch (predicate.is) {
    case 'all':
    case 'any':
    case 'none':
      return `${predicate.is} of`
    case 'trait':
      return `${owned(predicate.owner, predicate.trait)} ${testText(predicate.test)}`
    case 'events':
      return phrase(eventText(predicate.events), countText(predicate.count, predicate.when), frameText(predicate.when))
    case 'value': {
      const { aggregate, property, events, when, test } = predicate
      const what = `${AGGREGATE_WORDS[aggregate]} ${property}`
      return phrase(`${what} of ${eventText(events)}`, frameText(when), testText(test))
    }
    case 'time':
      return phrase(`the ${predicate.which} ${eventText(predicate.events)}`, frameText(predicate.when))
    case 'sequence': {
      const { first, second, withinMs, when, negated } = predicate
      const steps = `${eventText(first)}${negated ? ', never' : ''} followed by ${eventText(second)}`
      return phrase(`${steps} within ${durationText(withinMs)}`, frameText(when))
    }
    case 'member':
      return memberText(predicate.owner, predicate.segments, predicate.negated)
    case 'users':
      return [usersText(predicate.count), ...withText(predicate.predicate)].join(' ')
  }
}

function withText(predicate: GroupPredicate): string[] {
  return predicate.of.length === 0 ? [] : [`where ${nestedText(predicate)}`]
}

/** A whole rule about users in one line. */
function nestedText(predicate: Predicate): string {
  if (predicate.is === 'member' && predicate.owner === 'self') return `the user ${predicateText(predicate)}`
  if (!isGroup(predicate)) return predicateText(predicate)
  const texts = predicate.of.map((one) => (isGroup(one) && one.of.length > 1 ? `(${nestedText(one)})` : nestedText(one)))
  const joined = texts.join(predicate.is === 'all' ? ' and ' : ' or ')
  return predicate.is === 'none' ? `none of: ${joined}` : joined
}

export function isGroup(predicate: Predicate): predicate is GroupPredicate {
  return predicate.is === 'all' || predicate.is === 'any' || predicate.is === 'none'
}

const AGGREGATE_WORDS = {
  sum: 'the sum of',
  average: 'the average of',
  minimum: 'the minimum of',
  maximum: 'the maximum of',
  distinctCount: 'the number of values of',
} as const

function phrase(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join(', ')
}

function owned(owner: Owner, name: string): string {
  return owner === 'account' ? `account.${name}` : name
}

function memberText(owner: Owner, segments: readonly string[], negated: boolean): string {
  const who = owner === 'account' ? 'the account is' : 'is'
  const some = segments.length > 1 ? 'any of ' : ''
  return `${who} ${negated ? 'not in' : 'in'} ${some}${listText(segments)}`
}

function eventText({ name, filters }: EventSelector): string {
  const quoted = JSON.stringify(name)
  return filters.length === 0 ? quoted : `${quoted} where ${filters.map(filterText).join(' and ')}`
}

function filterText({ section, key, test }: EventFilter): string {
  return `${section === 'context' ? 'context.' : ''}${key} ${testText(test)}`
}

function testText(test: ValueTest): string {
  switch (test.test) {
    case 'set':
      return test.negated ? 'is not set' : 'is set'
    case 'equals':
      return equalsText(test.values, test.negated)
    case 'text': {
      const [plain, negative] = TEXT_WORDS[test.match]
      return `${test.negated ? negative : plain} ${someOf(test.values, test.negated)}`
    }
    case 'number':
      return `${isText(test.negated)} ${NUMBER_WORDS[test.compare]} ${someOf(test.values, test.negated)}`
    case 'time':
      return `${isText(test.negated)} ${test.when.map((frame) => frameText(frame) ?? 'a date').join(' or ')}`
    case 'within':
      return `${isText(test.negated)} within ${test.areas.map(areaText).join(' or ')}`
  }
}

const TEXT_WORDS = {
  contains: ['contains', 'does not contain'],
  startsWith: ['starts with', 'does not start with'],
  endsWith: ['ends with', 'does not end with'],
} as const

const NUMBER_WORDS = { greater: 'greater than', less: 'less than', atLeast: 'at least', atMost: 'at most' } as const

function isText(negated: boolean): string {
  return negated ? 'is not' : 'is'
}

function equalsText(values: readonly Json[], negated: boolean): string {
  const [first] = values
  if (values.length === 1 && typeof first === 'boolean') return `${isText(negated)} ${first}`
  if (values.length > 1) return `${negated ? 'is none of' : 'is any of'} ${listText(values)}`
  return `${negated ? 'does not equal' : 'equals'} ${listText(values)}`
}

function someOf(values: readonly Json[], negated: boolean): string {
  return values.length > 1 ? `${negated ? 'any' : 'one'} of ${listText(values)}` : listText(values)
}

/** More say no more. */
const LISTED_MAX = 5

function listText(values: readonly Json[]): string {
  const shown = values.slice(0, LISTED_MAX).map((value) => JSON.stringify(value))
  return values.length > LISTED_MAX ? `${shown.join(', ')} and ${values.length - LISTED_MAX} more` : shown.join(', ')
}

function areaText(area: Area): string {
  switch (area.area) {
    case 'box':
      return `the box from ${area.south}, ${area.west} to ${area.north}, ${area.east}`
    case 'circle':
      return `${area.metres} m of ${area.latitude}, ${area.longitude}`
    case 'polygon':
      return `a polygon of ${area.points.length} points`
  }
}

function countText({ min, max, negated }: CountTest, when: Timeframe): string {
  const never = when.frame === 'ever' ? 'never' : 'not once'
  if (min === 1 && max === null) return negated ? never : 'at least once'
  if (max === 0) return negated ? 'at least once' : never
  const text = rangeText(min, max, (count) => (count === 1 ? 'once' : `${count} times`))
  return negated ? `not ${text}` : text
}

function usersText({ min, max, negated }: CountTest): string {
  if (max === 0) return negated ? 'at least 1 user' : 'no user'
  const text = rangeText(min, max, (count) => (count === 1 ? '1 user' : `${count} users`))
  return negated ? `not ${text}` : text
}

function rangeText(min: number, max: number | null, of: (count: number) => string): string {
  if (max === null) return `at least ${of(min)}`
  if (max === min) return `exactly ${of(min)}`
  return min === 0 ? `at most ${of(max)}` : `${min} to ${of(max)}`
}
