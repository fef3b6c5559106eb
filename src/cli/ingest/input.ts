/** The bytes of a file or of standard input as text, decompressed when they are compressed. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { MillraceError, messageOf } from '../../base/errors.ts'

export const FORMATS = ['json', 'csv', 'tsv'] as const
export type Format = (typeof FORMATS)[number]

export type Input = {
  /** For messages: the file's name as it was given, or `stdin`. */
  name: string
  format: Format
  /** Of the file as it is on disk; undefined for standard input. */
  sizeBytes: number | undefined
  /** True when documents may come slowly, so that one should not wait for many. */
  isLive: boolean
  /** Throws `body_invalid` when the bytes are not UTF-8 or the compression is broken. */
  chunks: () => AsyncGenerator<string>
  /** The same before it is decoded. Throws `body_invalid` when the compression is broken. */
  bytes: () => AsyncGenerator<Buffer>
  /** How many bytes of `sizeBytes` have been read. */
  readBytes: () => number
}

type InputOptions = { file: string | undefined; format: Format | undefined; stdin: Readable }

/** Throws `usage_invalid` when the file cannot be read. */
export async function openInput({ file, format, stdin }: InputOptions): Promise<Input> {
  let readBytes = 0
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      readBytes += chunk.length
      done(null, chunk)
    },
  })
  const isLive = file === undefined || file === '-'
  const name = isLive ? 'stdin' : file
  const sizeBytes = isLive ? undefined : await sizeOf(file)
  const source = isLive ? stdin : createReadStream(file, { highWaterMark: READ_BYTES })
  source.on('error', (error: Error) => meter.destroy(error)).pipe(meter)
  return {
    name,
    format: format ?? formatOf(name),
    sizeBytes,
    isLive,
    chunks: () => decode(name, meter),
    bytes: () => readBytesOf(name, meter),
    readBytes: () => readBytes,
  }
}

/** Large enough that reading costs nothing beside parsing. */
const READ_BYTES = 256 * 1024

async function sizeOf(file: string): Promise<number> {
  try {
    const found = await stat(file)
    if (found.isDirectory()) throw new Error('it is a directory')
    return found.size
  } catch (cause) {
    throw new MillraceError('usage_invalid', `The file "${file}" cannot be read: ${messageOf(cause)}.`, { cause })
  }
}

function formatOf(name: string): Format {
  const extension = extname(name.replace(/\.(gz|zst)$/, '')).slice(1)
  return FORMATS.find((format) => format === extension) ?? 'json'
}

async function* decode(name: string, source: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    for await (const chunk of readBytesOf(name, source)) yield decoder.decode(chunk, { stream: true })
    yield decoder.decode()
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause
    throw new MillraceError('body_invalid', `${name}: is not valid UTF-8.`, { cause })
  }
}

async function* readBytesOf(name: string, source: Readable): AsyncGenerator<Buffer> {
  try {
    // Nobody sets an encoding on it, so its chunks are bytes.
    for await (const chunk of await decompress(source)) yield chunk as Buffer
  } catch (cause) {
    throw new MillraceError('body_invalid', `${name}: ${messageOf(cause)}.`, { cause })
  }
}

const GZIP = Buffer.of(0x1f, 0x8b)
const ZSTD = Buffer.of(0x28, 0xb5, 0x2f, 0xfd)

/** By the first bytes; a name says little about what comes through a pipe. */
async function decompress(source: Readable): Promise<Readable> {
  const start = await firstBytes(source)
  const decompressor = start.subarray(0, 2).equals(GZIP)
    ? createGunzip()
    : start.subarray(0, 4).equals(ZSTD)
      ? createZstdDecompress()
      : undefined
  if (decompressor === undefined) return source
  source.on('error', (error) => decompressor.destroy(error))
  return source.pipe(decompressor)
}

async function firstBytes(source: Readable): Promise<Buffer> {
  for await (const _ of readableTurns(source)) {
    const chunk = source.read() as Buffer | null
    if (chunk === null) continue
    source.unshift(chunk)
    return chunk
  }
  return Buffer.alloc(0)
}

/** One turn whenever the stream has something to read, until it ends. */
async function* readableTurns(source: Readable): AsyncGenerator<void> {
  while (!source.readableEnded && !source.destroyed) {
    if (source.readableLength === 0) {
      const isOver = await new Promise<boolean>((resolve, reject) => {
        source
          .once('readable', () => resolve(false))
          .once('end', () => resolve(true))
          .once('error', reject)
      })
      if (isOver) return
    }
    yield
  }
}
