/**
 * Documents of a store for many lookups that run at once: what they ask for meanwhile is loaded together, in one call for each space,
 * and each document once. So code that follows one entity step by step costs a few rounds for a whole page of them.
 */
import { setImmediate } from 'node:timers/promises'
import { invariant } from '../../base/errors.ts'
import type { StoreReader } from '../../store/store.ts'

type Space = { known: Map<string, string | undefined>; wanted: Set<string> }

/** Of one page: what was loaded stays as it was. */
export class BatchedLoads implements Pick<StoreReader, 'load'> {
  readonly #store: Pick<StoreReader, 'load'>
  readonly #spaces = new Map<string, Space>()
  #round: Promise<void> | undefined

  constructor(store: Pick<StoreReader, 'load'>) {
    this.#store = store
  }

  async load(name: string, keys: readonly string[]): Promise<(string | undefined)[]> {
    const space = this.#space(name)
    const missing = keys.filter((key) => !space.known.has(key))
    for (const key of missing) space.wanted.add(key)
    if (missing.length > 0) await (this.#round ??= this.#loadWanted())
    invariant(
      keys.every((key) => space.known.has(key)),
      'a round loads all that was wanted before it began',
    )
    return keys.map((key) => space.known.get(key))
  }

  #space(name: string): Space {
    const known = this.#spaces.get(name)
    if (known) return known
    const space = { known: new Map(), wanted: new Set<string>() }
    this.#spaces.set(name, space)
    return space
  }

  async #loadWanted(): Promise<void> {
    // All lookups have gone as far as they can by then.
    await setImmediate()
    this.#round = undefined
    await Promise.all(Array.from(this.#spaces, ([name, space]) => this.#loadSpace(name, space)))
  }

  async #loadSpace(name: string, { known, wanted }: Space): Promise<void> {
    const keys = [...wanted]
    if (keys.length === 0) return
    wanted.clear()
    const values = await this.#store.load(name, keys)
    for (const [i, key] of keys.entries()) known.set(key, values[i])
  }
}
