/**
 * Rules at work on one entity: whether it matches at an instant, and until when the answer stays what it is if nothing happens. A rule is
 * compiled once; what it asks of an entity it asks through a `Subject`.
 */
import { isObject, type Json } from '../../base/json.ts'
import type { EntityKind, Millis } from '../profile/entity.ts'
import { eventEvaluator } from './evaluate-events.ts'
import { isEventLeaf, talliesOf } from './leaf-tallies.ts'
import type { GroupPredicate, Predicate, TraitPredicate, UsersPredicate, Verdict } from './predicate.ts'
import type { SegmentDefinition, Tally } from './segment.ts'
import { constant, type Evaluator, NEVER, passesCount, type Subject } from './subject.ts'
import { compileTest } from './value-test.ts'
import { isZone, type Zone, zoneOf } from './zone.ts'

export type CompiledRule = {
  evaluate: Evaluator
  /** Timeless tests of the entity's own facts, all of which hold for whoever matches. Where one fails, nothing else need be looked at. */
  required: TraitPredicate[]
  dependencies: Dependencies
}

/** `identity`: the same for leaves that ask the same. */
export type EventLeafRule = { identity: string; tallies: Tally[]; evaluate: Evaluator }

/** All that can make the answer another one, besides time. */
export type Dependencies = {
  tallies: Tally[]
  /** Each question about events by itself: mostly an event changes no answer, and then nothing else need be looked at. */
  eventLeaves: EventLeafRule[]
  facts: Set<string>
  /** Each test of the entity's own facts by itself: mostly another value changes no answer. */
  traitLeaves: TraitPredicate[]
  accountFacts: Set<string>
  segments: Set<string>
  accountSegments: Set<string>
  users: UsersPredicate[]
  /** Time alone may make it another one. */
  isTimed: boolean
}

export function compileRule(rule: Predicate, { kind, timeZone }: Pick<SegmentDefinition, 'kind' | 'timeZone'>): CompiledRule {
  const dependencies: Dependencies = {
    tallies: [],
    eventLeaves: [],
    facts: new Set<string>(),
    traitLeaves: [],
    accountFacts: new Set<string>(),
    segments: new Set<string>(),
    accountSegments: new Set<string>(),
    users: [],
    isTimed: false,
  }
  if (isObject(timeZone)) dependencies.facts.add(timeZone.trait)
  const zone = typeof timeZone === 'string' ? zoneOf(timeZone) : undefined
  return { evaluate: compile(rule, { kind, zone, dependencies }), required: requiredBy(rule), dependencies }
}

function requiredBy(rule: Predicate): TraitPredicate[] {
  if (rule.is === 'all') return rule.of.flatMap(requiredBy)
  return rule.is === 'trait' && rule.owner === 'self' && rule.test.test !== 'time' ? [rule] : []
}

/** The zone of a segment's calendar for one entity. */
export function zoneFor({ timeZone }: Pick<SegmentDefinition, 'timeZone'>, fact: (key: string) => Json): Zone {
  if (typeof timeZone === 'string') return zoneOf(timeZone)
  const own = fact(timeZone.trait)
  return zoneOf(typeof own === 'string' && isZone(own) ? own : timeZone.otherwise)
}

type Compiling = { kind: EntityKind; zone: Zone | undefined; dependencies: Dependencies }

function compile(predicate: Predicate, compiling: Compiling): Evaluator {
  if (isEventLeaf(predicate)) {
    const tallies = talliesOf(predicate, compiling)
    const evaluate = eventEvaluator(predicate, tallies)
    const { at: _, ...asked } = predicate
    compiling.dependencies.tallies.push(...tallies)
    // Whatever is asked: what is said of the future happens.
    compiling.dependencies.isTimed = true
    compiling.dependencies.eventLeaves.push({ identity: JSON.stringify(asked), tallies, evaluate })
    return evaluate
  }
  switch (predicate.is) {
    case 'all':
    case 'any':
    case 'none':
      return compileGroup(predicate, compiling)
    case 'trait':
      return compileTrait(predicate, compiling)
    case 'member': {
      const { owner, segments, negated } = predicate
      const { dependencies } = compiling
      for (const id of segments) (owner === 'self' ? dependencies.segments : dependencies.accountSegments).add(id)
      return (subject) => constant(segments.some((id) => subject.isMember(owner, id)) !== negated)
    }
    case 'users': {
      const { segment, count } = predicate
      compiling.dependencies.users.push(predicate)
      return (subject) => constant(passesCount(count, subject.usersIn(segment)))
    }
  }
}

function compileTrait(leaf: TraitPredicate, { dependencies }: Compiling): Evaluator {
  const { owner, trait, test } = leaf
  const { facts, traitLeaves, accountFacts } = dependencies
  ;(owner === 'self' ? facts : accountFacts).add(trait)
  if (owner === 'self') traitLeaves.push(leaf)
  if (test.test === 'time') dependencies.isTimed = true
  // Tests of time depend on the zone; mostly there is one.
  const tests = new Map<Zone, ReturnType<typeof compileTest>>()
  return (subject, now) => {
    let compiled = tests.get(subject.zone)
    if (compiled === undefined) {
      compiled = compileTest(test, subject.zone)
      tests.set(subject.zone, compiled)
    }
    return compiled(subject.fact(owner, trait), now)
  }
}

function compileGroup({ is, of }: GroupPredicate, compiling: Compiling): Evaluator {
  const children = of.toSorted((a, b) => costOf(a) - costOf(b)).map((child) => compile(child, compiling))
  if (is === 'all') return (subject, now) => decide(children, false, subject, now)
  const any: Evaluator = (subject, now) => decide(children, true, subject, now)
  return is === 'any' ? any : (subject, now) => not(any(subject, now))
}

/** What is looked up comes before what is computed, as the first that decides for good ends the rest. */
function costOf(predicate: Predicate): number {
  if ('of' in predicate) return Math.max(0, ...predicate.of.map(costOf))
  if (isEventLeaf(predicate)) return 2
  return predicate.is === 'trait' && predicate.test.test === 'time' ? 1 : 0
}

/**
 * One child with the `deciding` answer decides: true for `any`, false for `all`. Then the group stays as it is for as long as any of
 * the deciding ones does; else for as long as all the others do.
 */
function decide(children: readonly Evaluator[], deciding: boolean, subject: Subject, now: Millis): Verdict {
  let decidedUntil = Number.NEGATIVE_INFINITY
  let undecidedUntil = NEVER
  for (const child of children) {
    const { matches, until } = child(subject, now)
    if (matches !== deciding) undecidedUntil = Math.min(undecidedUntil, until)
    else if (until === NEVER) return constant(deciding)
    else decidedUntil = Math.max(decidedUntil, until)
  }
  if (decidedUntil > Number.NEGATIVE_INFINITY) return { matches: deciding, until: decidedUntil }
  return { matches: !deciding, until: undecidedUntil }
}

function not({ matches, until }: Verdict): Verdict {
  return until === NEVER ? constant(!matches) : { matches: !matches, until }
}
