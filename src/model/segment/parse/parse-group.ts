/** Groups of predicates, and the predicates that hold a group or name segments; all others are read elsewhere by their key. */
import { createHash } from 'node:crypto'
import { isObject, type Json } from '../../../base/json.ts'
import { ACCOUNT_PREFIX, COUNT_OPERATORS, EVENT_KEY, MEMBER_OPERATORS, SEGMENT_KEY, USERS_KEY } from '../operators.ts'
import {
  GROUP_DEPTH_MAX,
  type GroupPredicate,
  type MemberPredicate,
  type Owner,
  type Predicate,
  PREDICATES_MAX,
  type UsersPredicate,
} from '../predicate.ts'
import { Options, readList } from './options.ts'
import { countOptions, parseCount, parseEvent } from './parse-event.ts'
import { parseTrait } from './parse-trait.ts'
import { ownerKind, type Scope } from './scope.ts'
import { quote, type Written } from './written.ts'

const GROUP_TYPES = ['all', 'any', 'none'] as const
const GROUP_EXAMPLE = 'For example `{"type": "all", "predicates": [{"property": {"key": "email"}, "operator": "is_set"}]}`.'

/** Everything that is wrong in it is reported; the group holds what could be read. Undefined: it is no group. */
export function parseGroup(written: Written, scope: Scope): GroupPredicate | undefined {
  if (!isObject(written.value)) return written.error(`A group must be an object, not ${quote(written.value)}.`, GROUP_EXAMPLE)
  if (scope.depth > GROUP_DEPTH_MAX)
    return written.error(
      `Groups are nested more than ${GROUP_DEPTH_MAX} levels deep.`,
      'Put predicates of one type into one group.',
    )
  written.onlyKnows(['type', 'predicates'], 'A group')
  const { value: type } = written.at('type')
  const is = GROUP_TYPES.find((one) => one === type)
  if (is === undefined) written.at('type').error(typeMessage(type), TYPE_HINT)
  const of = parsePredicates(written.at('predicates'), scope)
  return { is: is ?? 'all', of, at: written.pointer }
}

const TYPE_HINT = 'Write "all" (each must hold), "any" (one must) or "none" (none may).'

function typeMessage(type: unknown): string {
  if (type === undefined) return 'The type of the group is missing.'
  return typeof type === 'string'
    ? `A group of type ${quote(type)} does not exist.`
    : `The type of a group must be a text, not ${quote(type)}.`
}

function parsePredicates(written: Written, scope: Scope): Predicate[] {
  const { value } = written
  if (!Array.isArray(value)) {
    written.error(
      value === undefined ? 'The predicates of the group are missing.' : `"predicates" must be a list, not ${quote(value)}.`,
      GROUP_EXAMPLE,
    )
    return []
  }
  if (value.length === 0)
    written.error('The group is empty, so it says nothing of anybody.', 'Add a predicate, or remove the group.')
  const predicates: Predicate[] = []
  for (const item of written.items()) {
    if (++scope.met.predicates > PREDICATES_MAX) {
      reportSize(item, scope)
      break
    }
    const predicate = parsePredicate(item, scope)
    if (predicate) predicates.push(predicate)
  }
  // Filters count as well, and the last predicate may have brought too many.
  if (scope.met.predicates > PREDICATES_MAX) reportSize(written, scope)
  return predicates
}

/** Once. */
function reportSize(at: Written, { met }: Scope): void {
  if (met.isReported) return
  met.isReported = true
  at.error(
    `There are more than ${PREDICATES_MAX} predicates and filters.`,
    'Values of one trait stand in one list: `"value": ["a", "b"]`.',
  )
}

function parsePredicate(written: Written, scope: Scope): Predicate | undefined {
  const { value } = written
  if (!isObject(value)) return written.error(`A predicate must be an object, not ${quote(value)}.`, GROUP_EXAMPLE)
  if (written.at('predicates').value !== undefined || (written.at('property').value === undefined && 'type' in value))
    return parseGroup(written, { ...scope, depth: scope.depth + 1 })
  written.onlyKnows(['property', 'operator', 'options'], 'A predicate')
  const property = written.at('property')
  const key = isObject(property.value) ? property.at('key') : property
  if (!isObject(property.value) || typeof key.value !== 'string' || key.value.trim() === '')
    return key.error(
      `A predicate needs the key of a property, not ${quote(key.value)}.`,
      'For example `"property": {"key": "email"}`; events have the key "event".',
    )
  // Hull describes properties further, which changes nothing.
  for (const member of Object.keys(property.value))
    if (member !== 'key') property.at(member).warn(`Of a property only the key is read, not ${quote(member)}.`)
  return parseByKey(written, key.value, scope)
}

