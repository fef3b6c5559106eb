/** Cursors of consumers: small, independent of transactions, flushed to the disk at each save. */
import { extname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { onStoreFile, openCursorDatabase } from './store-database.ts'

const SELECT_CURSOR = 'select value from cursors where name = ?'
const UPSERT_CURSOR = 'insert into cursors (name, value) values (?, ?) on conflict (name) do update set value = excluded.value'
const SELECT_NAMES = 'select name from cursors where substr(name, 1, length(?1)) = ?1'

export class CursorFile {
  readonly #path: string
  readonly #db: DatabaseSync

  constructor(path: string) {
    this.#path = path
    this.#db = openCursorDatabase(path)
  }

  load(name: string): string | undefined {
    const row = onStoreFile(this.#path, () => this.#db.prepare(SELECT_CURSOR).get(name)) as { value: string } | undefined
    return row?.value
  }

  save(name: string, value: string): void {
    onStoreFile(this.#path, () => this.#db.prepare(UPSERT_CURSOR).run(name, value))
  }

  names(prefix: string): string[] {
    const rows = onStoreFile(this.#path, () => this.#db.prepare(SELECT_NAMES).all(prefix)) as { name: string }[]
    return rows.map(({ name }) => name)
  }

  close(): void {
    this.#db.close()
  }
}

/** The file of cursors beside the store's. */
export function cursorPath(storePath: string): string {
  return `${storePath.slice(0, storePath.length - extname(storePath).length)}-cursors${extname(storePath)}`
}
