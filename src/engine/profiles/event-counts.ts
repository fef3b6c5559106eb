/** How many inputs the profiles have met since the beginning of the log: what was accepted is applied, repeated or set aside. */
import type { DocumentChange, Store } from '../../store/store.ts'

export type EventTotals = { applied: number; repeated: number; setAside: number }

const SPACE = 'counts'
const KEY = 'events'

export class EventCounts {
  #totals: EventTotals
  #isChanged = false

  private constructor(totals: EventTotals) {
    this.#totals = totals
  }

  static async open(store: Pick<Store, 'load'>): Promise<EventCounts> {
    return new EventCounts(await loadEventTotals(store))
  }

  get applied(): number {
    return this.#totals.applied
  }

  add(outcome: keyof EventTotals): void {
    this.#totals[outcome]++
    this.#isChanged = true
  }

  changes(): DocumentChange[] {
    if (!this.#isChanged) return []
    this.#isChanged = false
    return [{ space: SPACE, key: KEY, value: JSON.stringify(this.#totals) }]
  }
}

/** As committed. */
export async function loadEventTotals(store: Pick<Store, 'load'>): Promise<EventTotals> {
  const [text] = await store.load(SPACE, [KEY])
  // Written by this class and by nobody else.
  return text === undefined ? { applied: 0, repeated: 0, setAside: 0 } : (JSON.parse(text) as EventTotals)
}
