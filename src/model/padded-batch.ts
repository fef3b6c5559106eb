/**
 * A batch that fills exactly so many bytes: what is written over another one in place. The padding stands behind the batch, where
 * no reader looks: behind the last section, or in frames that zstd skips (RFC 8878, section 3.1.2).
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { PLAIN, ZSTD } from './document-batch.ts'

/** From fast to small: a batch from which documents were taken nearly always fits at the first. */
const LEVELS = [1, 3, 9, 19, 22]

/**
 * `batch` as `encodeBatch` made it, in exactly so many bytes; in more when it cannot be made so small, which is rare: batches shrink
 * by what is taken from them.
 */
export function padBatch(batch: Uint8Array, sizeBytes: number): Buffer {
  const bytes = Buffer.from(batch.buffer, batch.byteOffset, batch.byteLength)
  if (bytes.length <= sizeBytes) return pad(bytes, sizeBytes)
  const content = bytes[0] === ZSTD ? zstdDecompressSync(bytes.subarray(1)) : bytes.subarray(1)
  if (content.length + 1 <= sizeBytes) return pad(Buffer.concat([Buffer.of(PLAIN), content]), sizeBytes)
  for (const level of LEVELS) {
    const compressed = zstdCompressSync(content, { params: { [constants.ZSTD_c_compressionLevel]: level } })
    if (compressed.length + 1 <= sizeBytes) return pad(Buffer.concat([Buffer.of(ZSTD), compressed]), sizeBytes)
  }
  return bytes
}

const SKIPPED_FRAME = 0x184d2a50
const FRAME_HEADER_BYTES = 8

function pad(batch: Buffer, sizeBytes: number): Buffer {
  const padding = Buffer.alloc(sizeBytes - batch.length)
  if (batch[0] === ZSTD && padding.length >= FRAME_HEADER_BYTES) {
    padding.writeUInt32LE(SKIPPED_FRAME, 0)
    padding.writeUInt32LE(padding.length - FRAME_HEADER_BYTES, 4)
  }
  return Buffer.concat([batch, padding])
}
