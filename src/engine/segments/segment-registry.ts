/**
 * The segments that there are, during a session of `apply`, and the tallies that they share. What they ask is compiled into an index, anew
 * after each change and only when it is used.
 */
import type { Identity } from '../../model/profile/event-claims.ts'
import { type CompiledRule, compileRule } from '../../model/segment/evaluate.ts'
import type { UsersPredicate } from '../../model/segment/predicate.ts'
import {
  type Filling,
  SEGMENT_SPACE,
  type SegmentDefinition,
  type SegmentOwner,
  type SegmentState,
  TALLY_SPACE,
  type TallyState,
} from '../../model/segment/segment.ts'
import type { DocumentChange, Store } from '../../store/store.ts'
import { SegmentIndex } from './segment-index.ts'
import { TallyRegistry, withTwin } from './tally-registry.ts'

export type LogPlace = { position: number; index: number; at: number }

export type Defining = {
  definition: SegmentDefinition
  owner: SegmentOwner
  place: LogPlace
  /** Nobody is there yet, so that there is no history to look at. */
  isEmpty: boolean
}

const PAGE = 1_000

export class SegmentRegistry {
  readonly tallies = new TallyRegistry()
  readonly #identity: Pick<Identity, 'priorities'>
  readonly #states = new Map<string, SegmentState>()
  readonly #rules = new WeakMap<SegmentDefinition, CompiledRule>()
  readonly #changed = new Set<string>()
  #index: SegmentIndex | undefined

  private constructor(identity: Pick<Identity, 'priorities'>) {
    this.#identity = identity
  }

  static async open(store: Pick<Store, 'scan'>, identity: Pick<Identity, 'priorities'>): Promise<SegmentRegistry> {
    const registry = new SegmentRegistry(identity)
    // Written by the registries and by nobody else.
    for await (const text of documentsOf(store, TALLY_SPACE)) registry.tallies.restore(JSON.parse(text) as TallyState)
    for await (const text of documentsOf(store, SEGMENT_SPACE)) {
      const state = JSON.parse(text) as SegmentState
      registry.#states.set(state.definition.id, state)
    }
    return registry
  }

  get isEmpty(): boolean {
    return this.#states.size === 0
  }

