import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Millis } from '../profile/entity.ts'
import { compileRule, zoneFor } from './evaluate.ts'
import { tallyIdentity } from './leaf-tallies.ts'
import { holds, type NaiveEvent, type World } from './naive-segment.fixture.ts'
import { parseSegment } from './parse-segment.ts'
import type { GroupPredicate } from './predicate.ts'
import { type Case, cases, simpleCases } from './segment-arbitraries.fixture.ts'
import { turningPoints } from './segment-edges.fixture.ts'
import type { Counted, Keep, SegmentDefinition, Tally } from './segment.ts'
import { EVENT_NAMES, SEGMENTS, TRAIT_TYPES, ZONE_TRAIT } from './segment-words.fixture.ts'
import type { Subject } from './subject.ts'
import { covers, tallyFamily } from './tally-cover.ts'
import { addOccurrence, mergeCounted, occurrenceOf, selects } from './tally.ts'

const DAY = 86_400_000
const PARTS = 3

/** How one event came: to which part, among the others, and how long before the end. */
type Arrival = { part: number; rank: number; ago: Millis }
const arrivals: fc.Arbitrary<Arrival[]> = fc.array(
  fc.record({
    part: fc.nat({ max: PARTS - 1 }),
    rank: fc.nat({ max: 100 }),
    ago: fc.constantFrom(0, 0, 1, 60_000, DAY, 3 * DAY, 40 * DAY, 400 * DAY),
  }),
  { minLength: 1, maxLength: 10 },
)

const WORKSPACE_ZONE = 'Asia/Tokyo'

type Rule = Pick<SegmentDefinition, 'kind' | 'timeZone'> & { predicate: GroupPredicate }

/** Every second one has the calendar of the entity, which holds its zone as a trait. */
function ruleOf({ kind, document, world }: Case): Rule {
  const { definition, problems } = parseSegment(
    'under-test',
    { kind, predicate: document, timeZone: world.facts[ZONE_TRAIT] === undefined ? world.timeZone : { trait: ZONE_TRAIT } },
    {
      typeOf: (_kind, trait) => TRAIT_TYPES[trait],
      knownTraits: () => Object.keys(TRAIT_TYPES),
      knownEvents: EVENT_NAMES,
      segments: new Map(Object.entries(SEGMENTS)),
      timeZone: WORKSPACE_ZONE,
    },
  )
  if (definition?.predicate === undefined) throw new Error(JSON.stringify(problems))
  return { ...definition, predicate: definition.predicate }
}

type Telling = { how: Arrival[]; more: number }

/** Takes in the events in any order while time passes; each part on its own, joined at the end. What is kept may be more than is asked. */
function tallied(tallies: Tally[], events: NaiveEvent[], { how, more }: Telling, now: Millis): Map<string, Counted | undefined> {
  const coming = events.map((event, i) => ({ event, ...(how[i % how.length] ?? { part: 0, rank: 0, ago: 0 }) }))
  coming.sort((a, b) => b.ago - a.ago || a.rank - b.rank)
  const counted = tallies.map((tally): [string, Counted | undefined] => {
    const parts: (Counted | undefined)[] = Array.from({ length: PARTS })
    const keeps = widened(tally.keeps, more)
    expect(covers(keeps, tally.keeps)).toBe(true)
    expect(tallyFamily({ ...tally, keeps })).toBe(tallyFamily(tally))
    for (const { event, part, ago } of coming)
      if (selects(tally.events, event))
        parts[part] = addOccurrence(parts[part], keeps, occurrenceOf(keeps, event.at, event), now - ago)
    return [tallyIdentity(tally), parts.reduce((all, part) => mergeCounted(all, part, keeps, now))]
  })
  return new Map(counted)
}

