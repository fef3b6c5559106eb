/**
 * The documents of one collection in log order, as their consumers follow them by position: captured ones straight from the log,
 * derived ones from the store's outputs. A consumer's position may be ahead of what the store has (a crash of the machine may
 * have undone commits that were published already): documents that a consumer has are left out one by one, by their sources.
 */
import type { LogReader, Position } from '../log/log.ts'
import { type DecodedSection, decodeBatch } from '../model/document-batch.ts'
import type { PartitionSelector } from '../model/catalog.ts'
import { compileSelector, type PartitionPath } from '../model/partition.ts'
import type { StoreReader } from '../store/store.ts'

export interface DocumentStream {
  /**
   * Documents of the inputs after `after`, in order, whole inputs only. `through` may advance although there are no documents;
   * when it equals `after` there is nothing more at the moment.
   */
  read(after: Position, limits: StreamLimits): Promise<StreamChunk>
}

export type StreamLimits = {
  /** Of what is read from log or store, before decompression; at least one batch is read. */
  maxBytes: number
  /** Return no document of an input after this position, nor advance further. */
  through?: Position
}

export type StreamChunk = {
  sections: StreamSection[]
  /** All documents up to here are in this chunk or were in those before. */
  through: Position
  /** Size of what was read for it, documents of others included. */
  scannedBytes: number
}

export type StreamSection = {
  /** Hash of the schema that these documents were validated with. */
  schemaHash: string
  /** NDJSON without a final line break; the packed keys, a line each, run in parallel. */
  documentBytes: Buffer
  keyBytes: Buffer
  /** Per document 1 or 0; undefined when all are wanted. */
  isWanted?: Uint8Array
  /** Size of the wanted documents, roughly. */
  sizeBytes: number
}

type StreamOptions = { collection: string; partitions?: PartitionSelector | undefined }

/** The stream of a captured collection. */
export function streamFromLog(log: LogReader, { collection, partitions }: StreamOptions): DocumentStream {
  const selects = compileSelector(partitions)
  return {
    read: async (after, limits) => {
      const entries = await log.read(after, limits)
      const sections = entries.flatMap(({ payload }) =>
        decodeBatch(payload)
          .filter((section) => section.collection === collection)
          .flatMap((section) => toStreamSection(section, selectDocuments(section, selects))),
      )
      return { sections, through: entries.at(-1)?.position ?? after, scannedBytes: payloadBytes(entries) }
    },
  }
}

/** The stream of a derived collection. */
export function streamFromStore(store: StoreReader, { collection, partitions }: StreamOptions): DocumentStream {
  const selects = compileSelector(partitions)
  const read = async (after: Position, { maxBytes, through = Number.POSITIVE_INFINITY }: StreamLimits): Promise<StreamChunk> => {
    const batches = after < through ? await store.readOutputs(collection, after, maxBytes) : []
    const sections = batches.flatMap((batch) =>
      decodeBatch(batch.payload).flatMap((section) => {
        const isWhole = batch.after >= after && batch.through <= through
        const range = isWhole ? undefined : { after, through }
        return toStreamSection(section, selectDocuments(section, selects, range))
      }),
    )
    const last = Math.min(batches.at(-1)?.through ?? after, Math.max(through, after))
    return { sections, through: last, scannedBytes: payloadBytes(batches) }
  }
  return {
    read: async (after, limits) => {
      const chunk = await read(after, limits)
      if (chunk.through > after) return chunk
      // Nothing was published, but perhaps inputs were applied: whatever they published is seen by a read after this one.
      const applied = (await store.checkpoints()).get(collection) ?? 0
      if (applied <= after) return chunk
      const later = await read(after, limits)
      return later.through > after ? later : { ...later, through: Math.max(after, Math.min(applied, limits.through ?? applied)) }
    },
  }
}

function payloadBytes(batches: readonly { payload: Uint8Array }[]): number {
  return batches.reduce((size, { payload }) => size + payload.length, 0)
}

/** Marks the wanted documents; undefined for all of them. */
function selectDocuments(
  section: DecodedSection,
  selects: (path: PartitionPath) => boolean,
  range?: { after: Position; through: Position },
): Uint8Array | undefined {
  const isSelected = section.partitions.map(selects)
  if (isSelected.every(Boolean) && range === undefined) return undefined
  const numbers = section.partitionNumbers()
  const sources = section.sources()
  const isWanted = new Uint8Array(section.count)
  for (let i = 0; i < section.count; i++) {
    const position = sources[2 * i] ?? 0
    const isInRange = range === undefined || (position > range.after && position <= range.through)
    if (isInRange && isSelected[numbers[i] ?? 0]) isWanted[i] = 1
  }
  return isWanted
}

function toStreamSection(section: DecodedSection, isWanted: Uint8Array | undefined): StreamSection[] {
  const { schemaHash, count } = section
  const wanted = isWanted === undefined ? count : isWanted.reduce((sum, mark) => sum + mark, 0)
  if (wanted === 0) return []
  const [documentBytes, keyBytes] = [section.documentBytes(), section.keyBytes()]
  const all = { schemaHash, documentBytes, keyBytes, sizeBytes: Math.ceil((documentBytes.length * wanted) / count) }
  return [isWanted === undefined ? all : { ...all, isWanted }]
}
