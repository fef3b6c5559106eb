import { existsSync } from 'node:fs'
import { Command } from 'commander'
import { MillraceError, messageOf } from '../base/errors.ts'

/** `millrace query`: a look into a SQLite file that materializations keep, on machines without a SQLite shell. */
export function queryCommand(): Command {
  return new Command('query')
    .description('Runs a query on a SQLite database that materializations keep (read-only)')
    .argument('<database>', 'path of the database file')
    .argument('<sql>', 'the query')
    .option('--json', 'print the rows as JSON')
    .action(async (database: string, sql: string, { json }: { json?: true }) => {
      const rows = await readRows(database, sql)
      if (json) return console.log(JSON.stringify(rows, null, 2))
      const { textTable } = await import('./text-table.ts')
      console.log(rows.length === 0 ? 'No rows.' : textTable(rows))
    })
}

async function readRows(database: string, sql: string): Promise<Record<string, unknown>[]> {
  if (!existsSync(database)) {
    throw new MillraceError('usage_invalid', `There is no database "${database}".`, {
      hint: 'A materialization makes it when it first runs: start the engine, then ask again.',
    })
  }
  const { DatabaseSync } = await import('node:sqlite')
  const db = new DatabaseSync(database, { readOnly: true, timeout: 5_000 })
  try {
    return db.prepare(sql).all()
  } catch (cause) {
    throw new MillraceError('usage_invalid', `The query failed: ${messageOf(cause)}.`, { cause })
  } finally {
    db.close()
  }
}
