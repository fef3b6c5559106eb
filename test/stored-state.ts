/** What a stopped Millrace has in its data directory, read without code of Millrace, so that two runs can be compared. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { dataDirectory } from '../src/runtime/data-directory.ts'
import { readLakeLines } from './crash/read-lake-lines.ts'

export type StoredDocument = { space: string; key: string; value: string }

/** In the order of their spaces and keys. */
export function storedDocuments(data: string): StoredDocument[] {
  const db = new DatabaseSync(dataDirectory(data).storePath, { readOnly: true })
  const rows = db
    .prepare(
      'select spaces.name as space, key, value from documents join spaces on spaces.id = documents.space order by spaces.name, key',
    )
    .all()
  db.close()
  return rows.map(({ space, key, value }) => ({ space: String(space), key: String(key), value: String(value) }))
}

/** The lines of `millrace/events`, in the order of the log. */
export async function filedEvents(data: string): Promise<string[]> {
  const lines = await readLakeLines(join(dataDirectory(data).lakePath, 'millrace/events'))
  const placed = lines.map((line) => {
    const { position, index } = JSON.parse(line) as { position: number; index: number }
    return { line, position, index }
  })
  // Stable: the events of one input keep their order.
  return placed.toSorted((a, b) => a.position - b.position || a.index - b.index).map(({ line }) => line)
}

/** Everything but the log: what a replay has to make anew. */
export function removeAllButLog(data: string): void {
  const { storePath, lakePath, lakeManifestPath } = dataDirectory(data)
  // The cursors stay, as they do when somebody removes what is named after store and lake: they speak of a lake that is gone.
  for (const path of [storePath, lakeManifestPath])
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true })
  rmSync(lakePath, { recursive: true, force: true })
}
