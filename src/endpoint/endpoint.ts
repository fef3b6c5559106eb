/**
 * An endpoint: where materializations go. A SQL database holds fully reduced rows and its own checkpoint (exactly once);
 * a webhook is pushed deltas (at least once, with an idempotency key that lets the receiver make it once).
 */
import type { Json } from '../base/json.ts'
import type { SelectedField } from '../model/fields/select-fields.ts'
import type { KeyPart } from '../model/key.ts'
import type { Position } from '../log/log.ts'

export type { SelectedField }

export type TableSpec = {
  table: string
  /** Name of the collection. */
  source: string
  /** Keys first in key order, then values sorted by name, then the document (if selected). */
  fields: SelectedField[]
}

export type Row = {
  key: KeyPart[]
  /** One per `value` field, in their order. */
  values: (Json | undefined)[]
  /** The whole document as JSON text; undefined: the row is deleted. */
  document: string | undefined
  /** True when `load` found this key, so that a driver may update rather than insert. */
  exists: boolean
}

/**
 * A SQL endpoint. One owner writes at a time; all its tables advance in one transaction. Promises:
 * - `open` creates missing tables, fences out older owners, and returns the position of each table (0 when it is new).
 *   A table that exists with other columns, or was made for another materialization: `endpoint_table_conflict` with the differences.
 * - `load`, then `store`, any number of times, then `commit`: the rows and positions of one transaction become visible together
 *   or not at all. `load` sees the rows stored before it in the same transaction.
 * - A commit after another owner has opened rejects with `endpoint_fenced` and changes nothing.
 * - Rejections with `endpoint_unavailable` (retryable): the outcome is unknown; close, open anew, and go on from the positions it returns.
 * - Null characters and lone surrogates that a database cannot hold are refused with a message naming table and key, never altered.
 */
export interface TableEndpoint {
  open(tables: readonly TableSpec[]): Promise<Position[]>
  /** The stored documents (JSON text) of `keys`, in their order. At most `LOAD_KEYS_MAX` keys a call. */
  load(tableIndex: number, keys: readonly KeyPart[][]): Promise<(string | undefined)[]>
  /** Each key at most once a transaction. */
  store(tableIndex: number, rows: readonly Row[]): Promise<void>
  /** `positions`: one per table, in the order of `open`. */
  commit(positions: readonly Position[]): Promise<void>
  close(): Promise<void>
}

/** Keys per `load`: large enough that a round trip to a database server does not count, small enough for its memory. */
export const LOAD_KEYS_MAX = 5_000

/**
 * A push endpoint: it has no memory of its own. `push` resolves when the receiver has answered 2xx, and rejects with
 * `endpoint_unavailable` (retryable) otherwise; who calls it repeats with back-off, the same body and the same idempotency key.
 */
export interface PushEndpoint {
  push(message: PushMessage): Promise<void>
  close(): Promise<void>
}

export type PushMessage = {
  /** The binding's table name. */
  binding: string
  /** Documents as JSON text, never empty. */
  documents: readonly string[]
  idempotencyKey: string
  signal: AbortSignal
}
