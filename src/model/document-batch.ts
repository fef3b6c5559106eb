/**
 * The form of documents on the log and in outputs: columns of one batch (texts, keys, partitions, sources), compressed as a whole,
 * so that a reader touches only what it needs: the lake never parses a document, a derivation never computes a partition.
 *
 *   byte 0      format: 1 plain, 2 zstd (of all that follows)
 *   bytes 1-4   length of the header, little endian
 *   header      JSON: the sections' names, counts, sizes and partitions
 *   sections    documents (NDJSON), keys (a packed key a line), partition numbers (uint16), sources (2 × uint32), each if present
 */
import { zstdCompressSync, zstdDecompressSync, constants } from 'node:zlib'
import type { PackedKey } from './key.ts'
import type { PartitionPath } from './partition.ts'

/** Documents of one collection on their way into a batch, in order; the lists run in parallel. */
export type Section = {
  collection: string
  /** Hash of the schema that the documents were validated with. */
  schemaHash: string
  /** JSON texts without line breaks. */
  documents: string[]
  keys: PackedKey[]
  partitions: PartitionPath[]
  /** Outputs only: positions and indexes in turn. */
  sources?: number[]
}

type SectionHeader = {
  collection: string
  schemaHash: string
  count: number
  documentsBytes: number
  keysBytes: number
  partitions: PartitionPath[]
  hasSources: boolean
}

/** Byte 0 of a batch. */
export const PLAIN = 1
export const ZSTD = 2
const HEADER_START = 5
/** Below this zstd gains nothing worth its set-up. */
const COMPRESS_FROM_BYTES = 1024
/** Level 1 is the fastest and on events not worse than higher ones (docs/benchmarks.md). */
const ZSTD_LEVEL = 1

export function encodeBatch(sections: readonly Section[]): Buffer {
  const headers: SectionHeader[] = []
  const bodies: Buffer[] = []
  for (const section of sections) {
    const documents = Buffer.from(section.documents.join('\n'))
    const keys = Buffer.from(section.keys.join('\n'))
    const { partitions, numbers } = numberPartitions(section.partitions)
    bodies.push(documents, keys, numbers)
    if (section.sources) bodies.push(asBytes(Uint32Array.from(section.sources)))
    headers.push({
      collection: section.collection,
      schemaHash: section.schemaHash,
      count: section.documents.length,
      documentsBytes: documents.length,
      keysBytes: keys.length,
      partitions,
      hasSources: section.sources !== undefined,
    })
  }
  return seal(Buffer.from(JSON.stringify(headers)), bodies)
}

function seal(header: Buffer, bodies: Buffer[]): Buffer {
  const prefix = Buffer.alloc(HEADER_START)
  prefix[0] = PLAIN
  prefix.writeUInt32LE(header.length, 1)
  const plain = Buffer.concat([prefix, header, ...bodies])
  if (plain.length < COMPRESS_FROM_BYTES) return plain
  const compressed = zstdCompressSync(plain.subarray(1), { params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } })
  return Buffer.concat([Buffer.of(ZSTD), compressed])
}

/** The sections of a batch in their order. */
export function decodeBatch(payload: Uint8Array): DecodedSection[] {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
  const plain = bytes[0] === ZSTD ? zstdDecompressSync(bytes.subarray(1)) : bytes.subarray(1)
  const headerEnd = 4 + plain.readUInt32LE(0)
  const headers = JSON.parse(plain.toString('utf8', 4, headerEnd)) as SectionHeader[]
  let start = headerEnd
  let firstIndex = 0
  return headers.map((header) => {
    const section = new DecodedSection(header, plain.subarray(start), firstIndex)
    start += section.sizeBytes
    firstIndex += header.count
    return section
  })
}

/** One section of a batch; each column is decoded when it is asked for. */
export class DecodedSection {
  readonly collection: string
  readonly schemaHash: string
  readonly count: number
  /** Index in the whole batch of this section's first document. */
  readonly firstIndex: number
  /** The partitions that occur; `partitionNumber` points in here. */
  readonly partitions: readonly PartitionPath[]
  readonly #header: SectionHeader
  readonly #body: Buffer

  constructor(header: SectionHeader, body: Buffer, firstIndex: number) {
    this.collection = header.collection
    this.schemaHash = header.schemaHash
    this.count = header.count
    this.partitions = header.partitions
    this.firstIndex = firstIndex
    this.#header = header
    this.#body = body
  }

  get sizeBytes(): number {
    const { count, documentsBytes, keysBytes, hasSources } = this.#header
    return documentsBytes + keysBytes + count * (2 + (hasSources ? 8 : 0))
  }

  /** NDJSON without a final line break. */
  documentBytes(): Buffer {
    return this.#body.subarray(0, this.#header.documentsBytes)
  }

  documents(): string[] {
    return this.count === 0 ? [] : this.documentBytes().toString('utf8').split('\n')
  }

  /** Packed keys, a line each, without a final line break. */
  keyBytes(): Buffer {
    const start = this.#header.documentsBytes
    return this.#body.subarray(start, start + this.#header.keysBytes)
  }

  keys(): PackedKey[] {
    return this.count === 0 ? [] : this.keyBytes().toString('utf8').split('\n')
  }

  /** Per document, the number of its partition in `partitions`. */
  partitionNumbers(): Uint16Array {
    const start = this.#header.documentsBytes + this.#header.keysBytes
    return new Uint16Array(copyOf(this.#body, start, this.count * 2))
  }

  /** Positions and indexes in turn; empty for a batch of inputs. */
  sources(): Uint32Array {
    if (!this.#header.hasSources) return new Uint32Array()
    const start = this.#header.documentsBytes + this.#header.keysBytes + this.count * 2
    return new Uint32Array(copyOf(this.#body, start, this.count * 8))
  }
}

function numberPartitions(paths: readonly PartitionPath[]): { partitions: PartitionPath[]; numbers: Buffer } {
  const numberOf = new Map<PartitionPath, number>()
  const numbers = new Uint16Array(paths.length)
  paths.forEach((path, i) => {
    const known = numberOf.get(path)
    if (known === undefined) numberOf.set(path, numberOf.size)
    numbers[i] = known ?? numberOf.size - 1
  })
  if (numberOf.size > PARTITIONS_MAX)
    throw new RangeError(`A batch spans ${numberOf.size} partitions, the limit is ${PARTITIONS_MAX}`)
  return { partitions: [...numberOf.keys()], numbers: asBytes(numbers) }
}

/** Of one batch; a number is a uint16. Callers cut batches below this many documents (`BATCH_DOCUMENTS_MAX`). */
const PARTITIONS_MAX = 65_536

/** The most documents a batch may hold: batches stay a few MB and each may be of a partition of its own. */
export const BATCH_DOCUMENTS_MAX = 65_536

function asBytes(numbers: Uint16Array | Uint32Array): Buffer {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength)
}

/** A copy, since typed arrays need an aligned start. */
function copyOf(bytes: Buffer, start: number, length: number): ArrayBuffer {
  const copy = new Uint8Array(length)
  copy.set(bytes.subarray(start, start + length))
  return copy.buffer
}
