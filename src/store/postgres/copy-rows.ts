/** Changes as rows in the binary form of `copy` (https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format"). */
import { toStored, toStoredKey } from './stored-text.ts'

export type ChangeRow = { spaceId: number; key: string; value: string | undefined }

/** Signature, flags, no extension. */
const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const TRAILER = Buffer.of(0xff, 0xff)
const COLUMNS = 3
const NULL_LENGTH = -1
const SPACE_BYTES = 4
/** Count of columns, and a length before each. */
const ROW_OVERHEAD_BYTES = 2 + COLUMNS * 4 + SPACE_BYTES
/** A socket takes about this much at once. */
const CHUNK_BYTES = 65_536

/** Chunks of about `CHUNK_BYTES`. A row without a value has null there. */
export function* copyRows(changes: Iterable<ChangeRow>): Generator<Buffer> {
  let rows: Buffer[] = [HEADER]
  let bytes = HEADER.length
  for (const change of changes) {
    const row = encodeRow(change)
    rows.push(row)
    bytes += row.length
    if (bytes < CHUNK_BYTES) continue
    yield Buffer.concat(rows)
    rows = []
    bytes = 0
  }
  rows.push(TRAILER)
  yield Buffer.concat(rows)
}

function encodeRow({ spaceId, key, value }: ChangeRow): Buffer {
  const storedKey = toStoredKey(key)
  const keyBytes = Buffer.byteLength(storedKey)
  const storedValue = value === undefined ? '' : toStored(value)
  const valueBytes = Buffer.byteLength(storedValue)
  const row = Buffer.allocUnsafe(ROW_OVERHEAD_BYTES + keyBytes + valueBytes)
  let at = row.writeInt16BE(COLUMNS, 0)
  at = row.writeInt32BE(SPACE_BYTES, at)
  at = row.writeInt32BE(spaceId, at)
  at = row.writeInt32BE(keyBytes, at)
  at += row.write(storedKey, at)
  at = row.writeInt32BE(value === undefined ? NULL_LENGTH : valueBytes, at)
  row.write(storedValue, at)
  return row
}
