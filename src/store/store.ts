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

/** Output batches of a collection that nobody needs any more: those whose own `through` is at or before this one. */
export type PrunedOutputs = { collection: string; through: Position }

/** Another payload for the batch of this collection that ends at `through`; its places stay. */
export type ReplacedOutput = { collection: string; through: Position; payload: Uint8Array }

export type Transaction = {
  documents: DocumentChange[]
  outputs: OutputBatch[]
  checkpoints: Checkpoint[]
  prunedOutputs?: PrunedOutputs[]
  replacedOutputs?: ReplacedOutput[]
}

/** Batches that one commit prunes of a collection: some 100 MB of payloads at most, so that pruning never makes a commit long. */
export const PRUNED_BATCHES_MAX = 1_000

/** A document of a space that is known. */
export type StoredDocument = { key: string; value: string }

/** Which keys are meant: all that every bound allows. */
export type KeyRange = {
  /** Only keys behind this one, which need not exist: the last of the page before. */
  after?: string | undefined
  /** Only this key and those behind it. */
  from?: string | undefined
  /** Only keys before this one. */
  until?: string | undefined
}

/** UTF-16 units. Some databases cannot index longer keys, and so keep them in no order. */
export const SCANNED_KEY_LENGTH_MAX = 400

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
 * - `load`, `scan`, `readOutputs` and `loadCursor` see every commit that has resolved; they may run while a commit runs.
 * - A transaction names each document at most once; outputs of a collection come with growing `through`.
 * - One commit at a time: calling `commit` before the previous one has settled is a bug.
 * - Pruned outputs are gone with the commit, the oldest first and `PRUNED_BATCHES_MAX` of a collection at most: whoever names the
 *   same place in each commit keeps up. Pruning what is not there is no error. A batch of the same commit may be pruned by it.
 * - A replaced output keeps `after`, `through` and `appendedAt`; readers get the old payload or the new one. When there is no such
 *   batch (it was pruned), nothing happens.
 * - Spaces, keys and values are any well-formed strings, NUL included; keys are compared exactly (no folding, no collation).
 * - Cursors are independent of transactions, durable when `saveCursor` resolves, and the last write wins.
 */
export interface Store {
  /** Fences out every earlier owner of `partition` and returns the committed checkpoints. */
  acquire(partition: string): Promise<Ownership>
  /** Values in the order of `keys`; undefined where there is none. */
  load(space: string, keys: readonly string[]): Promise<(string | undefined)[]>
  /**
   * The first `limit` documents of a space whose keys are in the range, in the order of their keys: that of their UTF-8 bytes, which is
   * that of their code points (`base/code-points.ts`) and, among keys of ASCII only, also that of JavaScript's `<`. Costs as much
   * as the documents that it returns. For spaces without keys longer than `SCANNED_KEY_LENGTH_MAX`; those of others are a bug.
   */
  scan(space: string, range: KeyRange, limit: number): Promise<StoredDocument[]>
  commit(partition: string, fence: number, transaction: Transaction): Promise<void>
  /** Outputs of a collection with `through` > `after`, in order, until `maxBytes` of payload (at least one when there is any). */
  readOutputs(collection: string, after: Position, maxBytes: number): Promise<OutputBatch[]>
  /** Committed checkpoints of every task, for readers that own nothing. */
  checkpoints(): Promise<Map<string, Position>>
  loadCursor(name: string): Promise<string | undefined>
  saveCursor(name: string, value: string): Promise<void>
  /** Of every cursor that was ever saved whose name begins so, in no order. */
  cursorNames(prefix: string): Promise<string[]>
  /**
   * Rewrites the files of documents and outputs, so that nothing of what earlier commits deleted or replaced is left between
   * what they hold. May be repeated, and called beside an owner, whose commits wait meanwhile (and may reject with
   * `store_unavailable`, retryable, when it takes a minute or more). Costs as much as copying the whole store, and its space.
   * What a database server keeps beyond its tables (its write-ahead log, replicas, backups) is the server's.
   */
  scrub(): Promise<void>
  close(): Promise<void>
}

/** The store as those see it who own nothing: followers of outputs, with cursors of their own. */
export type StoreReader = Pick<
  Store,
  'load' | 'scan' | 'readOutputs' | 'checkpoints' | 'loadCursor' | 'saveCursor' | 'cursorNames' | 'scrub' | 'close'
>
