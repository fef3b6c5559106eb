/** Predicates on traits: whose trait it is, of which type, and which operator is meant. */
import { isDateName } from '../../profile/cast-date.ts'
import { ANONYMOUS_ID, DOMAIN, EMAIL, EXTERNAL_ID } from '../../profile/identity-rules.ts'
import type { TraitType } from '../../profile/trait.ts'
import { groupedName } from '../../profile/trait-rules.ts'
import { ANONYMOUS_IDS, CREATED_AT, ID_FACT, traitsBehind } from '../entity-facts.ts'
import {
  ACCOUNT_PREFIX,
  EVENT_KEY,
  isWordOf,
  OPERATOR_WORDS,
  SEGMENT_KEY,
  USERS_KEY,
  VALUE_OPERATORS,
  type ValueOperator,
} from '../operators.ts'
import { type Owner, type TraitPredicate, UNITS } from '../predicate.ts'
import { isMoment, Options } from './options.ts'
import { parseValueTest } from './parse-value-test.ts'
import { ownerKind, type Scope } from './scope.ts'
import { quote, type Written } from './written.ts'

/** What is there without anybody sending it, as text: traits of such names are hidden behind it. */
const IDENTIFIERS: readonly string[] = [ID_FACT, EXTERNAL_ID, EMAIL, DOMAIN, ANONYMOUS_IDS]

type Trait = {
  owner: Owner
  name: string
  type: TraitType | undefined
  /** As it is called in messages. */
  title: string
}

/** `key`: of `property`, checked to be text. */
export function parseTrait(written: Written, key: string, scope: Scope): TraitPredicate | undefined {
  const trait = findTrait(written.at('property').at('key'), key, scope)
  const operator = findOperator(written, trait)
  if (operator === undefined) return undefined
  const options = new Options(written.at('options'), quote(operator.word))
  const test = parseValueTest({ operator, options, type: typeFor(operator, trait) })
  if (test === undefined) return undefined
  warnOfCase(trait, test, options)
  return { is: 'trait', owner: trait.owner, trait: trait.name, test, at: written.pointer }
}

function findTrait(at: Written, key: string, scope: Scope): Trait {
  const isOfAccount = scope.kind === 'user' && key.startsWith(ACCOUNT_PREFIX)
  if (scope.kind === 'account' && key.startsWith(ACCOUNT_PREFIX))
    at.error(
      `${quote(key)} asks for the account of an account.`,
      `In a segment of accounts traits are those of the account: write "${key.slice(ACCOUNT_PREFIX.length)}".`,
    )
  const name = groupedName(key.startsWith(ACCOUNT_PREFIX) ? key.slice(ACCOUNT_PREFIX.length) : key)
  const owner = isOfAccount ? 'account' : 'self'
  const trait: Trait = { owner, name, type: undefined, title: `trait ${quote(key)}` }
  if (name === '' || name === 'account') at.error(`${quote(key)} names no trait.`, `For example "${ACCOUNT_PREFIX}plan".`)
  if (IDENTIFIERS.includes(name)) return { ...trait, type: 'string' }
  const kind = ownerKind(owner, scope)
  const type = traitsBehind(name)
    .map((one) => scope.context.typeOf(kind, one))
    .find((one) => one !== undefined)
  if (!warnOfRules(at, trait, scope) && type === undefined) warnOfUnknown(at, trait, scope)
  return { ...trait, type: type ?? (name === CREATED_AT ? 'date' : undefined) }
}

/** True (reported) for names under which no profile has a value. */
function warnOfRules(at: Written, { name, owner, title }: Trait, scope: Scope): boolean {
  const rules = scope.context.traitRules?.[ownerKind(owner, scope)]
  const targets = traitsBehind(name).map((one) => ({ one, target: rules?.targetOf(one) }))
  for (const { one, target } of targets) {
    if (target === undefined) return false
    if (!target.isHidden && target.refusal === undefined && target.name === one) continue
    if (target.isHidden || target.refusal)
      at.warn(`The catalog keeps out the ${title}, so no profile has it.`, 'Ask for another.')
    else at.warn(`No profile has the ${title}: its values are kept as "${target.name}".`, `Write "${target.name}".`)
    return true
  }
  return false
}

