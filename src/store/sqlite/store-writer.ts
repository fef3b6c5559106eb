/** Applies transactions to the file, each as one of SQLite's. Keeps the invariant that documents, outputs and checkpoints move together. */
import { durabilityPoint } from '../../base/durability-point.ts'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { MillraceError } from '../../base/errors.ts'
import type { Position } from '../../log/log.ts'
import { type Ownership, PRUNED_BATCHES_MAX } from '../store.ts'
import { SELECT_LAST_COMMIT, type LastCommit } from './last-commit.ts'
import { unpackChanges, type PackedTransaction, type SpaceChanges } from './packed-transaction.ts'
import { onStoreFile, openStoreDatabase, PAGE_BYTES, type StoreDatabaseOptions } from './store-database.ts'

const ACQUIRE = `
  insert into owners (partition, fence) values (?, 1)
  on conflict (partition) do update set fence = fence + 1
  returning fence
`
const SELECT_FENCE = 'select fence from owners where partition = ?'
const SELECT_CHECKPOINTS = 'select task, position from checkpoints'
const INSERT_SPACE = 'insert into spaces (name) values (?) on conflict (name) do update set name = name returning id'
const UPSERT_DOCUMENT = `
  insert into documents (space, key, value) values (?, ?, ?)
  on conflict (space, key) do update set value = excluded.value
`
const DELETE_DOCUMENT = 'delete from documents where space = ? and key = ?'
const INSERT_OUTPUT = 'insert into outputs (collection, through, after, appended_at, payload) values (?, ?, ?, ?, ?)'
const REPLACE_OUTPUT = 'update outputs set payload = ? where collection = ? and through = ?'
/** Looks at the oldest few only, so that a commit stays short however much there is to prune. */
const PRUNE_OUTPUTS = `
  delete from outputs
  where id in (select id from outputs where collection = ? and through <= ? order by through limit ${PRUNED_BATCHES_MAX})
`
const UPSERT_CHECKPOINT = `
  insert into checkpoints (task, position) values (?, ?)
  on conflict (task) do update set position = excluded.position
`

const UPSERT_LAST_COMMIT = `
  insert into last_commit (id, number, partition, fence) values (1, ?, ?, ?)
  on conflict (id) do update set number = excluded.number, partition = excluded.partition, fence = excluded.fence
`

/** 64 MB: pages that several small commits change are moved, and flushed, once. */
const CHECKPOINT_FROM_PAGES = 64_000_000 / PAGE_BYTES

export type Acquisition = {
  ownership: Ownership
  /** How many commits the store has seen. */
  commits: number
}

export class StoreWriter {
  readonly #path: string
  readonly #db: DatabaseSync
  readonly #upsertDocument: StatementSync
  readonly #deleteDocument: StatementSync
  readonly #spaceIds = new Map<string, number>()

  constructor(options: StoreDatabaseOptions) {
    this.#path = options.path
    this.#db = openStoreDatabase(options)
    this.#upsertDocument = this.#db.prepare(UPSERT_DOCUMENT)
    this.#deleteDocument = this.#db.prepare(DELETE_DOCUMENT)
  }

  get database(): DatabaseSync {
    return this.#db
  }

  acquire(partition: string): Acquisition {
    return this.#transact(() => {
      const { fence } = this.#db.prepare(ACQUIRE).get(partition) as { fence: number }
      const rows = this.#db.prepare(SELECT_CHECKPOINTS).all() as { task: string; position: Position }[]
      const ownership = { fence, checkpoints: new Map(rows.map(({ task, position }) => [task, position])) }
      return { ownership, commits: this.#countCommits() }
    })
  }

  /** Returns the number of the commit. */
  commit(partition: string, fence: number, transaction: PackedTransaction): number {
    const number = this.#transact(() => {
      this.#requireFence(partition, fence)
      for (const changes of unpackChanges(transaction)) this.#writeDocuments(changes)
      this.#writeOutputs(transaction)
      const upsertCheckpoint = this.#db.prepare(UPSERT_CHECKPOINT)
      for (const { task, position } of transaction.checkpoints) upsertCheckpoint.run(task, position)
      const number = this.#countCommits() + 1
      this.#db.prepare(UPSERT_LAST_COMMIT).run(number, partition, fence)
      durabilityPoint('store-written')
      return number
    })
    durabilityPoint('store-committed')
    return number
  }

  /** Moves committed pages into the main file once there are many. Nobody waits for it, so it runs after a commit was answered. */
  checkpoint(): void {
    try {
      const { log } = this.#db.prepare('pragma wal_checkpoint(noop)').get() as { log: number }
      if (log >= CHECKPOINT_FROM_PAGES) this.#db.exec('pragma wal_checkpoint(passive)')
    } catch {
      // Nothing is lost: the pages stay in the write-ahead log, and if the disk is the reason, the next commit will say so.
    }
  }

  close(): void {
    this.#db.close()
  }

  #transact<Result>(work: () => Result): Result {
    return onStoreFile(this.#path, () => {
      this.#db.exec('begin immediate')
      try {
        const result = work()
        this.#db.exec('commit')
        return result
      } catch (error) {
        this.#spaceIds.clear()
        // After some failures SQLite has rolled back by itself.
        if (this.#db.isTransaction) this.#db.exec('rollback')
        throw error
      }
    })
  }

  #countCommits(): number {
    const last = this.#db.prepare(SELECT_LAST_COMMIT).get() as LastCommit | undefined
    return last?.number ?? 0
  }

  #requireFence(partition: string, fence: number): void {
    const row = this.#db.prepare(SELECT_FENCE).get(partition) as { fence: number } | undefined
    if (row?.fence === fence) return
    throw new MillraceError(
      'store_fenced',
      `Partition "${partition}" has another owner (fence ${row?.fence ?? 'none'}, ours ${fence}).`,
      {
        hint: 'Only one process may apply a partition; this one stops, and the newer one goes on.',
      },
    )
  }

  #writeDocuments({ space, keys, values }: SpaceChanges): void {
    const spaceId = this.#spaceId(space)
    // In the order of the table: neighbours share pages, which are then found in memory.
    const order = orderOf(keys)
    for (const i of order) {
      const [key, value] = [keys[i] as string, values[i]]
      if (value === undefined) this.#deleteDocument.run(spaceId, key)
      else this.#upsertDocument.run(spaceId, key, value)
    }
  }

  #writeOutputs({ outputs, replacedOutputs, prunedOutputs }: PackedTransaction): void {
    const insert = this.#db.prepare(INSERT_OUTPUT)
    for (const { collection, through, after, appendedAt, payload } of outputs) {
      insert.run(collection, through, after, appendedAt, payload)
    }
    const replace = this.#db.prepare(REPLACE_OUTPUT)
    for (const { collection, through, payload } of replacedOutputs) replace.run(payload, collection, through)
    const prune = this.#db.prepare(PRUNE_OUTPUTS)
    for (const { collection, through } of prunedOutputs) prune.run(collection, through)
  }

  #spaceId(space: string): number {
    const known = this.#spaceIds.get(space)
    if (known !== undefined) return known
    const { id } = this.#db.prepare(INSERT_SPACE).get(space) as { id: number }
    this.#spaceIds.set(space, id)
    return id
  }
}

function orderOf(keys: readonly string[]): Uint32Array {
  return Uint32Array.from(keys, (_, i) => i).toSorted((a, b) => {
    const [keyA, keyB] = [keys[a] as string, keys[b] as string]
    return keyA < keyB ? -1 : keyA > keyB ? 1 : a - b
  })
}
