/**
 * Writes groups of appends, each in one transaction with one flush. It keeps nothing in memory between groups: whatever
 * fails, the file alone says where the log ends. Keeps the invariant that what is acknowledged is on the disk.
 */
import { durabilityPoint } from '../../base/durability-point.ts'
import { hash } from 'node:crypto'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { invariant, MillraceError } from '../../base/errors.ts'
import { IDEMPOTENCY_WINDOW_MS, type Position, type Redaction } from '../log.ts'
import type { AppendGroup, AppendOutcome } from './append-group.ts'
import { onLogFile, openLogDatabase, type LogDatabaseOptions } from './log-database.ts'

const SELECT_LAST = 'select position, appended_at from entries order by position desc limit 1'
const INSERT_ENTRY = 'insert into entries (position, appended_at, payload) values (?, ?, ?)'
const SELECT_KEY = 'select position, content_hash, appended_at from idempotency where key = ?'
const INSERT_KEY = 'insert or replace into idempotency (position, key, content_hash, appended_at) values (?, ?, ?, ?)'

/** Where sizes are equal, SQLite writes over the old bytes where they are, and moves nothing. */
const BLANK_ENTRY = 'update entries set payload = zeroblob(length(payload)) where position = ? returning length(payload) as size'
const REDACT_ENTRY = 'update entries set payload = ? where position = ?'

/** Looks at the oldest few only, so that it costs the same whether or not anything has expired. */
const DELETE_EXPIRED_KEYS = `
  delete from idempotency
  where position in (select position from idempotency order by position limit ?) and appended_at <= ?
`

/** More than one, so that the table shrinks faster than it grows. */
const KEYS_PRUNED_PER_NEW_KEY = 2

export class LogWriter {
  readonly #path: string
  readonly #db: DatabaseSync
  readonly #selectLast: StatementSync
  readonly #insertEntry: StatementSync
  readonly #blankEntry: StatementSync
  readonly #redactEntry: StatementSync
  readonly #selectKey: StatementSync
  readonly #insertKey: StatementSync
  readonly #deleteExpiredKeys: StatementSync

  constructor(options: LogDatabaseOptions) {
    const db = openLogDatabase(options)
    this.#path = options.path
    this.#db = db
    this.#selectLast = db.prepare(SELECT_LAST)
    this.#insertEntry = db.prepare(INSERT_ENTRY)
    this.#blankEntry = db.prepare(BLANK_ENTRY)
    this.#redactEntry = db.prepare(REDACT_ENTRY)
    this.#selectKey = db.prepare(SELECT_KEY)
    this.#insertKey = db.prepare(INSERT_KEY)
    this.#deleteExpiredKeys = db.prepare(DELETE_EXPIRED_KEYS)
  }

  /** For readers of a log that lives in memory. */
  get database(): DatabaseSync {
    return this.#db
  }

  /** One outcome per append, in order. When it throws, nothing of the group was written. */
  append(group: AppendGroup): AppendOutcome[] {
    return onLogFile(this.#path, () => {
      const outcomes = this.#transact(() => {
        const outcomes = this.#write(group)
        durabilityPoint('log-written')
        return outcomes
      })
      durabilityPoint('log-committed')
      return outcomes
    })
  }

  /** See the port. The write-ahead log may hold old payloads, of these entries and of earlier redactions: it is emptied. */
  redact(changes: readonly Redaction[]): void {
    onLogFile(this.#path, () => {
      const isMoved =
        changes.length > 0 && this.#transact(() => changes.map((change) => this.#redactOne(change)).includes('moved'))
      // Moving one entry copies its neighbours, and copies may stay behind in the gaps of pages.
      if (isMoved) this.#db.exec('vacuum')
      // Waits for readers, each of which takes moments.
      const { busy } = this.#db.prepare('pragma wal_checkpoint(truncate)').get() as { busy: number }
      if (busy === 0) return
      throw new MillraceError(
        'log_unavailable',
        `The log "${this.#path}" is read without a pause: its write-ahead log cannot be emptied.`,
        {
          hint: 'End the program that keeps a transaction on this file open; it is tried again.',
          retryable: true,
        },
      )
    })
  }

  close(): void {
    this.#db.close()
  }

  #transact<Result>(work: () => Result): Result {
    this.#db.exec('begin immediate')
    try {
      const result = work()
      this.#db.exec('commit')
      return result
    } catch (error) {
      // After some failures SQLite has rolled back by itself.
      if (this.#db.isTransaction) this.#db.exec('rollback')
      throw error
    }
  }

  #redactOne({ position, payload }: Redaction): 'in place' | 'moved' {
    const blanked = this.#blankEntry.get(position) as { size: number } | undefined
    invariant(blanked, `the log has an entry ${position}`)
    this.#redactEntry.run(payload, position)
    return blanked.size === payload.byteLength ? 'in place' : 'moved'
  }

  #write({ now, payloads, sizes, keys }: AppendGroup): AppendOutcome[] {
    const last = this.#selectLast.get() as { position: Position; appended_at: number } | undefined
    const appendedAt = Math.max(now, last?.appended_at ?? 0)
    let position = last?.position ?? 0
    let start = 0
    let newKeys = 0
    const outcomes = sizes.map((size, i): AppendOutcome => {
      const payload = payloads.subarray(start, (start += size))
      const key = keys[i]
      const contentHash = key === undefined ? undefined : hash('sha256', payload, 'buffer')
      const earlier = key === undefined || contentHash === undefined ? undefined : this.#findEarlier(key, contentHash, appendedAt)
      if (earlier) return earlier
      this.#insertEntry.run(++position, appendedAt, payload)
      if (key !== undefined && contentHash !== undefined) {
        this.#insertKey.run(position, key, contentHash, appendedAt)
        newKeys++
      }
      return { position, isRepeat: false }
    })
    if (newKeys > 0) this.#deleteExpiredKeys.run(newKeys * KEYS_PRUNED_PER_NEW_KEY, appendedAt - IDEMPOTENCY_WINDOW_MS)
    return outcomes
  }

  #findEarlier(key: string, contentHash: Uint8Array, now: number): AppendOutcome | undefined {
    const row = this.#selectKey.get(key) as { position: Position; content_hash: Uint8Array; appended_at: number } | undefined
    if (row === undefined || row.appended_at <= now - IDEMPOTENCY_WINDOW_MS) return undefined
    return Buffer.compare(row.content_hash, contentHash) === 0
      ? { position: row.position, isRepeat: true }
      : { isKeyReused: true }
  }
}
