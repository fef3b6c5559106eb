/** What stands in the quarantine, newest first, page by page. */
import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { MillraceError } from '../../../base/errors.ts'
import { QUARANTINE_SPACE, type QuarantinedItem } from '../../../model/event/quarantine.ts'
import type { StoreReader } from '../../../store/store.ts'
import { pageKey, PAGES_KEY, type QuarantinePages } from '../quarantine-shelf.ts'
import { readCursor, writeCursor } from './page-cursor.ts'

export type QuarantineFilter = { source?: string; code?: string }

export type QuarantineList = {
  items: QuarantinedItem[]
  /** Give it back for older items; null on the last page. */
  nextCursor: string | null
}

/** A place before which the list goes on: number of a page, and index therein. */
type Place = [page: number, index: number]

const placeSchema: z.ZodType<Place> = z.tuple([z.int().min(0), z.int().min(0)])

/** Loaded at once: with 64 KB each, some megabytes. */
const LOADED_ITEMS = 100

export class QuarantineReader {
  readonly #store: Pick<StoreReader, 'load'>

  constructor(store: Pick<StoreReader, 'load'>) {
    this.#store = store
  }

  /** Rejects with `request_invalid` for a foreign cursor. */
  async list(filter: QuarantineFilter, { limit, cursor }: { limit: number; cursor?: string }): Promise<QuarantineList> {
    const items: QuarantinedItem[] = []
    for await (const [item, [page, index]] of this.walk(filter, cursor)) {
      items.push(item)
      if (items.length === limit) return { items, nextCursor: await this.#cursorBefore(page, index) }
    }
    return { items, nextCursor: null }
  }

  /** Throws `quarantine_item_unknown`. */
  async require(id: string): Promise<QuarantinedItem> {
    const [text] = ITEM_ID.test(id) ? await this.#store.load(QUARANTINE_SPACE, [id]) : []
    if (text !== undefined) return parseItem(text)
    throw new MillraceError('quarantine_item_unknown', `There is no item "${id}" in the quarantine.`, {
      hint: 'It was replayed, discarded or erased, or made room for newer ones.',
    })
  }

  /** Every item that passes, with its place; items that come meanwhile are not among them. */
  async *walk({ source, code }: QuarantineFilter, cursor?: string): AsyncGenerator<[QuarantinedItem, Place]> {
    const { first, last } = await this.#pages()
    const [lastPage, end] = cursor === undefined ? [last, undefined] : readCursor(cursor, placeSchema)
    for (let page = Math.min(lastPage, last); page >= first; page--) {
      const ids = await this.#idsOf(page)
      for (let until = page === lastPage ? (end ?? ids.length) : ids.length; until > 0; until -= LOADED_ITEMS) {
        const from = Math.max(0, until - LOADED_ITEMS)
        const texts = await this.#store.load(QUARANTINE_SPACE, ids.slice(from, until))
        for (const [i, text] of [...texts.entries()].toReversed()) {
          // It was released.
          if (text === undefined) continue
          const item = parseItem(text)
          if ((source ?? item.source) === item.source && (code ?? item.code) === item.code) yield [item, [page, from + i]]
        }
        await setImmediate()
      }
    }
  }

  async #pages(): Promise<QuarantinePages> {
    const [text] = await this.#store.load(QUARANTINE_SPACE, [PAGES_KEY])
    // Written by the shelf and by nobody else.
    return JSON.parse(text ?? '{"first":0,"last":-1,"count":0,"evicted":0}') as QuarantinePages
  }

  async #idsOf(page: number): Promise<string[]> {
    const [text] = await this.#store.load(QUARANTINE_SPACE, [pageKey(page)])
    return JSON.parse(text ?? '[]') as string[]
  }

  async #cursorBefore(page: number, index: number): Promise<string | null> {
    const { first } = await this.#pages()
    return index === 0 && page <= first ? null : writeCursor([page, index])
  }
}

/** Other keys of the space are no items. */
const ITEM_ID = /^[0-9a-f]{24}$/

function parseItem(text: string): QuarantinedItem {
  return JSON.parse(text) as QuarantinedItem
}
