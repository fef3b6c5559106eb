/**
 * A fragment that still grows: documents gather in memory, and every full chunk is hashed, compressed and written to a file
 * that no reader sees. Memory per fragment stays at a chunk and a compressor, however large the fragment becomes.
 */
import { createHash } from 'node:crypto'
import { open, type FileHandle } from 'node:fs/promises'
import { constants, createGzip, createZstdCompress, type Gzip, type ZstdCompress } from 'node:zlib'
import { invariant } from '../base/errors.ts'
import type { Position } from '../log/log.ts'
import type { Codec } from './fragment-path.ts'

/** The compressors gain nothing from larger pieces (0.18 µs a 160-byte document at 256 KiB and at 1 MiB); memory is what counts. */
export const CHUNK_BYTES = 256 * 1024
/** Quiet partitions stay this small. */
const FIRST_BUFFER_BYTES = 4 * 1024
const LINE_BREAK = 10

/** What a compressor and its output take, measured. */
const COMPRESSOR_BYTES = 640 * 1024

/** Memory of all open fragments together. */
export type MemoryUse = { bytes: number }

type FragmentStart = { path: string; codec: Codec; begin: number; firstPosition: Position; hour: number; memory: MemoryUse }

export type FragmentOutcome = { sha1: string; end: number; documents: number; fileBytes: number; lastPosition: Position }

export class OpenFragment {
  /** Of the file under its temporary name. */
  readonly path: string
  readonly codec: Codec
  readonly begin: number
  readonly firstPosition: Position
  readonly hour: number
  #lastPosition: Position
  #documents = 0
  #sizeBytes = 0
  #buffer: Buffer = Buffer.allocUnsafeSlow(FIRST_BUFFER_BYTES)
  #used = 0
  readonly #sha1 = createHash('sha1')
  #file: CompressedFile | undefined
  readonly #memory: MemoryUse
  #accountedBytes = 0

  constructor(start: FragmentStart) {
    this.path = start.path
    this.codec = start.codec
    this.begin = start.begin
    this.firstPosition = start.firstPosition
    this.hour = start.hour
    this.#lastPosition = start.firstPosition
    this.#memory = start.memory
    this.#account(this.memoryBytes)
  }

  get memoryBytes(): number {
    return this.#buffer.length + (this.#file ? COMPRESSOR_BYTES : 0)
  }

  /** Uncompressed. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Adds the document at `start` up to `end` of `bytes`, and a line break. Call `compress` when `hasFullChunk`. */
  append(bytes: Buffer, start: number, end: number, position: Position): void {
    const length = end - start + 1
    if (this.#used + length > this.#buffer.length) this.#grow(this.#used + length)
    bytes.copy(this.#buffer, this.#used, start, end)
    this.#used += length
    this.#buffer[this.#used - 1] = LINE_BREAK
    this.#sizeBytes += length
    this.#documents++
    this.#lastPosition = position
  }

  get hasFullChunk(): boolean {
    return this.#used >= CHUNK_BYTES
  }

  /** Hashes, compresses and writes what has gathered. Nothing may be appended until it resolves. */
  async compress(): Promise<void> {
    const chunk = this.#buffer.subarray(0, this.#used)
    this.#sha1.update(chunk)
    this.#file ??= await CompressedFile.create(this.path, this.codec)
    await this.#file.write(chunk)
    this.#used = 0
    if (this.#buffer.length > 4 * CHUNK_BYTES) this.#buffer = Buffer.allocUnsafeSlow(2 * CHUNK_BYTES)
    this.#account(this.memoryBytes)
  }

  /** Completes the file; on stable storage when it resolves. */
  async finish(): Promise<FragmentOutcome> {
    if (this.#used > 0) await this.compress()
    invariant(this.#file, 'a fragment has a file once it was compressed')
    const fileBytes = await this.#file.finish()
    this.#account(0)
    return {
      sha1: this.#sha1.digest('hex'),
      end: this.begin + this.#sizeBytes,
      documents: this.#documents,
      fileBytes,
      lastPosition: this.#lastPosition,
    }
  }

  /** Lets go of the file, leaving it incomplete. */
  async abandon(): Promise<void> {
    await this.#file?.abandon()
    this.#account(0)
  }

  #grow(neededBytes: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(neededBytes, 2 * this.#buffer.length))
    this.#buffer.copy(larger, 0, 0, this.#used)
    this.#buffer = larger
    this.#account(this.memoryBytes)
  }

  #account(bytes: number): void {
    this.#memory.bytes += bytes - this.#accountedBytes
    this.#accountedBytes = bytes
  }
}

/**
 * One compressed stream, not a series of independent frames: Node's own zstd reader stops silently after the first frame.
 * The checksum makes every reader notice damage. zstd 1 and gzip 1 are the fastest, and on events zstd 1 is not worse than higher levels (docs/benchmarks.md).
 */
function createCompressor(codec: Codec): ZstdCompress | Gzip {
  if (codec === 'gzip') return createGzip({ level: 1 })
  const { ZSTD_c_compressionLevel, ZSTD_c_checksumFlag } = constants
  return createZstdCompress({ params: { [ZSTD_c_compressionLevel]: 1, [ZSTD_c_checksumFlag]: 1 } })
}

/** A new file, compressed as it is written. */
export class CompressedFile {
  readonly #handle: FileHandle
  readonly #compressor: ZstdCompress | Gzip
  /** Settles when everything that the compressor yields is written. */
  readonly #written: Promise<void>

  private constructor(handle: FileHandle, compressor: ZstdCompress | Gzip) {
    this.#handle = handle
    this.#compressor = compressor
    this.#written = handle.writeFile(compressor)
    this.#written.catch(() => undefined)
  }

  static async create(path: string, codec: Codec): Promise<CompressedFile> {
    return new CompressedFile(await open(path, 'wx'), createCompressor(codec))
  }

  /** `chunk` may be changed once it resolves. */
  async write(chunk: Buffer): Promise<void> {
    const taken = new Promise<void>((resolve, reject) => {
      this.#compressor.write(chunk, (error) => (error ? reject(error) : resolve()))
    })
    try {
      await Promise.race([taken, this.#written])
    } catch (error) {
      taken.catch(() => undefined)
      await this.#written
      throw error
    }
  }

  /** The size of the file. */
  async finish(): Promise<number> {
    this.#compressor.end()
    await this.#written
    await this.#handle.sync()
    const { size } = await this.#handle.stat()
    await this.#handle.close()
    return size
  }

  async abandon(): Promise<void> {
    this.#compressor.destroy()
    await this.#written.catch(() => undefined)
    await this.#handle.close().catch(() => undefined)
  }
}
