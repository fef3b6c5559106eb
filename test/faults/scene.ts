/** A catalog in a folder of its own and a server on it: what tests of faults have in common. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EngineStatus } from '../../src/runtime/status.ts'
import { type ServerOptions, ServerProcess } from '../crash/server-process.ts'

/** Text by path. */
export type Files = Record<string, string>

const LOOK_AGAIN_MS = 15
/** Of a wait; the machine may be busy with other tests. */
const PATIENCE_MS = 30_000

export class Scene {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-fault-')))
  readonly #servers: ServerProcess[] = []
  #watched: ServerProcess | undefined

  constructor(files: Files) {
    this.write(files)
  }

  write(files: Files): void {
    for (const [name, text] of Object.entries(files)) {
      const path = this.path(name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
    }
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  /** The one that was started last, or that `watch` named since. */
  get server(): ServerProcess {
    if (this.#watched === undefined) throw new Error('No server was started.')
    return this.#watched
  }

  watch(server: ServerProcess): void {
    this.#watched = server
  }

  /** Resolves when it listens, rejects with what it printed when it ends before. */
  async start(options: Partial<ServerOptions> = {}): Promise<ServerProcess> {
    const server = await ServerProcess.start({ catalog: this.folder, data: this.path('data'), ...options })
    this.#servers.push(server)
    this.watch(server)
    return server
  }

  /** Without waiting for anything: another start on the same data recovers. */
  async restart(options: Partial<ServerOptions> = {}): Promise<ServerProcess> {
    await this.server.kill()
    return await this.start(options)
  }

  async post(collection: string, documents: readonly unknown[]): Promise<Response> {
    const body = JSON.stringify({ [collection]: documents })
    return await fetch(`${this.server.url}/ingest`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  }

  /** Posts and insists on 200; a request later than this one has a later position. */
  async accept(collection: string, documents: readonly unknown[]): Promise<void> {
    const response = await this.post(collection, documents)
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  }

  async status(): Promise<EngineStatus> {
    return (await this.server.status()) as EngineStatus
  }

  /** The first status of which `isSo` is true; rejects with the last one when that takes too long. */
  async until(what: string, isSo: (status: EngineStatus) => boolean): Promise<EngineStatus> {
    let status: EngineStatus | undefined
    for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(LOOK_AGAIN_MS)) {
      if (!this.server.isAlive) throw new Error(`The server has ended: ${this.server.errors}`)
      status = await this.status()
      if (isSo(status)) return status
    }
    throw new Error(`Never ${what}: ${JSON.stringify(status, null, 1)}\n${this.server.errors}`)
  }

  /** Until everything accepted is in all tables, and applied by all derivations. */
  async settled(): Promise<EngineStatus> {
    return await this.until('settled', isSettled)
  }

  /** The documents of a table in a SQLite file of the folder. */
  documents(file: string, table: string): unknown[] {
    const db = new DatabaseSync(this.path(file), { readOnly: true })
    try {
      return db
        .prepare(`select flow_document from "${table}"`)
        .all()
        .map((row) => JSON.parse(String(row['flow_document'])) as unknown)
    } finally {
      db.close()
    }
  }

  async close(): Promise<void> {
    for (const server of this.#servers) if (server.isAlive) await server.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

function isSettled({ log, apply, materializations }: EngineStatus): boolean {
  const tables = Object.values(materializations).flatMap(({ bindings }) => bindings?.map(({ position }) => position) ?? [-1])
  const positions = [...Object.values(apply.positions ?? { none: -1 }), ...tables]
  return positions.every((position) => position >= log.head)
}
