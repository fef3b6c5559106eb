/** The traits of users, or of accounts, that are known: their frozen types, and how their values came. */
import type { ErrorCode } from '../../base/error-codes.ts'
import type { EntityKind, Write } from '../../model/profile/entity.ts'
import type { TraitType } from '../../model/profile/trait.ts'
import type { TraitRegistry } from '../../model/profile/trait-writing.ts'
import type { DocumentChange, Store } from '../../store/store.ts'
import { SeenTimes, SourceCounts } from './schema-counts.ts'
import { type TraitDocument, traitSchemaSpace } from './schema-documents.ts'
import { type SchemaEntry, SchemaSpace } from './schema-space.ts'

export class SchemaTraits implements TraitRegistry {
  readonly #space: SchemaSpace<TraitEntry, TraitDocument>

  constructor(kind: EntityKind) {
    this.#space = new SchemaSpace({ space: traitSchemaSpace(kind), make: (name, document) => new TraitEntry(name, document) })
  }

  async open(store: Pick<Store, 'load'>): Promise<void> {
    await this.#space.open(store)
  }

  typeOf(name: string): TraitType | undefined {
    return this.#space.find(name)?.type
  }

  /** A deletion is no reason to keep a name. */
  noteValue(name: string, type: TraitType | undefined, write: Write): boolean {
    const entry = type === undefined ? this.#space.find(name) : this.#space.findOrMake(name)
    if (entry === undefined) return type === undefined
    entry.noteValue(type, write)
    this.#space.touch(entry)
    return true
  }

  /** Names that are invalid or come too many are counted together. */
  noteRefusal(name: string, code: ErrorCode, write: Write): void {
    const isKept = code !== 'trait_limit' && code !== 'trait_name_invalid'
    const entry = isKept ? this.#space.findOrMake(name) : this.#space.find(name)
    if (entry === undefined) return this.#space.countUnkept()
    entry.noteRefusal(code, write)
    this.#space.touch(entry)
  }

  noteHidden(name: string, write: Write): void {
    const entry = this.#space.findOrMake(name)
    if (entry === undefined) return this.#space.countUnkept()
    entry.noteHidden(write)
    this.#space.touch(entry)
  }

  changes(): DocumentChange[] {
    return this.#space.changes()
  }
}

class TraitEntry implements SchemaEntry {
  readonly name: string
  isTouched = false
  type: TraitType | undefined
  #count: number
  readonly #times: SeenTimes
  readonly #sources: SourceCounts
  #refused: TraitDocument['refused']
  #hidden: number

  constructor(name: string, document?: TraitDocument) {
    this.name = name
    this.type = document?.type
    this.#count = document?.count ?? 0
    this.#times = new SeenTimes(document)
    this.#sources = new SourceCounts(document)
    this.#refused = document?.refused
    this.#hidden = document?.hidden ?? 0
  }

  /** A type other than before is one that the catalog declares. */
  noteValue(type: TraitType | undefined, { source, receivedAt }: Write): void {
    if (type !== undefined) this.type = type
    this.#count++
    this.#times.see(receivedAt)
    this.#sources.count(source)
  }

  noteRefusal(code: ErrorCode, { source, receivedAt: at }: Write): void {
    this.#times.see(at)
    this.#refused = { count: (this.#refused?.count ?? 0) + 1, last: { code, source, at } }
  }

  noteHidden({ receivedAt }: Write): void {
    this.#times.see(receivedAt)
    this.#hidden++
  }

  document(): TraitDocument {
    return {
      ...(this.type && { type: this.type }),
      count: this.#count,
      ...this.#times.document(),
      ...this.#sources.document(),
      ...(this.#refused && { refused: this.#refused }),
      ...(this.#hidden > 0 && { hidden: this.#hidden }),
    }
  }
}