/** Of the same family, and more of it. */
function widened(keeps: Keep, more: number): Keep {
  switch (keeps.keep) {
    case 'count':
      return { ...keeps, cap: keeps.cap + more }
    case 'latest':
    case 'earliest':
      return { ...keeps, size: keeps.size + more }
    case 'all': {
      const { forMs, from, ...rest } = keeps
      return {
        ...rest,
        ...(forMs !== undefined && more < 3 && { forMs: forMs * (1 + more) }),
        ...(from !== undefined && more < 3 && { from: from - more * DAY }),
      }
    }
  }
}

type Verdicts = (now: Millis) => { matches: boolean; until: Millis }

/** The rule at work on one entity, whose events have come; users of an account are entities of their own. */
function verdictsOf(definition: Rule, world: World, telling: Telling): Verdicts {
  const rule = compileRule(definition.predicate, definition)
  const { tallies, users } = rule.dependencies
  const worlds = (world.users ?? []).map((user) => ({ ...user, now: world.now, timeZone: world.timeZone }))
  const counted = tallied(
    tallies,
    [world, ...worlds].flatMap(({ events }) => events),
    telling,
    world.now,
  )
  const counters = users.map(({ segment, predicate }): [string, Verdicts[]] => {
    const inner: Rule = { predicate, kind: 'user', timeZone: world.timeZone }
    return [segment, worlds.map((user) => verdictsOf(inner, user, telling))]
  })
  return (now) => {
    const ofUsers = new Map(counters.map(([segment, all]) => [segment, all.map((one) => one(now))]))
    const subject: Subject = {
      zone: zoneFor(definition, (key) => world.facts[key] ?? null),
      fact: (owner, key) => (owner === 'self' ? world : world.account)?.facts[key] ?? null,
      counted: (tally) => counted.get(tallyIdentity(tally)),
      isMember: (owner, segment) => (owner === 'self' ? world : world.account)?.segments.includes(segment) ?? false,
      usersIn: (segment) => (ofUsers.get(segment) ?? []).filter(({ matches }) => matches).length,
    }
    const { matches, until } = rule.evaluate(subject, now)
    // Who is counted has deadlines of their own.
    return { matches, until: Math.min(until, ...[...ofUsers.values()].flat().map((one) => one.until)) }
  }
}

/** From deadline to deadline: the rule's answer is the naive one there, and at all instants between at which it could turn. */
function check({ kind, document, world }: Case, how: Arrival[], more: number): void {
  const filterZone = world.facts[ZONE_TRAIT] === undefined ? world.timeZone : WORKSPACE_ZONE
  const naive = (now: Millis) => holds(document, { ...world, filterZone, now })
  const verdicts = verdictsOf(ruleOf({ kind, document, world }), world, { how, more })
  const turns = turningPoints(document, world)
  const last = world.now + 2_000 * DAY
  let { now } = world
  for (let steps = 0; steps < 40 && now < last; steps++) {
    const { matches, until } = verdicts(now)
    if (naive(now) !== matches) fail(`It is said to be ${matches}`, now)
    if (until <= now) fail('The deadline is not in the future', until)
    const end = Math.min(until, last)
    for (const instant of [now + 1, Math.floor((now + end) / 2), ...turns, end - 1])
      if (instant > now && instant < end && naive(instant) !== matches)
        fail(`The deadline ${end} is later than the turn`, instant)
    now = until
  }
}

function fail(message: string, at: Millis): never {
  throw new Error(`${message} at ${at}, ${new Date(at).toISOString()}.`)
}

describe('rules over tallies, against the naive evaluator', () => {
  it.each([
    ['single predicates', simpleCases, 1_500],
    ['nested groups', cases, 600],
  ])(
    '%s have the same verdicts at every instant, and no deadline is too late',
    (_, arbitrary, numRuns) => {
      fc.assert(fc.property(arbitrary, arrivals, fc.nat({ max: 4 }), check), { numRuns })
    },
    120_000,
  )

  it('are tried on cases of which about half are true', () => {
    const samples = fc.sample(cases, { numRuns: 500, seed: 1 })
    const share = samples.filter(({ document, world }) => holds(document, world)).length / samples.length
    expect(share).toBeGreaterThan(0.4)
    expect(share).toBeLessThan(0.6)
  })
})
