/** The store in PostgreSQL, in the schema `millrace` of a database, for when one machine is too small. */
import { Pool, type ClientBase, type PoolClient } from 'pg'
import { invariant, MillraceError } from '../../base/errors.ts'
import type { Position } from '../../log/log.ts'
import type { KeyRange, OutputBatch, Ownership, Store, StoredDocument, Transaction } from '../store.ts'
import { scrubTables } from './scrub-tables.ts'
import { loadDocuments } from './load-documents.ts'
import { migrate } from './migrate.ts'
import { describeFailure } from './postgres-failure.ts'
import { readOutputs } from './read-outputs.ts'
import { scanDocuments } from './scan-documents.ts'
import { fromStored, toStored } from './stored-text.ts'
import { writeDocuments } from './write-documents.ts'
import { writeOutputs } from './write-outputs.ts'

const ACQUIRE = `
  insert into millrace.owners as owner (partition, fence) values ($1, 1)
  on conflict (partition) do update set fence = owner.fence + 1
  returning fence::float8
`
/** The lock makes the next owner wait until this commit is done. */
const SELECT_FENCE = 'select fence::float8 from millrace.owners where partition = $1 for update'
const SELECT_CHECKPOINTS = 'select task, position::float8 from millrace.checkpoints'
const UPSERT_CHECKPOINT = `
  insert into millrace.checkpoints (task, position) values ($1, $2)
  on conflict (task) do update set position = excluded.position
`
const SELECT_CURSOR = 'select value from millrace.cursors where name = $1'
const SELECT_CURSOR_NAMES = 'select name from millrace.cursors where starts_with(name, $1)'
const UPSERT_CURSOR = `
  insert into millrace.cursors (name, value) values ($1, $2)
  on conflict (name) do update set value = excluded.value
`

/** A commit, a load, an output reader and a cursor may run at once; more would wait for each other anyway. */
const CONNECTIONS_MAX = 4
/** A server that does not answer by then counts as away. */
const CONNECT_MS = 10_000
/**
 * The transaction of a process that froze or lost its network ends by itself, so that the next owner need not wait for long. Everything
 * is found by primary keys, in their order; without statistics of a new table the planner would gather and sort all that follows for each
 * page of a scan (measured: 24 ms instead of 0.6 for 1,000 of 400,000 documents; loads and commits as before).
 */
const SESSION_SETTINGS = [
  '-c idle_in_transaction_session_timeout=60s -c tcp_keepalives_idle=15 -c tcp_keepalives_interval=5',
  '-c enable_bitmapscan=off',
].join(' ')

/** Makes the tables when they are missing. `url` is `postgres://user:password@host:port/database`. */
export async function openPostgresStore({ url }: { url: string }): Promise<Store> {
  const pool = new Pool({
    connectionString: url,
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: CONNECT_MS,
    options: SESSION_SETTINGS,
    application_name: 'millrace',
  })
  // An idle connection that breaks is replaced when one is needed; whoever needs it hears of what fails then.
  pool.on('error', () => undefined)
  const store = new PostgresStore(pool, new URL(url).host)
  try {
    await store.prepare()
  } catch (error) {
    await store.close()
    throw error
  }
  return store
}

class PostgresStore implements Store {
  readonly #pool: Pool
  /** For messages: host and port, without the password. */
  readonly #server: string
  #isCommitting = false

  constructor(pool: Pool, server: string) {
    this.#pool = pool
    this.#server = server
  }

  prepare(): Promise<void> {
    return this.#withClient(migrate)
  }

  acquire(partition: string): Promise<Ownership> {
    return this.#transact(async (client) => {
      const { rows } = await client.query<{ fence: number }>(ACQUIRE, [partition])
      invariant(rows[0], 'an acquired partition has a fence')
      return { fence: rows[0].fence, checkpoints: await selectCheckpoints(client) }
    })
  }

  load(space: string, keys: readonly string[]): Promise<(string | undefined)[]> {
    return this.#attempt(() => loadDocuments(this.#pool, space, keys))
  }

  scan(space: string, range: KeyRange, limit: number): Promise<StoredDocument[]> {
    return this.#attempt(() => scanDocuments(this.#pool, space, { range, limit }))
  }

  async commit(partition: string, fence: number, transaction: Transaction): Promise<void> {
    invariant(!this.#isCommitting, 'a commit begins after the one before has settled')
    this.#isCommitting = true
    try {
      await this.#transact(async (client) => {
        await requireFence(client, partition, fence)
        await writeDocuments(client, transaction.documents)
        await writeOutputs(client, transaction)
        for (const { task, position } of transaction.checkpoints) await client.query(UPSERT_CHECKPOINT, [task, position])
      })
    } finally {
      this.#isCommitting = false
    }
  }

  readOutputs(collection: string, after: Position, maxBytes: number): Promise<OutputBatch[]> {
    return this.#attempt(() => readOutputs(this.#pool, collection, { after, maxBytes }))
  }

  checkpoints(): Promise<Map<string, Position>> {
    return this.#attempt(() => selectCheckpoints(this.#pool))
  }

  loadCursor(name: string): Promise<string | undefined> {
    return this.#attempt(async () => {
      const { rows } = await this.#pool.query<{ value: string }>(SELECT_CURSOR, [name])
      return rows[0] && fromStored(rows[0].value)
    })
  }

  async saveCursor(name: string, value: string): Promise<void> {
    await this.#attempt(() => this.#pool.query(UPSERT_CURSOR, [name, toStored(value)]))
  }

  cursorNames(prefix: string): Promise<string[]> {
    return this.#attempt(async () => {
      const { rows } = await this.#pool.query<{ name: string }>(SELECT_CURSOR_NAMES, [prefix])
      return rows.map(({ name }) => name)
    })
  }

  async scrub(): Promise<void> {
    await this.#withClient(scrubTables)
  }

  close(): Promise<void> {
    return this.#pool.end()
  }

  #transact<Result>(work: (client: ClientBase) => Promise<Result>): Promise<Result> {
    return this.#withClient(async (client) => {
      await client.query('begin')
      const result = await work(client)
      await client.query('commit')
      return result
    })
  }

  /** After a failure the connection is dropped: the server rolls back, and nobody inherits its state. */
  async #withClient<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    return this.#attempt(async () => {
      const client = await this.#pool.connect()
      try {
        const result = await work(client)
        client.release()
        return result
      } catch (error) {
        client.release(true)
        throw error
      }
    })
  }

  async #attempt<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      throw describeFailure(error, this.#server) ?? error
    }
  }
}

async function selectCheckpoints(client: ClientBase | Pool): Promise<Map<string, Position>> {
  const { rows } = await client.query<{ task: string; position: Position }>(SELECT_CHECKPOINTS)
  return new Map(rows.map(({ task, position }) => [task, position]))
}

async function requireFence(client: ClientBase, partition: string, fence: number): Promise<void> {
  const { rows } = await client.query<{ fence: number }>(SELECT_FENCE, [partition])
  if (rows[0]?.fence === fence) return
  throw new MillraceError(
    'store_fenced',
    `Partition "${partition}" has another owner (fence ${rows[0]?.fence ?? 'none'}, ours ${fence}).`,
    {
      hint: 'Only one process may apply a partition; this one stops, and the newer one goes on.',
    },
  )
}
