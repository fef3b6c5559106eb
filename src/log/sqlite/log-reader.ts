/** Reads entries over one connection. Every read is a short transaction of its own, so it never holds back the writer's checkpoints. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { LogEntry, Position, ReadLimits } from '../log.ts'

const SELECT_ENTRIES = `
  select position, appended_at, payload
  from entries
  where position > ? and position <= ?
  order by position
`

const SELECT_HEAD = 'select coalesce(max(position), 0) from entries'

export class LogReader {
  readonly #selectEntries: StatementSync
  readonly #selectHead: StatementSync

  constructor(db: DatabaseSync) {
    this.#selectEntries = db.prepare(SELECT_ENTRIES)
    this.#selectEntries.setReturnArrays(true)
    this.#selectHead = db.prepare(SELECT_HEAD)
    this.#selectHead.setReturnArrays(true)
  }

  read(after: Position, { maxBytes, through = Number.MAX_SAFE_INTEGER }: ReadLimits): LogEntry[] {
    const entries: LogEntry[] = []
    let bytes = 0
    for (const row of this.#selectEntries.iterate(after, through)) {
      const [position, appendedAt, payload] = row as unknown as [number, number, Uint8Array]
      bytes += payload.byteLength
      if (bytes > maxBytes && entries.length > 0) break
      entries.push({ position, appendedAt, payload })
    }
    return entries
  }

  head(): Position {
    const [head] = this.#selectHead.get() as unknown as [number]
    return head
  }
}
