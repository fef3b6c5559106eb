/**
 * What is in the quarantine, in the store: items under their ids, and pages that list the ids in the order in which they came.
 * At most `QUARANTINE_ITEMS_MAX`: the oldest page makes room, and is counted.
 */
import { QUARANTINE_ITEMS_MAX, QUARANTINE_SPACE, type QuarantinedItem } from '../../model/event/quarantine.ts'
import type { DocumentChange, Store } from '../../store/store.ts'

/** `page/<n>` for n from `first` through `last` list up to `PAGE_ITEMS` ids each; those of items that were released stay in them. */
export type QuarantinePages = {
  first: number
  last: number
  /** Ids in all pages. */
  count: number
  /** Items that made room. */
  evicted: number
}

export const PAGE_ITEMS = 1_000
export const PAGES_KEY = 'pages'
export const pageKey = (page: number) => `page/${page}`

export class QuarantineShelf {
  readonly #store: Pick<Store, 'load'>
  readonly #changes = new Map<string, string | undefined>()
  #committing: ReadonlyMap<string, string | undefined> = new Map()
  readonly #pages: QuarantinePages
  #tail: string[]
  #isTailChanged = false

  private constructor(store: Pick<Store, 'load'>, pages: QuarantinePages, tail: string[]) {
    this.#store = store
    this.#pages = pages
    this.#tail = tail
  }

  static async open(store: Pick<Store, 'load'>): Promise<QuarantineShelf> {
    const [text] = await store.load(QUARANTINE_SPACE, [PAGES_KEY])
    // Written by this class and by nobody else.
    const pages = JSON.parse(text ?? '{"first":0,"last":0,"count":0,"evicted":0}') as QuarantinePages
    const [tail] = await store.load(QUARANTINE_SPACE, [pageKey(pages.last)])
    return new QuarantineShelf(store, pages, JSON.parse(tail ?? '[]') as string[])
  }

  /** Puts an item on the shelf; `text` is its JSON. */
  async add({ id }: Pick<QuarantinedItem, 'id'>, text: string): Promise<void> {
    if (this.#tail.length === PAGE_ITEMS) {
      this.#writeTail()
      this.#tail = []
      this.#pages.last++
    }
    this.#tail.push(id)
    this.#isTailChanged = true
    this.#pages.count++
    this.#changes.set(id, text)
    if (this.#pages.count > QUARANTINE_ITEMS_MAX) await this.#evict()
  }

  /** Items that are gone already do no harm. */
  release(ids: readonly string[]): void {
    for (const id of ids) this.#changes.set(id, undefined)
  }

  /** Closes the transaction. */
  changes(): DocumentChange[] {
    this.#writeTail()
    this.#committing = new Map(this.#changes)
    this.#changes.clear()
    return Array.from(this.#committing, ([key, value]) => ({ space: QUARANTINE_SPACE, key, value }))
  }

  #writeTail(): void {
    if (!this.#isTailChanged) return
    this.#isTailChanged = false
    this.#changes.set(pageKey(this.#pages.last), JSON.stringify(this.#tail))
    this.#changes.set(PAGES_KEY, JSON.stringify(this.#pages))
  }

  async #evict(): Promise<void> {
    const key = pageKey(this.#pages.first++)
    const ids = JSON.parse((await this.#load(key)) ?? '[]') as string[]
    for (const id of [...ids, key]) this.#changes.set(id, undefined)
    this.#pages.count -= ids.length
    this.#pages.evicted += ids.length
  }

  async #load(key: string): Promise<string | undefined> {
    for (const changes of [this.#changes, this.#committing]) if (changes.has(key)) return changes.get(key)
    const [text] = await this.#store.load(QUARANTINE_SPACE, [key])
    return text
  }
}
