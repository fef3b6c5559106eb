/**
 * Which segments a change can affect: by fact, by event, by membership. Nobody looks at a segment that is not among them (invariant 6:
 * cost follows change).
 */
import type { Json } from '../../base/json.ts'
import type { EntityKind } from '../../model/profile/entity.ts'
import type { Identity } from '../../model/profile/event-claims.ts'
import { factKey, soleKey, traitsBehind } from '../../model/segment/entity-facts.ts'
import type { CompiledRule, EventLeafRule } from '../../model/segment/evaluate.ts'
import type { TraitPredicate } from '../../model/segment/predicate.ts'
import type { Keep, SegmentDefinition, SegmentState, Tally, TallyState } from '../../model/segment/segment.ts'
import { type Evaluator, NEVER, type Subject } from '../../model/segment/subject.ts'
import { compileSelector, type EventFacts } from '../../model/segment/tally.ts'
import { compileTest } from '../../model/segment/value-test.ts'
import { zoneOf } from '../../model/segment/zone.ts'
import type { TallyRegistry } from './tally-registry.ts'
import { type Audience, audienceOf, ByAudience } from './audience.ts'

export type LiveSegment = {
  id: string
  kind: EntityKind
  state: SegmentState
  /** Undefined for manual segments. */
  evaluate: Evaluator | undefined
  audience: Audience
  /** Evaluated in this order, a segment after those that it asks about. */
  rank: number
  /** Names of the events that it asks about. */
  events: ReadonlySet<string>
  /** It asks for the account of a user. */
  asksAccount: boolean
}

/** Whoever asks this of a fact. */
export type FactWatch = {
  /** Undefined: whatever it was and is, they are to be looked at. */
  passes: ((value: Json) => boolean) | undefined
  /** Those whose audience this fact decides: who is of it no longer may still be a member. */
  deciding: LiveSegment[]
  others: ByAudience<LiveSegment>
}

/** A question about events, and who asks it. */
export type LiveLeaf = {
  evaluate: Evaluator
  segments: ByAudience<LiveSegment>
  events: ReadonlySet<string>
  timeZone: SegmentDefinition['timeZone']
}

export type LiveTally = { key: string; keeps: Keep; leaves: ByAudience<LiveLeaf> }

/** Those that count the same events, which are looked at once for all. */
export type Selection = { selects: (event: EventFacts) => boolean; tallies: LiveTally[] }
export type TalliesOfEvent = readonly Selection[]

export type IndexSources = {
  tallies: Pick<TallyRegistry, 'answering' | 'twinOf'>
  identity: Pick<Identity, 'priorities'>
}

type Compiled = { state: SegmentState; rule: CompiledRule | undefined }
/** `asked`: the same for all that ask the same. */
type Watching = { fact: string; key: string; asked: string; passes: FactWatch['passes'] }
type ByName<Value> = Map<string, Value[]>

export class SegmentIndex {
  readonly segments: readonly LiveSegment[]
  readonly byFact: Record<EntityKind, ByName<FactWatch>> = { user: new Map(), account: new Map() }
  /** Of users, by facts of their account. */
  readonly byAccountFact: ByName<LiveSegment> = new Map()
  readonly bySegment: ByName<LiveSegment> = new Map()
  /** Of users, by segments of their account. */
  readonly byAccountSegment: ByName<LiveSegment> = new Map()
  /** Of accounts, by the internal segment whose members they count. */
  readonly byUsers: ByName<LiveSegment> = new Map()
  /** By name of the event. */
  readonly tallies: Record<EntityKind, ByName<Selection>> = { user: new Map(), account: new Map() }
  /** What those match, now or later, of whom nothing is known. */
  readonly initial: Record<EntityKind, ByAudience<LiveSegment>> = { user: new ByAudience(), account: new ByAudience() }
  /** What may change without an input about the entity itself. */
  readonly waking: Record<EntityKind, ByAudience<LiveSegment>> = { user: new ByAudience(), account: new ByAudience() }
  /** Of accounts: what asks about their users. */
  readonly overUsers: LiveSegment[] = []
  readonly all: Record<EntityKind, LiveSegment[]> = { user: [], account: [] }
  readonly #sources: IndexSources
  readonly #keys = new Map<Tally, string>()
  readonly #byKey = new Map<string, LiveTally>()
  readonly #leaves = new Map<string, LiveLeaf>()
  readonly #selections = new Map<string, Selection>()
  readonly #watches = new Map<string, FactWatch>()

  constructor(compiled: readonly Compiled[], sources: IndexSources) {
    this.#sources = sources
    const ranked = sortByReference(compiled)
    this.segments = ranked.map(({ state, rule }, rank) => ({
      id: state.definition.id,
      kind: state.definition.kind,
      state,
      evaluate: rule?.evaluate,
      audience: audienceOf(rule?.required ?? []),
      rank,
      events: new Set(rule?.dependencies.tallies.map(({ events }) => events.name)),
      asksAccount: rule !== undefined && rule.dependencies.accountFacts.size + rule.dependencies.accountSegments.size > 0,
    }))
    this.segments.forEach((segment, i) => {
      this.all[segment.kind].push(segment)
      const rule = ranked[i]?.rule
      if (rule) this.#add(segment, rule)
    })
  }

  /** Of a tally of one of its rules. */
  keyOf(tally: Tally): string | undefined {
    return this.#keys.get(tally)
  }

