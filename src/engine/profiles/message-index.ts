/**
 * Which messages have been applied: repeats by message id are dropped, per source, exactly, across restarts. Ids are kept for at
 * least so many whole days after the day in which they were received, and are then forgotten day by day. The days are those of
 * the events, not of the clock, so that a replay drops the same ones.
 *
 * In the store (space `message`): `days` holds how many pages each day has, `<day>/<n>` a page of fingerprints in base64. The last
 * page is written anew until it is full, so that small transactions write a page and large ones write each page once.
 */
import type { DocumentChange, Store } from '../../store/store.ts'
import { FINGERPRINT_BYTES, fingerprintOf, MessageSet, readFingerprint, writeFingerprint } from './message-set.ts'

const SPACE = 'message'
const DAYS_KEY = 'days'
const DAY_MS = 86_400_000
/** 8 KB as text: what a page of the store's file holds. */
const PAGE_IDS = 512
/** Read at a time when the index is loaded. */
const LOADED_PAGES = 1_000
/** Deleted with one transaction, so that forgetting a day of millions holds nobody up. */
const PAGES_DELETED_AT_ONCE = 2_000

type Day = { number: number; ids: MessageSet; pages: number; tail: Buffer; tailIds: number; isChanged: boolean }
/** `deleted`: pages below are gone. */
type Forgotten = { number: number; pages: number; deleted: number }
type DaysDocument = { days: [number: number, pages: number, tailIds: number][]; forgotten: Forgotten[] }

export class MessageIndex {
  readonly #daysKept: number
  #days: Day[] = []
  #forgotten: Forgotten[] = []
  #fullPages: DocumentChange[] = []

  private constructor(daysKept: number) {
    this.#daysKept = daysKept
  }

  static async open(store: Pick<Store, 'load'>, daysKept: number): Promise<MessageIndex> {
    const index = new MessageIndex(daysKept)
    const [text] = await store.load(SPACE, [DAYS_KEY])
    // Written by `changes` and by nobody else.
    const { days, forgotten } = JSON.parse(text ?? '{"days":[],"forgotten":[]}') as DaysDocument
    index.#forgotten = forgotten
    for (const [number, pages, tailIds] of days) index.#days.push(await loadDay(store, { number, pages, tailIds }))
    return index
  }

  get size(): number {
    return this.#days.reduce((sum, { ids }) => sum + ids.size, 0)
  }

  /** Notes a message; false when it is a repeat. `receivedAt` in milliseconds. */
  add(source: string, id: string, receivedAt: number): boolean {
    const fingerprint = fingerprintOf(source, id)
    for (const { ids } of this.#days) if (ids.has(fingerprint)) return false
    const day = this.#dayOf(receivedAt)
    day.ids.add(fingerprint)
    writeFingerprint(day.tail, day.tailIds++ * FINGERPRINT_BYTES, fingerprint)
    day.isChanged = true
    if (day.tailIds === PAGE_IDS) this.#turnPage(day)
    return true
  }

  /** Closes the transaction. */
  changes(): DocumentChange[] {
    const changed = this.#days.filter(({ isChanged }) => isChanged)
    const deletions = this.#deletions()
    if (changed.length === 0 && deletions.length === 0) return []
    const tails = changed.filter(({ tailIds }) => tailIds > 0).map(tailOf)
    for (const day of changed) day.isChanged = false
    const pages = this.#fullPages
    this.#fullPages = []
    const days: DaysDocument = {
      days: this.#days.map(({ number, pages: count, tailIds }) => [number, count, tailIds]),
      forgotten: this.#forgotten,
    }
    return [...pages, ...tails, ...deletions, { space: SPACE, key: DAYS_KEY, value: JSON.stringify(days) }]
  }

  /** The newest day for what comes late or from a clock that went back: it is kept long enough. */
  #dayOf(receivedAt: number): Day {
    const number = Math.floor(receivedAt / DAY_MS)
    const newest = this.#days.at(-1)
    if (newest !== undefined && newest.number >= number) return newest
    const day = emptyDay(number)
    this.#days.push(day)
    const isOver = (other: Day) => other.number < number - this.#daysKept
    this.#forgotten.push(
      ...this.#days.filter(isOver).map((other) => ({ number: other.number, pages: other.pages + 1, deleted: 0 })),
    )
    // Pages that are full and not written yet may belong to a day that is forgotten: they are written, and deleted later.
    this.#days = this.#days.filter((other) => !isOver(other))
    return day
  }

  #turnPage(day: Day): void {
    this.#fullPages.push(tailOf(day))
    day.pages++
    day.tailIds = 0
  }

  #deletions(): DocumentChange[] {
    const [oldest] = this.#forgotten
    if (oldest === undefined || this.#fullPages.length > 0) return []
    const end = Math.min(oldest.pages, oldest.deleted + PAGES_DELETED_AT_ONCE)
    const keys = Array.from({ length: end - oldest.deleted }, (_, i) => pageKey(oldest.number, oldest.deleted + i))
    oldest.deleted = end
    if (end === oldest.pages) this.#forgotten.shift()
    return keys.map((key) => ({ space: SPACE, key, value: undefined }))
  }
}

function emptyDay(number: number): Day {
  return {
    number,
    ids: new MessageSet(),
    pages: 0,
    tail: Buffer.alloc(PAGE_IDS * FINGERPRINT_BYTES),
    tailIds: 0,
    isChanged: false,
  }
}

async function loadDay(
  store: Pick<Store, 'load'>,
  { number, pages, tailIds }: { number: number; pages: number; tailIds: number },
): Promise<Day> {
  const day = emptyDay(number)
  const count = pages + (tailIds > 0 ? 1 : 0)
  for (let first = 0; first < count; first += LOADED_PAGES) {
    const keys = Array.from({ length: Math.min(LOADED_PAGES, count - first) }, (_, i) => pageKey(number, first + i))
    for (const [i, text] of (await store.load(SPACE, keys)).entries()) {
      const bytes = Buffer.from(text === undefined ? '' : (JSON.parse(text) as string), 'base64')
      for (let at = 0; at < bytes.length; at += FINGERPRINT_BYTES) day.ids.add(readFingerprint(bytes, at))
      if (first + i === pages) bytes.copy(day.tail)
    }
  }
  return { ...day, pages, tailIds }
}

function tailOf({ number, pages, tail, tailIds }: Day): DocumentChange {
  const text = tail.toString('base64', 0, tailIds * FINGERPRINT_BYTES)
  return { space: SPACE, key: pageKey(number, pages), value: JSON.stringify(text) }
}

function pageKey(day: number, page: number): string {
  return `${day}/${page}`
}
