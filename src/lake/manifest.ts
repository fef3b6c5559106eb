/**
 * The manifest: which fragments the lake has and how far each collection has been filed, in one SQLite file. A fragment
 * belongs to the lake from the moment it is recorded here; its file gets its final name afterwards.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { onSqliteFile, type SqliteFile } from '../base/sqlite-failure.ts'
import type { PartitionPath } from '../model/partition.ts'
import type { Position } from '../log/log.ts'
import type { RedactionOutcome } from './redaction.ts'

export type FragmentRecord = {
  collection: string
  partition: PartitionPath
  begin: number
  end: number
  sha1: string
  /** Relative to the lake's directory. */
  path: string
  documents: number
  /** Of the compressed file. */
  fileBytes: number
  /** Log positions that its first and last document come from. */
  firstPosition: Position
  lastPosition: Position
  /** Name among the open files until the file has its final name; null from then on. */
  temporary: string | null
}

/** Where a journal ends: the next fragment begins at `end`, and documents up to `lastPosition` are filed. */
export type JournalTail = { end: number; lastPosition: Position }

const SCHEMA = `
  create table if not exists fragments (
    collection text not null,
    partition text not null,
    begin integer not null,
    end integer not null,
    sha1 text not null,
    path text not null unique,
    documents integer not null,
    file_bytes integer not null,
    first_position integer not null,
    last_position integer not null,
    temporary text,
    primary key (collection, partition, begin)
  ) strict, without rowid;
  create index if not exists unpublished_fragments on fragments (temporary) where temporary is not null;
  create table if not exists cursors (collection text primary key, position integer not null) strict, without rowid;
  create table if not exists replacements (path text primary key, replaced text not null) strict, without rowid;
  create table if not exists redactions (
    id text primary key,
    fragments integer not null,
    lines integer not null,
    is_complete integer not null
  ) strict, without rowid;
`

const ADD_REDACTION = `
  insert into redactions values (:id, :fragments, :lines, :isComplete)
  on conflict (id) do update set
    fragments = fragments + excluded.fragments,
    lines = lines + excluded.lines,
    is_complete = max(is_complete, excluded.is_complete)
`

const COLUMNS = `collection, partition, begin, end, sha1, path, documents, file_bytes as fileBytes,
  first_position as firstPosition, last_position as lastPosition, temporary`

/** A reader (`lake verify`) holds the file for moments only. */
const BUSY_TIMEOUT_MS = 10_000

export class Manifest {
  readonly #file: SqliteFile
  readonly #db: DatabaseSync
  readonly #tail: StatementSync

