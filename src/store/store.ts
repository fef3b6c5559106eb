/**
 * The store: what Millrace knows. Documents under keys, the documents that derivations publish ("outputs"), and how far
 * the log has been applied, committed together. Last stop of the transaction.
 */
import type { Position } from '../log/log.ts'

/** One change of one document; `value` is JSON text, undefined deletes. */
export type DocumentChange = { space: string; key: string; value: string | undefined }

/** Published documents of one collection from one transaction, in the order of publishing. */
export type OutputBatch = {
  collection: string
  /** The batch reflects the log entries after `after` up to and including `through`. */
  after: Position
  through: Position
  /** `appendedAt` of the entry at `through`. */
  appendedAt: number
  /** An encoded document batch (model/document-batch.ts). */
  payload: Uint8Array
}

/** How far a derivation has applied the log. */
export type Checkpoint = { task: string; position: Position }

export type Transaction = {
  documents: DocumentChange[]
  outputs: OutputBatch[]
  checkpoints: Checkpoint[]
}

/** The right to commit, won by `acquire`; it ends when another owner acquires the same partition. */
export type Ownership = {
  fence: number
  /** Positions by task, as last committed. */
  checkpoints: Map<string, Position>
}

/**
 * Promises:
 * - `commit` is atomic: documents, outputs and checkpoints of a transaction become visible together or not at all, also when
 *   the process or the database dies meanwhile. When it rejects with `store_unavailable` the outcome is unknown: acquire again
 *   and look at the checkpoints.
 * - `commit` with a fence older than the latest `acquire` rejects with `store_fenced` and changes nothing.
 * - A crash of the machine may undo the latest commits as a whole, newest first (they can be replayed from the log), never a part.
 * - `load`, `readOutputs` and `loadCursor` see every commit that has resolved; they may run while a commit runs.
 * - A transaction names each document at most once; outputs of a collection come with growing `through`.
 * - One commit at a time: calling `commit` before the previous one has settled is a bug.
 * - Spaces, keys and values are any well-formed strings, NUL included; keys are compared exactly (no folding, no collation).
 * - Cursors are independent of transactions, durable when `saveCursor` resolves, and the last write wins.
 */
export interface Store {
  /** Fences out every earlier owner of `partition` and returns the committed checkpoints. */
  acquire(partition: string): Promise<Ownership>
  /** Values in the order of `keys`; undefined where there is none. */
  load(space: string, keys: readonly string[]): Promise<(string | undefined)[]>
  commit(partition: string, fence: number, transaction: Transaction): Promise<void>
  /** Outputs of a collection with `through` > `after`, in order, until `maxBytes` of payload (at least one when there is any). */
  readOutputs(collection: string, after: Position, maxBytes: number): Promise<OutputBatch[]>
  /** Committed checkpoints of every task, for readers that own nothing. */
  checkpoints(): Promise<Map<string, Position>>
  loadCursor(name: string): Promise<string | undefined>
  saveCursor(name: string, value: string): Promise<void>
  close(): Promise<void>
}

/** The store as those see it who own nothing: followers of outputs, with cursors of their own. */
export type StoreReader = Pick<Store, 'load' | 'readOutputs' | 'checkpoints' | 'loadCursor' | 'saveCursor' | 'close'>
