/** The documents of one space of the schema, in memory as a whole: found by name, written when touched, listed by pages of names. */
import type { DocumentChange, Store } from '../../store/store.ts'
import { NAMES_PER_PAGE, NAMES_SPACE, namesKey, SCHEMA_NAMES_MAX } from './schema-documents.ts'

/** What is known of one name; `SchemaSpace.touch` marks what has changed. */
export interface SchemaEntry {
  readonly name: string
  isTouched: boolean
  /** As the store keeps it. */
  document(): object
}

type SpaceOptions<Entry, Document> = {
  space: string
  /** `document` is what the store has; undefined for a name that comes for the first time. */
  make: (name: string, document?: Document) => Entry
}

export class SchemaSpace<Entry extends SchemaEntry, Document> {
  readonly #options: SpaceOptions<Entry, Document>
  readonly #entries = new Map<string, Entry>()
  readonly #names: string[] = []
  #savedNames = 0
  #touched: Entry[] = []
  #unkept = 0
  #savedUnkept = 0

  constructor(options: SpaceOptions<Entry, Document>) {
    this.#options = options
  }

  /** Once, before anything else. */
  async open(store: Pick<Store, 'load'>): Promise<void> {
    const { space, make } = this.#options
    const { documents, unkept } = await loadSpace<Document>(store, space)
    for (const [name, document] of documents) {
      this.#entries.set(name, make(name, document))
      this.#names.push(name)
    }
    this.#savedNames = this.#names.length
    this.#unkept = this.#savedUnkept = unkept
  }

  entries(): IterableIterator<Entry> {
    return this.#entries.values()
  }

  find(name: string): Entry | undefined {
    return this.#entries.get(name)
  }

  /** Undefined when there is no room. */
  findOrMake(name: string): Entry | undefined {
    const known = this.#entries.get(name)
    if (known !== undefined || this.#names.length >= SCHEMA_NAMES_MAX) return known
    const entry = this.#options.make(name)
    this.#entries.set(name, entry)
    this.#names.push(name)
    return entry
  }

  touch(entry: Entry): void {
    if (entry.isTouched) return
    entry.isTouched = true
    this.#touched.push(entry)
  }

  /** A value came under a name that is not kept. */
  countUnkept(): void {
    this.#unkept++
  }

  /** Since the last call. */
  changes(): DocumentChange[] {
    const { space } = this.#options
    const changes = this.#touched.map((entry): DocumentChange => {
      entry.isTouched = false
      return { space, key: entry.name, value: JSON.stringify(entry.document()) }
    })
    this.#touched = []
    return [...changes, ...this.#nameChanges(), ...this.#unkeptChanges()]
  }

  /** The last page as it was, when it had room, and those behind it. */
  #nameChanges(): DocumentChange[] {
    if (this.#savedNames === this.#names.length) return []
    const { space } = this.#options
    const changes: DocumentChange[] = []
    const firstPage = Math.floor(this.#savedNames / NAMES_PER_PAGE)
    for (let page = firstPage; page * NAMES_PER_PAGE < this.#names.length; page++) {
      const names = this.#names.slice(page * NAMES_PER_PAGE, (page + 1) * NAMES_PER_PAGE)
      changes.push({ space: NAMES_SPACE, key: namesKey(space, page), value: JSON.stringify(names) })
    }
    this.#savedNames = this.#names.length
    return changes
  }

  #unkeptChanges(): DocumentChange[] {
    if (this.#unkept === this.#savedUnkept) return []
    this.#savedUnkept = this.#unkept
    return [{ space: NAMES_SPACE, key: namesKey(this.#options.space, 'unkept'), value: String(this.#unkept) }]
  }
}

/** In one query; more would be a large answer to hold. */
const DOCUMENTS_PER_LOAD = 1_000

export type LoadedSpace<Document> = {
  /** In the order in which the names came first. */
  documents: [name: string, document: Document][]
  unkept: number
}

/** May run while transactions commit: a name and its document come together. */
export async function loadSpace<Document>(store: Pick<Store, 'load'>, space: string): Promise<LoadedSpace<Document>> {
  const pageKeys = Array.from({ length: SCHEMA_NAMES_MAX / NAMES_PER_PAGE }, (_, page) => namesKey(space, page))
  const [unkept = '0', ...pages] = await store.load(NAMES_SPACE, [namesKey(space, 'unkept'), ...pageKeys])
  // Whoever names the type of a space's documents is who writes them; that holds for the pages, too.
  const names = pages.flatMap((page) => (page === undefined ? [] : (JSON.parse(page) as string[])))
  const documents: [string, Document][] = []
  for (let start = 0; start < names.length; start += DOCUMENTS_PER_LOAD) {
    const some = names.slice(start, start + DOCUMENTS_PER_LOAD)
    const texts = await store.load(space, some)
    some.forEach((name, i) => {
      const text = texts[i]
      if (text !== undefined) documents.push([name, JSON.parse(text) as Document])
    })
  }
  return { documents, unkept: Number(unkept) }
}
