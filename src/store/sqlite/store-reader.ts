/** Reads documents, outputs and checkpoints over one connection, in short transactions: none holds back the writer's checkpoints. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { invariant } from '../../base/errors.ts'
import type { Position } from '../../log/log.ts'
import type { KeyRange, OutputBatch, StoredDocument } from '../store.ts'
import type { KeyFilter } from './key-filter.ts'
import { SELECT_LAST_COMMIT, type LastCommit } from './last-commit.ts'

const SELECT_SPACE = 'select id from spaces where name = ?'
const SELECT_VALUE = 'select value from documents where space = ? and key = ?'
/** A bound of the keys may be a blob: every text comes before it. */
const SELECT_DOCUMENTS = `
  select key, value
  from documents
  where space = ? and key >= max(?, ?) and key < ?
  order by key
  limit ?
`
const SELECT_CHECKPOINTS = 'select task, position from checkpoints'
const SELECT_OUTPUTS = `
  select through, after, appended_at, payload
  from outputs
  where collection = ? and through > ?
  order by through
`

/** Appended to a key it gives the next one. */
const LEAST_CHARACTER = '\0'
const BEHIND_ALL_TEXTS = new Uint8Array()

export class StoreReader {
  readonly #db: DatabaseSync
  readonly #selectSpace: StatementSync
  readonly #selectValue: StatementSync
  readonly #selectDocuments: StatementSync
  readonly #selectOutputs: StatementSync
  readonly #selectCheckpoints: StatementSync
  readonly #selectLastCommit: StatementSync
  readonly #spaceIds = new Map<string, number>()

  constructor(db: DatabaseSync) {
    const prepare = (sql: string) => {
      const statement = db.prepare(sql)
      statement.setReturnArrays(true)
      return statement
    }
    this.#db = db
    this.#selectSpace = prepare(SELECT_SPACE)
    this.#selectValue = prepare(SELECT_VALUE)
    this.#selectDocuments = prepare(SELECT_DOCUMENTS)
    this.#selectOutputs = prepare(SELECT_OUTPUTS)
    this.#selectCheckpoints = prepare(SELECT_CHECKPOINTS)
    this.#selectLastCommit = db.prepare(SELECT_LAST_COMMIT)
  }

  load(space: string, keys: readonly string[], filter?: KeyFilter): (string | undefined)[] {
    invariant(keys.every(isWellFormed) && isWellFormed(space), 'spaces and keys of documents are well-formed strings')
    const spaceId = this.#spaceId(space)
    if (spaceId === undefined) return keys.map(() => undefined)
    // One transaction for all: SQLite would take and drop its locks for every key.
    return this.#inTransaction(keys.length, () => {
      const mayHave = filter?.mayHave(space, this.#selectLastCommit.get() as LastCommit | undefined)
      if (mayHave === undefined) return keys.map((key) => this.#loadOne(spaceId, key))
      return keys.map((key) => (mayHave(key) ? this.#loadOne(spaceId, key) : undefined))
    })
  }

  scan(space: string, { after, from = '', until }: KeyRange, limit: number): StoredDocument[] {
    invariant([space, after ?? '', from, until ?? ''].every(isWellFormed), 'spaces and keys of documents are well-formed strings')
    const spaceId = this.#spaceId(space)
    if (spaceId === undefined) return []
    const behind = after === undefined ? '' : `${after}${LEAST_CHARACTER}`
    const rows = this.#selectDocuments.all(spaceId, from, behind, until ?? BEHIND_ALL_TEXTS, limit)
    return (rows as unknown as [string, string][]).map(([key, value]) => ({ key, value }))
  }

  outputs(collection: string, after: Position, maxBytes: number): OutputBatch[] {
    const batches: OutputBatch[] = []
    let bytes = 0
    for (const row of this.#selectOutputs.iterate(collection, after)) {
      const [through, after, appendedAt, payload] = row as unknown as [number, number, number, Uint8Array]
      bytes += payload.byteLength
      if (bytes > maxBytes && batches.length > 0) break
      batches.push({ collection, after, through, appendedAt, payload })
    }
    return batches
  }

  checkpoints(): Map<string, Position> {
    return new Map(this.#selectCheckpoints.all() as unknown as [string, Position][])
  }

  #loadOne(spaceId: number, key: string): string | undefined {
    const row = this.#selectValue.get(spaceId, key) as unknown as [string] | undefined
    return row?.[0]
  }

  #inTransaction<Result>(keys: number, work: () => Result): Result {
    if (this.#db.isTransaction || keys === 1) return work()
    this.#db.exec('begin')
    try {
      return work()
    } finally {
      // After some failures SQLite has ended it by itself.
      if (this.#db.isTransaction) this.#db.exec('commit')
    }
  }

  #spaceId(space: string): number | undefined {
    const known = this.#spaceIds.get(space)
    if (known !== undefined) return known
    const row = this.#selectSpace.get(space) as unknown as [number] | undefined
    if (row) this.#spaceIds.set(space, row[0])
    return row?.[0]
  }
}

function isWellFormed(text: string): boolean {
  return text.isWellFormed()
}
