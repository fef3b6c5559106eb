/**
 * Writes the tables that hold documents anew, so that no page keeps what was deleted or replaced: a plain vacuum only marks such
 * rows as free. Each table is locked while it is copied.
 */
import type { ClientBase } from 'pg'

/** Cursors may hold what is on its way to others. */
const TABLES = ['millrace.documents', 'millrace.outputs', 'millrace.cursors']

/** Outside of a transaction: the server demands it. */
export async function scrubTables(client: ClientBase): Promise<void> {
  for (const table of TABLES) await client.query(`vacuum (full) ${table}`)
}
