/**
 * The log: every input in one durable order. First stop in the life of an event, and the one thing that
 * everything else can be rebuilt from.
 */

/** Place of an entry in its partition of the log: 1 for the first, growing, never renumbered; 0 means "before all". */
export type Position = number

export type LogEntry = {
  position: Position
  /** When it was appended, milliseconds since the epoch; never earlier than that of the entry before. */
  appendedAt: number
  /** The bytes as they were appended; what they mean is not the log's concern. */
  payload: Uint8Array
}

export type AppendRequest = {
  payload: Uint8Array
  /** Makes the client's repeats harmless: see `append`. 1 to 255 characters. */
  idempotencyKey?: string
}

export type AppendReceipt = {
  position: Position
  /** True when this key was appended before: `position` is that of the first time, and nothing was written. */
  isRepeat: boolean
}

export type ReadLimits = {
  /** Stop before the entries together exceed this size; the first entry is always returned. */
  maxBytes: number
  /** Return no entry after this position. */
  through?: Position
}

/**
 * New bytes for an entry that is there. As many as it has (padded in a way that readers of the payload know) are written in place;
 * any other number makes the log write its files anew, which takes as long as copying them.
 */
export type Redaction = { position: Position; payload: Uint8Array }

/**
 * Promises, for one partition:
 * - `append` resolves only when the entry is on stable storage (fsync, or a quorum of replicas). When it rejects, the
 *   entry may or may not be there; with an idempotency key the caller can simply append again.
 * - Entries are ordered as their appends were called, positions grow by exactly one, and what was read once never changes, but
 *   for redaction.
 * - Of two appends with one idempotency key within `IDEMPOTENCY_WINDOW_MS` only the first writes, also across restarts and
 *   when both run at once. With other content the second rejects with `idempotency_key_reused`. What was redacted counts as the
 *   content that was appended.
 * - `read` sees every entry whose append has resolved in this process, and each entry whole or not at all.
 * - Any number of appends and reads may run at once; concurrent appends share a flush.
 * - `redact` writes new payloads over old ones; positions and times stay. All changes of a call happen or none, and a reader sees
 *   an entry as it was or as it is, never a mixture. When it resolves that is on stable storage, and **no byte of an old payload
 *   is left** in anything that the log keeps, also of earlier calls that died halfway: repeat a call that failed, or call it
 *   without changes. Naming an entry that is not there is a bug.
 * - A failed write (`disk_full`, `log_unavailable`, both retryable) leaves the log as it was, and later appends can succeed.
 */
export interface Log {
  append(request: AppendRequest): Promise<AppendReceipt>
  /** For what must be forgotten, and for nothing else: see above. */
  redact(changes: readonly Redaction[]): Promise<void>
  /** Entries after `after`, in order; an empty list when there is none. */
  read(after: Position, limits: ReadLimits): Promise<LogEntry[]>
  /** Position of the last durable entry, 0 when the log is empty. */
  head(): Promise<Position>
  close(): Promise<void>
}

/** The log as those see it who only follow it. */
export type LogReader = Pick<Log, 'read' | 'head' | 'close'>

/** A week: longer than any client retries one request. */
export const IDEMPOTENCY_WINDOW_MS = 7 * 24 * 60 * 60 * 1000