function parseByKey(written: Written, key: string, scope: Scope): Predicate | undefined {
  switch (key) {
    case EVENT_KEY:
      return parseEvent(written, scope)
    case SEGMENT_KEY:
      return parseMember(written, 'self', scope)
    case USERS_KEY:
      return parseUsers(written, scope)
    case `${ACCOUNT_PREFIX}${SEGMENT_KEY}`:
      if (scope.kind === 'user') return parseMember(written, 'account', scope)
      return written
        .at('property')
        .at('key')
        .error(`"${key}" asks for the account of an account.`, `In a segment of accounts write "${SEGMENT_KEY}".`)
    default:
      return parseTrait(written, key, scope)
  }
}

function parseMember(written: Written, owner: Owner, scope: Scope): MemberPredicate | undefined {
  const operator = findOperator(written, MEMBER_OPERATORS, 'segments')
  if (operator === undefined) return undefined
  const options = new Options(written.at('options'), `"${operator.word}"`)
  options.onlyTakes(['value'])
  const option = options.require('value', '`"value": ["big-spenders"]`, the ids of segments')
  const segments = option && readList(option, (item) => readSegment(item, owner, scope))
  if (segments === undefined || segments.length === 0) return undefined
  return { is: 'member', owner, segments: [...new Set(segments)], negated: operator.negated ?? false, at: written.pointer }
}

function readSegment(written: Written, owner: Owner, scope: Scope): string | undefined {
  const { value: id } = written
  const { segments } = scope.context
  const wanted = ownerKind(owner, scope)
  if (typeof id !== 'string') return written.error(`A segment is named by its id, not by ${quote(id)}.`)
  const kind = segments.get(id)
  if (id === scope.id && (kind ?? wanted) === wanted)
    return written.error(`Segment "${id}" asks for its own members.`, 'Repeat the predicates that you mean.')
  if (kind === wanted && !id.startsWith('~')) return id
  if (kind !== undefined && !id.startsWith('~'))
    return written.error(`Segment "${id}" is one of ${kind}s, and ${wanted}s are asked for.`, kindHint(wanted, scope))
  const ids = [...segments].flatMap(([one, of]) => (of === wanted && !one.startsWith('~') ? [one] : []))
  const near = written.nearest(id, ids)
  return written.error(
    `There is no segment ${quote(id)}.`,
    near === undefined ? 'Define it first, or name another; segments are named by id.' : `Did you mean "${near}"?`,
  )
}

function kindHint(wanted: string, { kind }: Scope): string {
  if (kind === 'account') return `To ask for users of the account, use "${USERS_KEY}".`
  return wanted === 'user'
    ? `For segments of the account, write "${ACCOUNT_PREFIX}${SEGMENT_KEY}".`
    : `For segments of the user, write "${SEGMENT_KEY}".`
}

function parseUsers(written: Written, scope: Scope): UsersPredicate | undefined {
  if (scope.kind === 'user')
    return written
      .at('property')
      .at('key')
      .error(
        '"users" asks for the users of a user.',
        'Only segments of accounts can ask for their users; for a trait of this name, write "traits_users".',
      )
  const operator = findOperator(written, COUNT_OPERATORS, 'users')
  const options = new Options(written.at('options'), quote(written.at('operator').value))
  const inner = options.find('predicate')
  const predicate: GroupPredicate | undefined = inner
    ? parseGroup(inner, { ...scope, kind: 'user', depth: scope.depth + 1 })
    : { is: 'all', of: [], at: written.pointer }
  if (operator === undefined) return undefined
  const count = parseCount(operator, options)
  options.onlyTakes(['predicate', ...countOptions(operator)])
  return predicate && count && { is: 'users', segment: internalId(predicate, scope), predicate, count, at: written.pointer }
}

function findOperator<T extends { word: string }>(written: Written, table: readonly T[], what: string): T | undefined {
  const at = written.at('operator')
  const found = table.find(({ word }) => word === at.value)
  if (found) return found
  const words = table.map(({ word }) => word)
  if (at.value === undefined) return at.error(`The operator for ${what} is missing.`, at.orKnown(undefined, words))
  if (typeof at.value !== 'string') return at.unknown('operator', words)
  return at.error(`Operator ${quote(at.value)} is none of ${what}.`, at.orKnown(at.value, words))
}

/** Enough that no two rules of a workspace meet by chance. */
const HASH_DIGITS = 16

/** Rules that mean the same have the same, wherever they stand. */
function internalId(predicate: GroupPredicate, { timeZone }: Scope): string {
  const text = canonical([predicate, timeZone])
  return `~${createHash('sha256').update(text).digest('hex').slice(0, HASH_DIGITS)}`
}

/** Members in one order, and without the places (`at`). */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (!isObject(value)) return JSON.stringify(value)
  const members = Object.entries(value).filter(([name]) => name !== 'at')
  return `{${members
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`)
    .join()}}`
}
