/**
 * One collection on its way into the lake: sorts the documents of each batch into the open fragments of their partitions,
 * leaving out what is filed already. Documents are copied as bytes; they are never parsed.
 */
import type { DecodedSection } from '../model/document-batch.ts'
import type { PartitionPath } from '../model/partition.ts'
import type { Position } from '../log/log.ts'
import type { Codec } from './fragment-path.ts'
import { CHUNK_BYTES, OpenFragment, type MemoryUse } from './open-fragment.ts'
import type { JournalTail } from './manifest.ts'

/** A journal with an open fragment, or about to have one. */
export type Journal = {
  collection: string
  partition: PartitionPath
  /** Offset at which the next fragment begins. */
  end: number
  /** Documents up to here are in recorded fragments. */
  filedThrough: Position
  fragment: OpenFragment | undefined
}

/** What all collections share, and what they ask of the lake. */
export type FilingContext = {
  codec: Codec
  /** Journals with an open fragment. */
  open: Set<Journal>
  memory: MemoryUse
  newOpenFile: () => string
  tail: (collection: string, partition: PartitionPath) => JournalTail | undefined
  /** A chunk was written. */
  onCompressed: () => void
}

export type BatchPlace = {
  /** Inputs of the log stand here; outputs name their own positions, up to this one. */
  through: Position
  hour: number
}

const LINE_BREAK = 10

export class CollectionFiling {
  readonly collection: string
  /** Everything up to here was read. Documents at or below are known, even when a store that fell back yields them again. */
  position: Position
  readonly #context: FilingContext
  readonly #journals = new Map<PartitionPath, Journal>()
  #hour: number | undefined

  constructor(collection: string, position: Position, context: FilingContext) {
    this.collection = collection
    this.position = position
    this.#context = context
  }

  /** Up to here every document is in a recorded fragment or in one that is about to be recorded. */
  get cursor(): Position {
    const firsts = this.openJournals().map(({ fragment }) => fragment?.firstPosition ?? this.position + 1)
    return Math.min(this.position, ...firsts.map((first) => first - 1))
  }

  openJournals(): Journal[] {
    return [...this.#context.open].filter(({ collection }) => collection === this.collection)
  }

  /** True when open fragments are of another hour: a fragment holds documents of one hour, so that its folder is true for each. */
  beginsHour(hour: number): boolean {
    const isNew = this.#hour !== undefined && this.#hour !== hour
    this.#hour = hour
    return isNew
  }

  /**
   * Adds the section's documents that are not filed yet, and returns the journals that it has documents of. Sections of a batch
   * come in order, then `position` is moved.
   */
  async add(section: DecodedSection, place: BatchPlace): Promise<Journal[]> {
    if (section.count === 0) return []
    const journals = section.partitions.map((partition) => this.#journal(partition))
    const filedThrough = journals.map((journal) => Math.max(journal.filedThrough, this.position))
    const bytes = section.documentBytes()
    const numbers = section.partitionNumbers()
    const sources = section.sources()
    const hasSources = sources.length > 0
    let start = 0
    let compressedUpTo = 0
    for (let i = 0; i < section.count; i++) {
      const lineBreak = bytes.indexOf(LINE_BREAK, start)
      const end = lineBreak < 0 ? bytes.length : lineBreak
      const number = numbers[i] as number
      const position = hasSources ? (sources[2 * i] as number) : place.through
      if (position > (filedThrough[number] as number)) {
        const journal = journals[number] as Journal
        const fragment = journal.fragment ?? this.#openFragment(journal, position, place.hour)
        fragment.append(bytes, start, end, position)
      }
      start = end + 1
      if (start - compressedUpTo >= CHUNK_BYTES) {
        await this.#compressFull(journals)
        compressedUpTo = start
      }
    }
    await this.#compressFull(journals)
    return journals
  }

  /** The journal's fragment is complete; once it is recorded, the manifest says where the next one begins. */
  close(journal: Journal): void {
    this.#context.open.delete(journal)
    this.#journals.delete(journal.partition)
  }

  async #compressFull(journals: readonly Journal[]): Promise<void> {
    for (const { fragment } of journals) {
      if (!fragment?.hasFullChunk) continue
      await fragment.compress()
      this.#context.onCompressed()
    }
  }

  #journal(partition: PartitionPath): Journal {
    const known = this.#journals.get(partition)
    if (known !== undefined) return known
    const tail = this.#context.tail(this.collection, partition) ?? { end: 0, lastPosition: 0 }
    const journal: Journal = {
      collection: this.collection,
      partition,
      end: tail.end,
      filedThrough: tail.lastPosition,
      fragment: undefined,
    }
    this.#journals.set(partition, journal)
    return journal
  }

  #openFragment(journal: Journal, firstPosition: Position, hour: number): OpenFragment {
    const { codec, newOpenFile, memory, open } = this.#context
    journal.fragment = new OpenFragment({ path: newOpenFile(), codec, begin: journal.end, firstPosition, hour, memory })
    open.add(journal)
    return journal.fragment
  }
}
