/**
 * Writes groups of appends, each in one transaction with one flush. It keeps nothing in memory between groups: whatever
 * fails, the file alone says where the log ends. Keeps the invariant that what is acknowledged is on the disk.
 */
import { durabilityPoint } from '../../base/durability-point.ts'
import { hash } from 'node:crypto'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { IDEMPOTENCY_WINDOW_MS, type Position } from '../log.ts'
import type { AppendGroup, AppendOutcome } from './append-group.ts'
import { onLogFile, openLogDatabase, type LogDatabaseOptions } from './log-database.ts'

const SELECT_LAST = 'select position, appended_at from entries order by position desc limit 1'
const INSERT_ENTRY = 'insert into entries (position, appended_at, payload) values (?, ?, ?)'
const SELECT_KEY = 'select position, content_hash, appended_at from idempotency where key = ?'
const INSERT_KEY = 'insert or replace into idempotency (position, key, content_hash, appended_at) values (?, ?, ?, ?)'

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
  readonly #selectKey: StatementSync
  readonly #insertKey: StatementSync
  readonly #deleteExpiredKeys: StatementSync

  constructor(options: LogDatabaseOptions) {
    const db = openLogDatabase(options)
    this.#path = options.path
    this.#db = db
    this.#selectLast = db.prepare(SELECT_LAST)
    this.#insertEntry = db.prepare(INSERT_ENTRY)
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
      this.#db.exec('begin immediate')
      try {
        const outcomes = this.#write(group)
        durabilityPoint('log-written')
        this.#db.exec('commit')
        durabilityPoint('log-committed')
        return outcomes
      } catch (error) {
        // After some failures SQLite has rolled back by itself.
        if (this.#db.isTransaction) this.#db.exec('rollback')
        throw error
      }
    })
  }

  close(): void {
    this.#db.close()
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
