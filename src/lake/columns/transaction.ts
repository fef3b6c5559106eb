/** Transactions of the one who writes the columns. */
import type { DuckDBConnection } from '@duckdb/node-api'
import { durabilityPoint } from '../../base/durability-point.ts'

export async function inTransaction(connection: DuckDBConnection, write: () => Promise<void>): Promise<void> {
  await connection.run('begin transaction')
  try {
    await write()
    durabilityPoint('columns-written')
    await connection.run('commit')
    durabilityPoint('columns-committed')
  } catch (error) {
    // A failure that ended the transaction is the one to be told of.
    await connection.run('rollback').catch(() => undefined)
    throw error
  }
}

/** Within a transaction. */
export async function saveMeta(connection: DuckDBConnection, name: string, value: string): Promise<void> {
  await connection.run('delete from meta where name = $1', [name])
  await connection.run('insert into meta values ($1, $2)', [name, value])
}
