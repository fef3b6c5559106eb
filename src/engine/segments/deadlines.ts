/**
 * When to look at an entity again. The near future is in memory, in order, a window of bounded size over what the store holds; the
 * rest is read when its time comes. What is due, and in which order, does not depend on the window.
 */
import { invariant } from '../../base/errors.ts'
import type { EntityId, EntityKind, Millis } from '../../model/profile/entity.ts'
import { DEADLINE_SPACE } from '../../model/segment/segment.ts'
import type { DocumentChange, Store } from '../../store/store.ts'
import { OrderedKeys } from './ordered-keys.ts'
import { SortedKeys } from './sorted-keys.ts'

export type Deadline = { at: Millis; kind: EntityKind; part: EntityId }

/** Some milliseconds to read; less than 1 MB. Fewer than a fifth of it near are topped up, and of more than four only two are kept. */
const PAGE_KEYS = 5_000
const [PAGES_MIN, PAGES_KEPT, PAGES_MAX] = [1 / 5, 2, 4]

/** Calls wait for the one before; a transaction is closed only when the one before has been committed. */
export class Deadlines {
  readonly #all: OrderedKeys
  readonly #pageKeys: number
  /** All that are before the horizon. */
  readonly #near = new SortedKeys()
  /** Keys from here on need not be near; undefined: all are. */
  #horizon: string | undefined = ''

  private constructor(store: Pick<Store, 'scan'>, pageKeys: number) {
    this.#all = new OrderedKeys(store, DEADLINE_SPACE)
    this.#pageKeys = pageKeys
  }

  /** Reads one page. */
  static async open(store: Pick<Store, 'scan'>, { pageKeys = PAGE_KEYS } = {}): Promise<Deadlines> {
    const deadlines = new Deadlines(store, pageKeys)
    await deadlines.readAhead()
    return deadlines
  }

  /**
   * The instant of the earliest deadline; Infinity when there is none. Never late. Early only when thousands were cancelled in a row
   * since `due` or `readAhead`, all those near: then it is the instant up to which there is none, until one of them is called.
   */
  get next(): Millis {
    const key = this.#near.first ?? this.#horizon
    return key === undefined ? Infinity : instantOf(key)
  }

  /** Once for the same instant and part, also when repeated. Never at Infinity: then nothing happens. */
  schedule(at: Millis, kind: EntityKind, part: EntityId): void {
    if (at === Infinity) return
    const key = keyOf({ at, kind, part })
    this.#all.add(key)
    if (this.#horizon !== undefined && key >= this.#horizon) return
    this.#near.add(key)
    if (this.#near.size > PAGES_MAX * this.#pageKeys) this.#horizon = this.#near.keepFirst(PAGES_KEPT * this.#pageKeys)
  }

  /** As it was scheduled. May be gone already. */
  cancel(at: Millis, kind: EntityKind, part: EntityId): void {
    if (at === Infinity) return
    this.#remove(keyOf({ at, kind, part }))
  }

  /** Takes out the earliest `limit` of those at `now` or before, in the order of instants, then of kind and part. */
  async due(now: Millis, limit: number): Promise<Deadline[]> {
    const taken: Deadline[] = []
    const last = Math.min(now, LAST_INSTANT)
    while (taken.length < limit && this.next <= last) {
      const key = this.#near.first
      if (key === undefined) {
        await this.readAhead()
        continue
      }
      this.#remove(key)
      taken.push(deadlineOf(key))
    }
    await this.readAhead()
    return taken
  }

  /** Reads the next page when few are near. */
  async readAhead(): Promise<void> {
    if (this.#horizon === undefined || this.#near.size >= PAGES_MIN * this.#pageKeys) return
    const page = await this.#all.page({ from: this.#horizon }, this.#pageKeys)
    for (const key of page) this.#near.add(key)
    this.#horizon = page.length < this.#pageKeys ? undefined : page.at(-1)
  }

  /** How many the open transaction schedules or takes away. */
  get changedKeys(): number {
    return this.#all.changedKeys
  }

  /** Closes the transaction and returns its changes; the store may show them later. */
  close(): DocumentChange[] {
    return this.#all.close()
  }

  #remove(key: string): void {
    this.#all.remove(key)
    this.#near.delete(key)
  }
}

const DIGITS = 13
/** In the year 2286. */
const LAST_INSTANT = 10 ** DIGITS - 1

/** Instants with the same number of digits, so that keys are in their order. All of it is ASCII. */
function keyOf({ at, kind, part }: Deadline): string {
  invariant(!Number.isNaN(at), 'the instant of a deadline is a number')
  // Not before the instant itself, whose time has come then.
  const instant = Math.min(Math.max(Math.ceil(at), 0), LAST_INSTANT)
  return `${String(instant).padStart(DIGITS, '0')}/${kind}/${part}`
}

/** 0 for the horizon at first. */
function instantOf(key: string): Millis {
  return Number(key.slice(0, DIGITS))
}

function deadlineOf(key: string): Deadline {
  const slash = key.indexOf('/', DIGITS + 1)
  // Keys are made by `keyOf` only.
  return { at: instantOf(key), kind: key.slice(DIGITS + 1, slash) as EntityKind, part: key.slice(slash + 1) }
}
