/**
 * Request bodies: collected and decompressed within limits, before anybody parses them. The limits hold for one body, before and
 * after decompression, and for all bodies that are held at once.
 */
import { Buffer, isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib'
import { MillraceError } from '../base/errors.ts'

type BodyLimits = { bodyBytesMax: number; heldBytesMax: number }

/** Narrower limits of one request. */
type RequestLimits = {
  /** Before and after decompression. */
  bytesMax?: number
  /** How many times larger a body may become by decompression. */
  ratioMax?: number
}

type Decompress = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>

const DECOMPRESS: Record<string, Decompress> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
}

export class BodyReader {
  readonly #limits: BodyLimits
  #heldBytes = 0

  constructor(limits: BodyLimits) {
    this.#limits = limits
  }

  /**
   * What `work` makes of the whole body. Throws `body_too_large`, `body_invalid` (the body breaks off, is not what its encoding
   * says), `content_type_unsupported` (unknown encoding) and `server_busy`.
   */
  async use<T>(request: IncomingMessage, work: (body: Buffer) => Promise<T>, limits: RequestLimits = {}): Promise<T> {
    const held = { bytes: 0 }
    const hold = (bytes: number) => this.#hold(held, bytes)
    const bytesMax = Math.min(this.#limits.bodyBytesMax, limits.bytesMax ?? Number.POSITIVE_INFINITY)
    try {
      const body = await collect(request, bytesMax, hold)
      const plainBytesMax = Math.min(bytesMax, ratioLimit(body, limits.ratioMax))
      const plain = await decompress(request, body, plainBytesMax)
      if (plain !== body) hold(plain.length)
      return await work(plain)
    } finally {
      this.#heldBytes -= held.bytes
    }
  }

  #hold(held: { bytes: number }, bytes: number): void {
    if (this.#heldBytes + bytes > this.#limits.heldBytesMax) {
      throw new MillraceError('server_busy', 'Too many request bodies are being read at once.', {
        hint: 'Send the request again a little later.',
        retryable: true,
      })
    }
    this.#heldBytes += bytes
    held.bytes += bytes
  }
}

/** Small bodies may grow to this in any case: the ratio says nothing about them. */
const RATIO_FREE_BYTES = 1024 * 1024

function ratioLimit(body: Buffer, ratioMax: number | undefined): number {
  return ratioMax === undefined ? Number.POSITIVE_INFINITY : Math.max(RATIO_FREE_BYTES, body.length * ratioMax)
}

/** Reads on without keeping anything once the body is refused, so that the client gets to see the answer. */
function collect(request: IncomingMessage, bytesMax: number, hold: (bytes: number) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let sizeBytes = 0
    const refuse = (error: unknown) => {
      chunks.length = 0
      request.removeAllListeners('data').resume()
      reject(error)
    }
    if (Number(request.headers['content-length'] ?? 0) > bytesMax) return refuse(tooLarge(bytesMax))
    request.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length
      if (sizeBytes > bytesMax) return refuse(tooLarge(bytesMax))
      try {
        hold(chunk.length)
        chunks.push(chunk)
      } catch (error) {
        refuse(error)
      }
    })
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
    request.on('error', (cause) => reject(new MillraceError('body_invalid', 'The request body breaks off.', { cause })))
    request.on('close', () => {
      if (!request.complete) reject(new MillraceError('body_invalid', 'The request body breaks off.'))
    })
  })
}

/** The body itself when it is not compressed. */
async function decompress(request: IncomingMessage, body: Buffer, bytesMax: number): Promise<Buffer> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (encoding === 'identity' || encoding === '') return body
  const decompressBytes = Object.hasOwn(DECOMPRESS, encoding) ? DECOMPRESS[encoding] : undefined
  if (decompressBytes === undefined) {
    throw new MillraceError('content_type_unsupported', `The content encoding "${encoding}" is not supported.`, {
      hint: 'Use gzip, deflate, br or zstd.',
    })
  }
  try {
    return await decompressBytes(body, { maxOutputLength: bytesMax })
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge(bytesMax)
    throw new MillraceError('body_invalid', `The request body is not valid ${encoding}, or breaks off.`, { cause })
  }
}

function tooLarge(bytesMax: number): MillraceError {
  return new MillraceError('body_too_large', `The request body is larger than ${bytesMax} bytes.`, {
    hint: 'The limit holds before and after decompression. Send the documents in several requests.',
  })
}

/** The text of a body, without a byte order mark. Throws `body_invalid`. */
export function decodeText(body: Buffer): string {
  if (!isUtf8(body)) throw new MillraceError('body_invalid', 'The request body is not valid UTF-8.')
  const hasByteOrderMark = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf
  return body.toString('utf8', hasByteOrderMark ? 3 : 0)
}
