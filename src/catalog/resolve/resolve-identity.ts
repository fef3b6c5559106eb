/** Identity: the order and the limits of kinds, values that are blocked, domains of free mail. */
import { messageOf } from '../../base/errors.ts'
import type { EntityKind } from '../../model/profile/entity.ts'
import { blockedPattern, normalizeDomain } from '../../model/profile/identifier-value.ts'
import { DEFAULT_IDENTITY_RULES, type IdentityRules } from '../../model/profile/identity-rules.ts'
import type { Spot } from '../files/source-file.ts'
import type { ProblemList } from '../problem.ts'
import { KindReader } from './identifier-kinds.ts'
import { countWays, hasBackReference, WAYS_MAX } from './pattern-cost.ts'
import type { Resolution } from './resolution.ts'

export function resolveIdentity({ definitions, problems }: Resolution): IdentityRules {
  const { value, spot } = definitions.identity ?? {}
  if (value === undefined || spot === undefined) return DEFAULT_IDENTITY_RULES
  const { blocked = [], freemail = [], externalId } = value
  if (externalId) reportPattern('external id', externalId.pattern, { spot: spot.at('externalId', 'pattern'), problems })
  for (const [i, pattern] of blocked.entries()) reportBlocked(pattern, { spot: spot.at('blocked', i), problems })
  reportAllPatterns(blocked, spot.at('blocked'), problems)
  const kinds = (entity: EntityKind) => new KindReader(entity, { spot: spot.at(entity), problems }).rules(value[entity] ?? {})
  return {
    user: kinds('user'),
    account: kinds('account'),
    ...(externalId && { externalId }),
    blockedValues: [...((value.blockedDefaults ?? true) ? DEFAULT_IDENTITY_RULES.blockedValues : []), ...blocked],
    freemailDomains: freemail.flatMap((domain, i) => resolveDomain(domain, spot.at('freemail', i), problems) ?? []),
  }
}

/** Values of real identifiers; what matches all of them would let nobody in. */
const PLAUSIBLE = ['f81d4fae-7dec-11d0-a765-00a0c91e6bf6', 'ada@example.org', 'user-4711']

type Where = { spot: Spot; problems: ProblemList }

function reportBlocked(pattern: string, where: Where): void {
  if (!reportPattern('blocked value', pattern, where)) return
  if (PLAUSIBLE.every((value) => blockedPattern([pattern]).test(value)))
    where.problems.error(
      where.spot.place,
      `Identity, blocked value "${pattern}": it matches every value.`,
      'Say what only wrong values have.',
    )
}

/** True when it can be used. */
function reportPattern(what: string, pattern: string, { spot: { place }, problems }: Where): boolean {
  const title = `Identity, ${what} "${pattern}"`
  const reason = patternProblem(pattern)
  if (reason !== undefined)
    problems.error(
      place,
      `${title}: it is no regular expression: ${reason}.`,
      'Put `\\` before characters that stand for themselves, such as ( [ * + ?.',
    )
  else if (hasBackReference(pattern))
    problems.error(place, `${title}: it refers back to a group.`, 'Write what must repeat twice.')
  else if (countWays(pattern) > WAYS_MAX)
    problems.error(
      place,
      `${title}: it may try too many ways to match.`,
      'Use at most two repetitions such as * and +, and none around another.',
    )
  else return true
  return false
}

/** A value is tried on all of them: a millisecond in the worst case. */
const WAYS_TOGETHER_MAX = 4 * WAYS_MAX

function reportAllPatterns(patterns: readonly string[], { place }: Spot, problems: ProblemList): void {
  const ways = patterns.filter((pattern) => patternProblem(pattern) === undefined).map(countWays)
  const sound = ways.filter((each) => each <= WAYS_MAX)
  if (sound.reduce((sum, each) => sum + each, 0) <= WAYS_TOGETHER_MAX) return
  const message = 'Identity: the blocked values together may try too many ways to match.'
  problems.error(place, message, 'Let few of them repeat twice, such as with .*@.*, and the others once.')
}

/** What the engine says, without the expression itself. */
function patternProblem(pattern: string): string | undefined {
  try {
    // Alone: `a)|(b` would compile among others.
    RegExp(pattern, 'is')
    return undefined
  } catch (error) {
    const text = messageOf(error)
    return text.slice(text.lastIndexOf(': ') + 2).toLowerCase()
  }
}

function resolveDomain(domain: string, { place }: Spot, problems: ProblemList): string | undefined {
  const canonical = normalizeDomain(domain)
  if (canonical === undefined) problems.error(place, `Identity: "${domain}" is no domain.`, 'Write it like "example.net".')
  return canonical
}