/** It may come later, so it is no error. */
function warnOfUnknown(at: Written, { name, owner, title }: Trait, scope: Scope): void {
  const known = scope.context.knownTraits(ownerKind(owner, scope))
  if (name === CREATED_AT || name === '' || traitsBehind(name).some((one) => known.includes(one))) return
  const prefix = owner === 'account' ? ACCOUNT_PREFIX : ''
  const words = [...known, ...IDENTIFIERS, CREATED_AT, ...(owner === 'self' ? [EVENT_KEY, SEGMENT_KEY, USERS_KEY] : [])]
  const near = at.nearest(name, words) ?? (name === ANONYMOUS_ID ? ANONYMOUS_IDS : undefined)
  if (near === undefined && scope.context.isPartial) return
  const hint = near === undefined ? 'It matches as soon as profiles have it.' : `Did you mean "${prefix}${near}"?`
  at.warn(`No profile has the ${title} yet.`, hint)
}

/** Reported when it does not exist, or does not fit the trait. */
function findOperator(written: Written, trait: Trait): ValueOperator | undefined {
  const at = written.at('operator')
  const word = at.value
  const all = VALUE_OPERATORS.filter((one) => isWordOf(one, word))
  const fitting = VALUE_OPERATORS.filter((one) => fits(one, trait.type))
  const [only, ...others] = all.filter((one) => fitting.includes(one))
  if (only && others.length === 0) return only
  if (only) return all.find(({ types }) => types.includes(isAboutDates(written, trait) ? 'date' : 'number')) ?? only
  const words = [...new Set(fitting.map((one) => one.word))]
  if (all.length > 0)
    return at.error(
      `Operator ${quote(word)} does not fit the ${trait.title}, which is ${NOUNS[trait.type ?? 'json']}.`,
      insteadOf(word, trait.type) ?? `There are: ${words.join(', ')}.`,
    )
  if (word === undefined) return at.error(`The operator for the ${trait.title} is missing.`, `There are: ${words.join(', ')}.`)
  if (OPERATOR_WORDS.some((one) => one === word))
    return at.error(`Operator ${quote(word)} is none of traits.`, `There are: ${words.join(', ')}.`)
  return at.unknown('operator', words)
}

/** Elements of an array are scalars of any kind. */
function fits({ types }: ValueOperator, type: TraitType | undefined): boolean {
  if (type === undefined || types.includes(type)) return true
  return type === 'array' && types.some((one) => one === 'string' || one === 'number' || one === 'boolean' || one === 'date')
}

/** Of a word that means one thing of numbers and another of dates, where the type is not known. */
function isAboutDates(written: Written, { name }: Trait): boolean {
  if (isDateName(name)) return true
  const options = new Options(written.at('options'), '')
  const values = options.find('value')?.items() ?? []
  return options.among(UNITS).length > 0 || values.some(({ value }) => isMoment(value))
}

/** Values are brought into the type of the trait; elements of arrays are as they are. */
function typeFor({ test }: ValueOperator, { type }: Trait): TraitType | undefined {
  return test === 'equals' && (type === 'string' || type === 'number') ? type : undefined
}

const NOUNS: Record<TraitType, string> = {
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  date: 'a date',
  array: 'a list',
  geo_point: 'a geo point',
  json: 'an object',
}

/** What people mean by a word that fits another type. */
const INSTEAD: Partial<Record<TraitType, Record<string, string>>> = {
  boolean: {
    equals: 'Use "is_true" or "is_false".',
    does_not_equal: 'Use "is_false" or "is_true"; for missing values "is_not_set".',
  },
  date: {
    equals: 'Use "is_on" for a calendar day.',
    does_not_equal: 'Use "is_not_on" for a calendar day.',
    is_greater_than: 'Use "is_after", or "is_less_than" so many days ago.',
    gt: 'Use "is_after".',
    lt: 'Use "is_before".',
  },
  number: { is_between: 'Use "is_greater_or_equal" and "is_less_or_equal" in an `all` group.' },
}

function insteadOf(word: unknown, type: TraitType | undefined): string | undefined {
  return typeof word === 'string' && type ? INSTEAD[type]?.[word] : undefined
}

/** Emails and domains are kept in small letters, so that no other text can equal one. */
function warnOfCase({ name }: Trait, test: TraitPredicate['test'], options: Options): void {
  if ((name !== EMAIL && name !== DOMAIN) || test.test !== 'equals') return
  const capital = test.values.find((value) => typeof value === 'string' && value !== value.toLowerCase())
  if (typeof capital === 'string')
    options.written
      .at('value')
      .warn(`No ${name} equals ${quote(capital)}: they are kept in small letters.`, `Write ${quote(capital.toLowerCase())}.`)
}
