/** The tallies that segments share, during a session of `apply`: what is counted, under which key, and who sees to its history. */
import { answeringTally, covers, tallyFamily } from '../../model/segment/tally-cover.ts'
import { type Tally, TALLY_SPACE, type TallyState } from '../../model/segment/segment.ts'
import type { DocumentChange } from '../../store/store.ts'

/** Of the command that registers. */
export type RegisteringPlace = { position: number; index: number }
/** `isComplete`: there is no history. */
export type Registering = { owner: string; place: RegisteringPlace; isComplete: boolean }

export class TallyRegistry {
  readonly #states = new Map<string, TallyState>()
  /** By `tallyFamily`. */
  readonly #families = new Map<string, TallyState[]>()
  readonly #changed = new Set<string>()
  /** Keys are not used twice, not even for one command. */
  #keys = { prefix: '', used: 0 }

  /** As the store has it. */
  restore(state: TallyState): void {
    this.#put(state)
    this.#changed.delete(state.key)
  }

  has(key: string): boolean {
    return this.#states.has(key)
  }

  find(key: string): TallyState | undefined {
    return this.#states.get(key)
  }

  /** The one that answers this; it may keep more. Undefined: nobody has registered any. */
  answering(tally: Tally): TallyState | undefined {
    return answeringTally(this.#families.get(tallyFamily(tally)) ?? [], tally)
  }

  /** What is counted of each user for an account's tally. */
  twinOf({ tally, twin }: TallyState): TallyState | undefined {
    return twin === undefined ? this.answering(userTwin(tally)) : this.#states.get(twin)
  }

  /** What answers this, and what that is made of. */
  keysFor(tally: Tally): string[] {
    const state = this.answering(tally)
    return state === undefined ? [] : [state.key, ...(state.twin === undefined ? [] : [state.twin])]
  }

  /** In the order of their keys. */
  list(): TallyState[] {
    return [...this.#states.values()].toSorted(byKey)
  }

  /** What is answered already goes on as it is. */
  register(tallies: readonly Tally[], registering: Registering): void {
    for (const tally of tallies) if (this.answering(tally) === undefined) this.#register(tally, registering)
    if (registering.isComplete) this.#dropCovered()
  }

  /** Their history is there. */
  complete(owner: string): void {
    for (const state of this.#states.values()) {
      if (state.owner !== owner || state.isComplete) continue
      state.isComplete = true
      delete state.twin
      this.#changed.add(state.key)
    }
    this.#dropCovered()
  }

  /** Those of this owner that lack history are counted from here on anew, under other keys. */
  renew(owner: string, place: RegisteringPlace): void {
    for (const state of this.list()) {
      if (state.owner !== owner || state.isComplete) continue
      this.#drop(state)
      this.#register(state.tally, { owner, place, isComplete: false })
    }
  }

  /**
   * Drops what nobody asks any more. What others still wait for, of an owner that no longer asks, begins anew with the first of them.
   * `askers`: ids of segments by key of the tally that answers them. Returns those heirs.
   */
  dropUnused(askers: ReadonlyMap<string, readonly string[]>, place: RegisteringPlace): string[] {
    const heirs = new Set<string>()
    for (const state of this.list()) {
      const asking = askers.get(state.key) ?? []
      if (asking.includes(state.owner) || (state.isComplete && asking.length > 0)) continue
      this.#drop(state)
      const [heir] = asking
      if (heir === undefined) continue
      heirs.add(heir)
      this.#register(state.tally, { owner: heir, place, isComplete: false })
    }
    return [...heirs]
  }

  changes(): DocumentChange[] {
    const changes = Array.from(this.#changed, (key) => {
      const state = this.#states.get(key)
      return { space: TALLY_SPACE, key, value: state && JSON.stringify(state) }
    })
    this.#changed.clear()
    return changes
  }

  /** A smaller one is not needed where a larger one is complete. */
  #dropCovered(): void {
    const twins = new Set(this.list().map(({ twin }) => twin))
    for (const family of this.#families.values()) {
      for (const state of family) {
        const isCovered = family.some(
          (other) =>
            other !== state && other.isComplete && this.#states.has(other.key) && covers(other.tally.keeps, state.tally.keeps),
        )
        if (isCovered && !twins.has(state.key)) this.#drop(state)
      }
    }
  }

  #register(tally: Tally, registering: Registering): void {
    const twin = tally.kind === 'account' && !registering.isComplete ? this.#ownTwin(tally, registering) : undefined
    this.#add(tally, registering, twin)
  }

  /** Of the same owner, and since when the account's is. */
  #ownTwin(tally: Tally, registering: Registering): string {
    const wanted = userTwin(tally)
    const known = this.#families
      .get(tallyFamily(wanted))
      ?.find(
        ({ owner, since, isComplete, tally: { keeps } }) =>
          !isComplete &&
          owner === registering.owner &&
          since === registering.place.position &&
          covers(keeps, tally.keeps) &&
          covers(tally.keeps, keeps),
      )
    return known?.key ?? this.#add(wanted, registering)
  }

  #add(tally: Tally, { owner, place, isComplete }: Registering, twin?: string): string {
    const prefix = `${place.position.toString(36)}.${place.index.toString(36)}`
    if (this.#keys.prefix !== prefix) this.#keys = { prefix, used: 0 }
    const key = `${prefix}.${(this.#keys.used++).toString(36)}`
    this.#put({ key, tally, since: place.position, owner, isComplete, ...(twin !== undefined && { twin }) })
    return key
  }

  #put(state: TallyState): void {
    const family = tallyFamily(state.tally)
    this.#states.set(state.key, state)
    this.#families.set(family, [...(this.#families.get(family) ?? []), state].toSorted(byKey))
    this.#changed.add(state.key)
  }

  #drop({ key, tally }: TallyState): void {
    const family = tallyFamily(tally)
    this.#states.delete(key)
    this.#families.set(
      family,
      (this.#families.get(family) ?? []).filter((other) => other.key !== key),
    )
    this.#changed.add(key)
  }
}

/** Whatever the order in which they were registered or restored. */
function byKey(a: TallyState, b: TallyState): number {
  return a.key < b.key ? -1 : Number(a.key > b.key)
}

/** What is counted for an account is counted for each of its users as well, so that users can change accounts. */
export function withTwin(tally: Tally): Tally[] {
  return tally.kind === 'account' ? [userTwin(tally), tally] : [tally]
}

function userTwin(tally: Tally): Tally {
  return { ...tally, kind: 'user' }
}
