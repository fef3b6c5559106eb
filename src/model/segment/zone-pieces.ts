/**
 * The offsets of a time zone as a row of pieces. They come from `Temporal`, once for each year or so that is asked for, so that
 * nothing on the hot path touches it.
 */
import { Temporal } from 'temporal-polyfill'
import type { Millis } from '../profile/entity.ts'

/** An offset, and the span [from, until) in which it holds. Neighbours may have the same one. */
export type ZonePiece = { from: Millis; until: Millis; offset: number }

/** Some 400 days: a bucket has few pieces. */
const BUCKET_MS = 2 ** 35
/** Some 1,100 years of one zone; then the cache begins anew. */
const BUCKETS_MAX = 1_000
/** Whole buckets about which `Temporal` can tell everything. */
const BUCKETS_END = Math.floor(8.64e15 / BUCKET_MS) - 1
/** From here on, and before as much of the negative (about 270,000 years), the offset is taken for 0. */
export const PIECES_END: Millis = BUCKETS_END * BUCKET_MS

/** The usual way to write a zone's name; undefined for offsets and for what is no zone. */
export function findZoneName(id: string): string | undefined {
  if (!/^[a-z]/i.test(id)) return undefined
  try {
    return new Temporal.ZonedDateTime(0n, id).timeZoneId
  } catch {
    return undefined
  }
}

/** `id`: a name that `findZoneName` gave. The answer: the piece in which an instant lies; cheap when asked again for the same year. */
export function zonePieces(id: string): (t: Millis) => ZonePiece {
  const buckets = new Map<number, ZonePiece[]>()
  return (t) => {
    const number = Math.floor(t / BUCKET_MS)
    let bucket = buckets.get(number)
    if (!bucket) {
      if (!(number >= -BUCKETS_END && number < BUCKETS_END)) return outside(t)
      if (buckets.size >= BUCKETS_MAX) buckets.clear()
      bucket = piecesOfBucket(id, number * BUCKET_MS)
      buckets.set(number, bucket)
    }
    return pieceOf(bucket, t)
  }
}

function pieceOf(bucket: readonly ZonePiece[], t: Millis): ZonePiece {
  for (const piece of bucket) if (t < piece.until) return piece
  return outside(t)
}

function outside(t: Millis): ZonePiece {
  return t > 0 ? { from: PIECES_END, until: Infinity, offset: 0 } : { from: -Infinity, until: -PIECES_END, offset: 0 }
}

function piecesOfBucket(id: string, start: Millis): ZonePiece[] {
  const end = start + BUCKET_MS
  const pieces: ZonePiece[] = []
  let moment = new Temporal.ZonedDateTime(BigInt(start) * 1_000_000n, id)
  for (let from = start; from < end;) {
    const next = moment.getTimeZoneTransition('next')
    const until = Math.min(next?.epochMilliseconds ?? end, end)
    pieces.push({ from, until, offset: moment.offsetNanoseconds / 1e6 })
    if (!next) break
    moment = next
    from = until
  }
  return pieces
}
