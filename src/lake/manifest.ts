/**
 * The manifest: which fragments the lake has and how far each collection has been filed, in one SQLite file. A fragment
 * belongs to the lake from the moment it is recorded here; its file gets its final name afterwards.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { onSqliteFile, type SqliteFile } from '../base/sqlite-failure.ts'
import type { PartitionPath } from '../model/partition.ts'
import type { Position } from '../log/log.ts'

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
      for (const { path } of fragments) mark.run(path)
    })
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

  #select(clauses: string): FragmentRecord[] {
    // The columns are those of the type.
    return this.#try(() => this.#db.prepare(`select ${COLUMNS} from fragments ${clauses}`).all() as FragmentRecord[])
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