  #add(segment: LiveSegment, { dependencies, evaluate }: CompiledRule): void {
    const { kind } = segment
    for (const leaf of dependencies.traitLeaves) this.#watch(segment, leaf)
    const { timeZone } = segment.state.definition
    if (typeof timeZone !== 'string') this.#watchAlways(segment, timeZone.trait)
    for (const fact of dependencies.accountFacts) addUnder(this.byAccountFact, factKeys('account', fact), segment)
    for (const id of dependencies.segments) addUnder(this.bySegment, [id], segment)
    for (const id of dependencies.accountSegments) addUnder(this.byAccountSegment, [id], segment)
    for (const users of dependencies.users) addUnder(this.byUsers, [users.segment], segment)
    for (const leaf of dependencies.eventLeaves) this.#addLeaf(segment, leaf)
    const unknown = evaluate(NOTHING_KNOWN, 0)
    if (unknown.matches || unknown.until !== NEVER) this.initial[kind].add(segment, segment.audience)
    const { isTimed, accountFacts, accountSegments, tallies, users } = dependencies
    if (kind === 'account' && (tallies.length > 0 || users.length > 0)) this.overUsers.push(segment)
    if (isTimed || accountFacts.size > 0 || accountSegments.size > 0) this.waking[kind].add(segment, segment.audience)
  }

  #watch(segment: LiveSegment, { trait, test }: TraitPredicate): void {
    const { kind } = segment
    const key = soleKey(kind, trait, (name) => this.#sources.identity.priorities[kind].has(name))
    // What time alone can change has a deadline that may be another now.
    if (key === undefined || test.test === 'time') return this.#watchAlways(segment, trait)
    const compiled = compileTest(test, zoneOf('UTC'))
    const passes = (value: Json) => compiled(value, 0).matches
    this.#addWatch(segment, { fact: trait, key, asked: `${kind} ${key} ${JSON.stringify(test)}`, passes })
  }

  #watchAlways(segment: LiveSegment, fact: string): void {
    for (const key of factKeys(segment.kind, fact))
      this.#addWatch(segment, { fact, key, asked: `${segment.kind} ${key}`, passes: undefined })
  }

  #addWatch(segment: LiveSegment, { fact, key, asked, passes }: Watching): void {
    const watch = this.#watches.get(asked) ?? { passes, deciding: [], others: new ByAudience() }
    this.#watches.set(asked, watch)
    addUnder(this.byFact[segment.kind], [key], watch)
    if (segment.audience.one?.fact !== fact) watch.others.add(segment, segment.audience)
    else if (!watch.deciding.includes(segment)) watch.deciding.push(segment)
  }

  #addLeaf(segment: LiveSegment, { identity, tallies, evaluate }: EventLeafRule): void {
    const { timeZone } = segment.state.definition
    const asked = `${segment.kind} ${JSON.stringify(timeZone)} ${identity}`
    const events = new Set(tallies.map(({ events }) => events.name))
    const leaf: LiveLeaf = this.#leaves.get(asked) ?? { evaluate, segments: new ByAudience(), events, timeZone }
    this.#leaves.set(asked, leaf)
    leaf.segments.add(segment, segment.audience)
    for (const tally of tallies) {
      const state = this.#sources.tallies.answering(tally)
      if (state === undefined) continue
      this.#keys.set(tally, state.key)
      const live = this.#byKey.get(state.key) ?? this.#addTally(state)
      live.leaves.add(leaf, segment.audience)
    }
  }

  #addTally(state: TallyState): LiveTally {
    const { key, tally } = state
    const { kind, events, keeps } = tally
    const live: LiveTally = { key, keeps, leaves: new ByAudience() }
    this.#byKey.set(key, live)
    const selected = `${kind} ${JSON.stringify(events)}`
    const selection = this.#selections.get(selected) ?? { selects: compileSelector(events), tallies: [] }
    this.#selections.set(selected, selection)
    selection.tallies.push(live)
    addUnder(this.tallies[kind], [events.name], selection)
    if (kind === 'account') {
      const twin = this.#sources.tallies.twinOf(state)
      if (twin && !this.#byKey.has(twin.key)) this.#addTally(twin)
    }
    return live
  }
}

const NOTHING_KNOWN: Subject = {
  zone: zoneOf('UTC'),
  fact: () => null,
  counted: () => undefined,
  isMember: () => false,
  usersIn: () => 0,
}

/** The keys under which a change of what a rule asks for may be told. */
function factKeys(kind: EntityKind, asked: string): Set<string> {
  return new Set([asked, ...traitsBehind(asked).map((trait) => factKey(kind, trait))])
}

function addUnder<Value>(map: ByName<Value>, names: Iterable<string>, value: Value): void {
  for (const name of names) {
    const known = map.get(name)
    if (known === undefined) map.set(name, [value])
    else if (!known.includes(value)) known.push(value)
  }
}

/** Segments of accounts may ask about users and the other way round; what asks about another stands behind it. Cycles were refused. */
function sortByReference(compiled: readonly Compiled[]): Compiled[] {
  const byId = new Map(compiled.map((one) => [one.state.definition.id, one]))
  const sorted = new Set<Compiled>()
  const visiting = new Set<Compiled>()
  const visit = (one: Compiled): void => {
    if (sorted.has(one) || visiting.has(one)) return
    visiting.add(one)
    const dependencies = one.rule?.dependencies
    const named = dependencies
      ? [...dependencies.segments, ...dependencies.accountSegments, ...dependencies.users.map(({ segment }) => segment)]
      : []
    for (const id of named) {
      const asked = byId.get(id)
      if (asked) visit(asked)
    }
    sorted.add(one)
  }
  for (const one of compiled) visit(one)
  return [...sorted]
}
