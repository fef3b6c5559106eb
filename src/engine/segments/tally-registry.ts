/** The tallies that segments share, during a session of `apply`: what is counted, under which key, and who sees to its history. */
import { tallyIdentity } from '../../model/segment/leaf-tallies.ts'
import { type Tally, TALLY_SPACE, type TallyState } from '../../model/segment/segment.ts'
import type { DocumentChange } from '../../store/store.ts'

/** `position`: of the log, at which it begins to be counted. `isComplete`: there is no history. */
export type Registering = { owner: string; position: number; isComplete: boolean }

export class TallyRegistry {
  readonly #states = new Map<string, TallyState>()
  /** Keys by what is asked. */
  readonly #keys = new Map<string, string>()
  readonly #changed = new Set<string>()

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

  /** Of the tally that asks this. */
  keyOf(tally: Tally): string | undefined {
    return this.#keys.get(tallyIdentity(tally))
  }

  /** In the order of their keys. */
  list(): TallyState[] {
    return [...this.#states.values()].toSorted((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)))
  }

  /** What is asked already goes on as it is. */
  register(tallies: readonly Tally[], registering: Registering): void {
    for (const tally of tallies) if (this.keyOf(tally) === undefined) this.#register(tally, registering)
  }

  /** Their history is there. */
  complete(owner: string): void {
    for (const state of this.#states.values()) {
      if (state.owner !== owner || state.isComplete) continue
      state.isComplete = true
      this.#changed.add(state.key)
    }
  }

  /** Those of this owner that lack history are counted from here on anew, under other keys. */
  renew(owner: string, position: number): void {
    for (const state of this.list()) {
      if (state.owner !== owner || state.isComplete) continue
      this.#drop(state)
      this.#register(state.tally, { owner, position, isComplete: false })
    }
  }

  /**
   * Drops what nobody asks any more. What others still wait for, of an owner that no longer asks, begins anew with the first of them.
   * `askers`: ids of segments by identity of the tally. Returns those heirs.
   */
  dropUnused(askers: ReadonlyMap<string, readonly string[]>, position: number): string[] {
    const heirs = new Set<string>()
    for (const state of this.list()) {
      const asking = askers.get(tallyIdentity(state.tally)) ?? []
      if (asking.includes(state.owner) || (state.isComplete && asking.length > 0)) continue
      this.#drop(state)
      const [heir] = asking
      if (heir === undefined) continue
      heirs.add(heir)
      this.#register(state.tally, { owner: heir, position, isComplete: false })
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

  #register(tally: Tally, { owner, position, isComplete }: Registering): void {
    let number = 0
    const keyOf = () => `${position.toString(36)}.${number.toString(36)}`
    while (this.#states.has(keyOf())) number++
    this.#put({ key: keyOf(), tally, since: position, owner, isComplete })
  }

  #put(state: TallyState): void {
    this.#states.set(state.key, state)
    this.#keys.set(tallyIdentity(state.tally), state.key)
    this.#changed.add(state.key)
  }

  #drop({ key, tally }: TallyState): void {
    this.#states.delete(key)
    this.#keys.delete(tallyIdentity(tally))
    this.#changed.add(key)
  }
}

/** What is counted for an account is counted for each of its users as well, so that users can change accounts. */
export function withTwin(tally: Tally): Tally[] {
  return tally.kind === 'account' ? [userTwin(tally), tally] : [tally]
}

export function userTwin(tally: Tally): Tally {
  return { ...tally, kind: 'user' }
}
