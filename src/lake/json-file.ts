/** Small JSON files that are replaced as a whole: durable when written, a crash leaves the old one or the new one. For their owner only. */
import { open, readdir, readFile, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Json } from '../base/json.ts'
import { createDirectory, moveDurably, syncDirectory } from './durable-files.ts'

/** They name people, or keep salts. */
const OWNER_ONLY = 0o600
const EXTENSION = '.json'

export class JsonFile {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** Undefined when there is none. */
  async read(): Promise<Json | undefined> {
    const text = await readFile(this.#path, 'utf8').catch(nothingWhenMissing)
    return text === undefined ? undefined : (JSON.parse(text) as Json)
  }

  /** One write at a time. */
  async write(value: Json): Promise<void> {
    const temporary = `${this.#path}.new`
    await createDirectory(dirname(this.#path))
    // Of a write that died halfway; its rights are the right ones only when it is made anew.
    await rm(temporary, { force: true })
    const handle = await open(temporary, 'wx', OWNER_ONLY)
    try {
      await handle.writeFile(JSON.stringify(value))
      await handle.sync()
    } finally {
      await handle.close()
    }
    await moveDurably(temporary, this.#path)
  }

  async remove(): Promise<void> {
    await rm(`${this.#path}.new`, { force: true })
    const isGone = await rm(this.#path).then(() => true, nothingWhenMissing)
    if (isGone) await syncDirectory(dirname(this.#path))
  }
}

/** Records with an id, one file each. The id is part of a file's name. */
export class RecordFolder<Stored extends { id: string }> {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  /** By id. Cheap while there are none. */
  async list(): Promise<Stored[]> {
    const names = (await readdir(this.#directory).catch(nothingWhenMissing)) ?? []
    const ids = names.filter((name) => name.endsWith(EXTENSION)).map((name) => basename(name, EXTENSION))
    const records = await Promise.all(ids.toSorted().map((id) => this.find(id)))
    return records.filter((record) => record !== undefined)
  }

  async find(id: string): Promise<Stored | undefined> {
    // As `save` wrote it.
    return (await this.#file(id).read()) as Stored | undefined
  }

  async save(record: Stored): Promise<void> {
    await this.#file(record.id).write(record)
  }

  async remove(id: string): Promise<void> {
    await this.#file(id).remove()
  }

  #file(id: string): JsonFile {
    return new JsonFile(join(this.#directory, `${id}${EXTENSION}`))
  }
}

function nothingWhenMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
  throw error
}
