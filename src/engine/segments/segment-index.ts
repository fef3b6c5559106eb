/**
 * Which segments a change can affect: by fact, by event, by membership. Nobody looks at a segment that is not among them (invariant 6:
 * cost follows change).
 */
import type { EntityKind } from '../../model/profile/entity.ts'
import { factKey, traitsBehind } from '../../model/segment/entity-facts.ts'
import type { CompiledRule, EventLeafRule } from '../../model/segment/evaluate.ts'
import type { Keep, SegmentDefinition, SegmentState, Tally } from '../../model/segment/segment.ts'
import { type Evaluator, NEVER, type Subject } from '../../model/segment/subject.ts'
import { compileSelector, type EventFacts } from '../../model/segment/tally.ts'
import { zoneOf } from '../../model/segment/zone.ts'

export type LiveSegment = {
  id: string
  kind: EntityKind
  state: SegmentState
  /** Undefined for manual segments. */
  evaluate: Evaluator | undefined
  /** Evaluated in this order, a segment after those that it asks about. */
  rank: number
  /** Names of the events that it asks about, and those that ask about it. */
  events: Set<string>
}

/** A question about events, and who asks it. */
export type LiveLeaf = {
  evaluate: Evaluator
  segments: LiveSegment[]
  events: ReadonlySet<string>
  timeZone: SegmentDefinition['timeZone']
}

export type LiveTally = { key: string; keeps: Keep; leaves: LiveLeaf[] }

/** Those that count the same events, which are looked at once for all. */
export type Selection = { selects: (event: EventFacts) => boolean; tallies: LiveTally[] }
export type TalliesOfEvent = readonly Selection[]

type Compiled = { state: SegmentState; rule: CompiledRule | undefined }
type ByName<Value> = Map<string, Value[]>

export class SegmentIndex {
  readonly segments: readonly LiveSegment[]
  readonly byFact: Record<EntityKind, ByName<LiveSegment>> = { user: new Map(), account: new Map() }
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
  readonly initial: Record<EntityKind, LiveSegment[]> = { user: [], account: [] }
  /** What may change without an input about the entity itself. */
  readonly waking: Record<EntityKind, LiveSegment[]> = { user: [], account: [] }
  /** Of accounts: what asks about their users. */
  readonly overUsers: LiveSegment[] = []
  readonly all: Record<EntityKind, LiveSegment[]> = { user: [], account: [] }
  readonly #keys = new Map<Tally, string>()
  readonly #byKey = new Map<string, LiveTally>()
  readonly #leaves = new Map<string, LiveLeaf>()
  readonly #selections = new Map<string, Selection>()

  /** `keyOf`: the key of a registered tally. */
  constructor(compiled: readonly Compiled[], keyOf: (tally: Tally) => string | undefined) {
    const ranked = sortByReference(compiled)
    this.segments = ranked.map(({ state, rule }, rank) => ({
      id: state.definition.id,
      kind: state.definition.kind,
      state,
      evaluate: rule?.evaluate,
      rank,
      events: new Set(rule?.dependencies.tallies.map(({ events }) => events.name)),
    }))
    this.segments.forEach((segment, i) => {
      this.all[segment.kind].push(segment)
      const rule = ranked[i]?.rule
      if (rule) this.#add(segment, rule, keyOf)
    })
    // From the last on, so that what asks about an asking one is among them.
    for (const segment of this.segments.toReversed()) {
      for (const asking of this.bySegment.get(segment.id) ?? []) for (const name of asking.events) segment.events.add(name)
    }
  }

  /** Of a tally of one of its rules. */
  keyOf(tally: Tally): string | undefined {
    return this.#keys.get(tally)
  }

  get needsAccounts(): boolean {
    return this.byAccountFact.size > 0 || this.byAccountSegment.size > 0
  }

  #add(segment: LiveSegment, { dependencies, evaluate }: CompiledRule, keyOf: (tally: Tally) => string | undefined): void {
    const { kind } = segment
    for (const fact of dependencies.facts) addUnder(this.byFact[kind], factKeys(kind, fact), segment)
    for (const fact of dependencies.accountFacts) addUnder(this.byAccountFact, factKeys('account', fact), segment)
    for (const id of dependencies.segments) addUnder(this.bySegment, [id], segment)
    for (const id of dependencies.accountSegments) addUnder(this.byAccountSegment, [id], segment)
    for (const users of dependencies.users) addUnder(this.byUsers, [users.segment], segment)
    for (const leaf of dependencies.eventLeaves) this.#addLeaf(segment, leaf, keyOf)
    const unknown = evaluate(NOTHING_KNOWN, 0)
    if (unknown.matches || unknown.until !== NEVER) this.initial[kind].push(segment)
    const { isTimed, accountFacts, accountSegments, tallies, users } = dependencies
    if (kind === 'account' && (tallies.length > 0 || users.length > 0)) this.overUsers.push(segment)
    if (isTimed || accountFacts.size > 0 || accountSegments.size > 0) this.waking[kind].push(segment)
  }

  #addLeaf(
    segment: LiveSegment,
    { identity, tallies, evaluate }: EventLeafRule,
    keyOf: (tally: Tally) => string | undefined,
  ): void {
    const { timeZone } = segment.state.definition
    const asked = `${segment.kind} ${JSON.stringify(timeZone)} ${identity}`
    const events = new Set(tallies.map(({ events }) => events.name))
    const leaf: LiveLeaf = this.#leaves.get(asked) ?? { evaluate, segments: [], events, timeZone }
    this.#leaves.set(asked, leaf)
    if (!leaf.segments.includes(segment)) leaf.segments.push(segment)
    for (const tally of tallies) {
      const key = keyOf(tally)
      if (key === undefined) continue
      this.#keys.set(tally, key)
      const live = this.#byKey.get(key) ?? this.#addTally(tally, key, keyOf)
      if (!live.leaves.includes(leaf)) live.leaves.push(leaf)
    }
  }

  #addTally(tally: Tally, key: string, keyOf: (tally: Tally) => string | undefined): LiveTally {
    const { kind, events, keeps } = tally
    const live: LiveTally = { key, keeps, leaves: [] }
    this.#byKey.set(key, live)
    const selected = `${kind} ${JSON.stringify(events)}`
    const selection = this.#selections.get(selected) ?? { selects: compileSelector(events), tallies: [] }
    this.#selections.set(selected, selection)
    selection.tallies.push(live)
    addUnder(this.tallies[kind], [events.name], selection)
    if (kind === 'account') {
      const twin: Tally = { ...tally, kind: 'user' }
      const twinKey = keyOf(twin)
      if (twinKey !== undefined && !this.#byKey.has(twinKey)) this.#addTally(twin, twinKey, keyOf)
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