  private constructor(file: SqliteFile, db: DatabaseSync) {
    this.#file = file
    this.#db = db
    this.#tail = db.prepare(
      `select end, last_position as lastPosition from fragments where collection = ? and partition = ?
       order by begin desc limit 1`,
    )
  }

  /** Opens for the one writer, creating what is missing; a commit is on stable storage when it returns. */
  static open(path: string): Manifest {
    const file = manifestFile(path)
    return onSqliteFile(file, () => {
      const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS })
      db.exec('pragma journal_mode = wal; pragma synchronous = full;')
      db.exec(SCHEMA)
      return new Manifest(file, db)
    })
  }

  /** Opens for reading, also while the writer runs. The file must exist. */
  static openForReading(path: string): Manifest {
    const file = manifestFile(path)
    return onSqliteFile(file, () => new Manifest(file, new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, readOnly: true })))
  }

  /** Documents of the collection up to this position are all in recorded fragments. */
  cursor(collection: string): Position {
    const row = this.#try(() => this.#db.prepare('select position from cursors where collection = ?').get(collection))
    return row === undefined ? 0 : Number(row['position'])
  }

  tail(collection: string, partition: PartitionPath): JournalTail | undefined {
    const row = this.#try(() => this.#tail.get(collection, partition))
    return row && { end: Number(row['end']), lastPosition: Number(row['lastPosition']) }
  }

  /** Adds fragments and moves cursors, in one transaction. */
  record(fragments: readonly FragmentRecord[], cursors: ReadonlyMap<string, Position>): void {
    this.#inTransaction(() => {
      const insert = this.#db.prepare(
        `insert into fragments values
         (:collection, :partition, :begin, :end, :sha1, :path, :documents, :fileBytes, :firstPosition, :lastPosition, :temporary)`,
      )
      const move = this.#db.prepare(
        'insert into cursors values (?, ?) on conflict (collection) do update set position = excluded.position',
      )
      for (const fragment of fragments) insert.run(fragment)
      for (const [collection, position] of cursors) move.run(collection, position)
    })
  }

  /** Fragments that are recorded, but perhaps not at their final place yet. */
  unpublished(): FragmentRecord[] {
    return this.#select('where temporary is not null order by temporary')
  }

  markPublished(fragments: readonly FragmentRecord[]): void {
    this.#inTransaction(() => {
      const mark = this.#db.prepare('update fragments set temporary = null where path = ?')
      const forget = this.#db.prepare('delete from replacements where path = ?')
      for (const { path } of fragments) {
        mark.run(path)
        forget.run(path)
      }
    })
  }

  /** Puts `next` in the place of a published fragment, unpublished yet, and counts it for the redaction, in one transaction. */
  replace(old: FragmentRecord, next: FragmentRecord, { redaction, lines }: { redaction: string; lines: number }): void {
    this.#inTransaction(() => {
      const { path, sha1, fileBytes, temporary } = next
      this.#db
        .prepare('update fragments set path = ?, sha1 = ?, file_bytes = ?, temporary = ? where path = ?')
        .run(path, sha1, fileBytes, temporary, old.path)
      this.#db.prepare('insert into replacements values (?, ?)').run(path, old.path)
      this.#db.prepare(ADD_REDACTION).run({ id: redaction, fragments: 1, lines, isComplete: 0 })
    })
  }

  /** The path that an unpublished fragment takes over; undefined for one that is new. */
  replacedBy(path: string): string | undefined {
    const row = this.#try(() => this.#db.prepare('select replaced from replacements where path = ?').get(path))
    return row && String(row['replaced'])
  }

  completeRedaction(id: string, counts: { fragments: number; lines: number }): void {
    this.#inTransaction(() => this.#db.prepare(ADD_REDACTION).run({ id, ...counts, isComplete: 1 }))
  }

  /** What a redaction has done so far; undefined when nothing. */
  redaction(id: string): RedactionOutcome | undefined {
    const row = this.#try(() => this.#db.prepare('select fragments, lines, is_complete from redactions where id = ?').get(id))
    return row && { fragments: Number(row['fragments']), lines: Number(row['lines']), isComplete: row['is_complete'] === 1 }
  }

  /** Of one collection, those that hold documents behind a position. By partition and begin. */
  fragmentsBehind(collection: string, position: Position): FragmentRecord[] {
    return this.#select('where collection = ? and last_position > ? order by partition, begin', collection, position)
  }

  /** By collection, partition and begin. */
  fragments(): FragmentRecord[] {
    return this.#select('order by collection, partition, begin')
  }

  get isEmpty(): boolean {
    return this.#select('limit 1').length === 0
  }

  close(): void {
    this.#db.close()
  }

  #select(clauses: string, ...values: (string | number)[]): FragmentRecord[] {
    // The columns are those of the type.
    return this.#try(() => this.#db.prepare(`select ${COLUMNS} from fragments ${clauses}`).all(...values) as FragmentRecord[])
  }

  #inTransaction(write: () => void): void {
    this.#try(() => {
      this.#db.exec('begin immediate')
      try {
        write()
        this.#db.exec('commit')
      } catch (error) {
        if (this.#db.isTransaction) this.#db.exec('rollback')
        throw error
      }
    })
  }

  #try<Result>(work: () => Result): Result {
    return onSqliteFile(this.#file, work)
  }
}

function manifestFile(path: string): SqliteFile {
  return { role: 'manifest of the lake', path, unavailable: 'lake_unavailable' }
}