  get isFilling(): boolean {
    for (const { filling } of this.#states.values()) if (filling) return true
    return false
  }

  get index(): SegmentIndex {
    this.#index ??= new SegmentIndex(
      this.#list().map((state) => ({ state, rule: this.#compile(state.definition) })),
      { tallies: this.tallies, identity: this.#identity },
    )
    return this.#index
  }

  find(id: string): SegmentState | undefined {
    return this.#states.get(id)
  }

  /** Undefined when that changes nothing. */
  define(defining: Defining): 'created' | 'changed' | undefined {
    const { definition, owner, place, isEmpty } = defining
    const known = this.#states.get(definition.id)
    if (known && !isOther(known, defining)) return undefined
    const rule = this.#compile(definition)
    for (const users of rule?.dependencies.users ?? []) this.#defineInternal(users, defining)
    const asksTheSame = known !== undefined && !known.isDeleting && isSame(ruleOf(known.definition), ruleOf(definition))
    const at = new Date(place.at).toISOString()
    const needsHistory = !asksTheSame && !isEmpty && (known !== undefined || definition.predicate !== undefined)
    if (known && !asksTheSame) this.#forgetHistory(known, place)
    const filling = asksTheSame ? known.filling : needsHistory ? beginning('history', at) : undefined
    this.#put({
      definition,
      owner,
      version: asksTheSame ? known.version : place.position,
      createdAt: known?.createdAt ?? at,
      updatedAt: at,
      members: known?.members ?? 0,
      ...(filling && { filling }),
    })
    const tallies = rule?.dependencies.tallies.flatMap(withTwin) ?? []
    this.tallies.register(tallies, { owner: definition.id, place, isComplete: isEmpty })
    if (known) this.#dropUnused(place)
    return known ? 'changed' : 'created'
  }

  /** It goes when its members have left: its rule matches nobody from now on. Undefined when there is no such segment. */
  delete(id: string, place: LogPlace): SegmentState | undefined {
    const known = this.#states.get(id)
    if (known === undefined || known.isDeleting) return undefined
    const { name, kind, timeZone } = known.definition
    const at = new Date(place.at).toISOString()
    this.#put({
      ...known,
      definition: { id, name, kind, timeZone, predicate: { is: 'any', of: [], at: '' } },
      version: place.position,
      updatedAt: at,
      isDeleting: true,
      filling: beginning('members', at),
    })
    this.#dropUnused(place)
    if (known.members === 0) this.remove(id)
    return known
  }

  /** For good. */
  remove(id: string): void {
    this.#states.delete(id)
    this.#changed.add(id)
    this.#index = undefined
  }

  addMembers(id: string, difference: number): void {
    const state = this.#states.get(id)
    if (state === undefined) return
    state.members += difference
    this.#changed.add(id)
  }

  /** How far its filling is; undefined: it is done. */
  advance(id: string, filling: Filling | undefined): void {
    const state = this.#states.get(id)
    if (state === undefined) return
    if (filling) state.filling = filling
    else delete state.filling
    this.#changed.add(id)
  }

  /** The history that this segment waited for is there. */
  completeTallies(id: string): void {
    this.tallies.complete(id)
    this.#index = undefined
  }

  /** Fillings that read history begin anew: what they have read may not be there any more. */
  restartFillings(place: LogPlace): void {
    for (const { definition, filling } of this.#list()) {
      if (filling?.step === 'history' && filling.cursor !== '') this.#refill(definition.id, place)
    }
  }

  changes(): DocumentChange[] {
    const changes = Array.from(this.#changed, (key) => {
      const state = this.#states.get(key)
      return { space: SEGMENT_SPACE, key, value: state && JSON.stringify(state) }
    })
    this.#changed.clear()
    return [...changes, ...this.tallies.changes()]
  }

  #put(state: SegmentState): void {
    this.#states.set(state.definition.id, state)
    this.#changed.add(state.definition.id)
    this.#index = undefined
  }

  #refill(id: string, place: LogPlace): void {
    const state = this.#states.get(id)
    if (state === undefined) return
    this.#forgetHistory(state, place)
    this.#put({ ...state, version: place.position, filling: beginning('history', new Date(place.at).toISOString()) })
  }

  /** A history that begins anew would count again what it has counted so far. */
  #forgetHistory({ definition, filling }: SegmentState, place: LogPlace): void {
    if (filling?.step === 'history' && filling.cursor !== '') this.tallies.renew(definition.id, place)
  }

  /** By id: a session goes on as one that never ended, whatever it has in memory since when. */
  #list(): SegmentState[] {
    return [...this.#states].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, state]) => state)
  }

  #compile(definition: SegmentDefinition): CompiledRule | undefined {
    if (definition.predicate === undefined) return undefined
    const known = this.#rules.get(definition)
    if (known) return known
    const rule = compileRule(definition.predicate, definition)
    this.#rules.set(definition, rule)
    return rule
  }

  /** Users who satisfy what an account segment asks of its users are counted as members of a segment that nobody sees. */
  #defineInternal({ segment, predicate }: UsersPredicate, { definition: { timeZone }, place, isEmpty }: Defining): void {
    const known = this.#states.get(segment)
    if (known && !known.isDeleting) return
    const definition: SegmentDefinition = { id: segment, name: segment, kind: 'user', predicate, timeZone }
    this.define({ definition, owner: 'internal', place, isEmpty })
  }

  /** Tallies and internal segments that nobody asks for any more. */
  #dropUnused(place: LogPlace): void {
    const askers = new Map<string, string[]>()
    const asked = new Set<string>()
    for (const { definition } of this.#list()) {
      const { tallies = [], users = [] } = this.#compile(definition)?.dependencies ?? {}
      for (const { segment } of users) asked.add(segment)
      for (const tally of tallies.flatMap(withTwin)) {
        for (const key of this.tallies.keysFor(tally)) askers.set(key, [...(askers.get(key) ?? []), definition.id])
      }
    }
    for (const heir of this.tallies.dropUnused(askers, place)) this.#refill(heir, place)
    this.#index = undefined
    for (const { owner, definition } of this.#list()) {
      if (owner === 'internal' && !asked.has(definition.id)) this.delete(definition.id, place)
    }
  }
}

/** A segment stays one of users, or of accounts. */
function isOther({ definition, isDeleting, owner }: SegmentState, defining: Defining): boolean {
  if (definition.kind !== defining.definition.kind) return false
  return isDeleting === true || owner !== defining.owner || !isSame(definition, defining.definition)
}

/** What decides about membership. */
function ruleOf({ predicate, timeZone }: SegmentDefinition): unknown {
  return { predicate, timeZone }
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function beginning(step: Filling['step'], startedAt: string): Filling {
  return { step, cursor: '', done: 0, total: null, startedAt }
}

async function* documentsOf(store: Pick<Store, 'scan'>, space: string): AsyncGenerator<string> {
  for (let after: string | undefined; ;) {
    const page = await store.scan(space, { after }, PAGE)
    for (const { value } of page) yield value
    after = page.at(-1)?.key
    if (after === undefined || page.length < PAGE) return
  }
}
