/**
 * Events on their way into the columns: from the lake's published fragments in bulk, and from the store's outputs what the lake has not
 * filed. Lines are taken in the order of the log, and with them, in one transaction, the position that all lines up to are in. So none is
 * taken twice, wherever it is read, and a process that dies goes on where it was.
 */
import type { DuckDBConnection } from '@duckdb/node-api'
import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { MillraceError } from '../../base/errors.ts'
import type { Position } from '../../log/log.ts'
import { decodeBatch } from '../../model/document-batch.ts'
import { EVENTS } from '../../model/system-collections.ts'
import type { OutputBatch, StoreReader } from '../../store/store.ts'
import { type FragmentRecord, Manifest } from '../manifest.ts'
import { ADD_LINES, ADD_NAMES, linesSql } from './event-lines-sql.ts'
import { inTransaction, saveMeta } from './transaction.ts'

export type EventIntakeOptions = {
  connection: DuckDBConnection
  temporaryFolder: string
  lake: { directory: string; manifestPath: string }
  store: Pick<StoreReader, 'readOutputs'>
  clock: Clock
}

/** Of uncompressed lines in one transaction: some 200,000 events, which are held in memory while they are sorted. */
const FRAGMENT_BYTES = 128 * 1024 * 1024
/** Compressed. */
const OUTPUT_BYTES = 8 * 1024 * 1024
/** A fragment gets its name within milliseconds of being recorded, unless the lake's thread has died in between. */
const NAMING_MS = 20
const NAMINGS_MAX = 100

export const EVENTS_THROUGH = 'events_through'

export class EventIntake {
  readonly #options: EventIntakeOptions

  constructor(options: EventIntakeOptions) {
    this.#options = options
  }

  /** Takes in the next lines behind `after`; all lines up to the position that is returned are in. Undefined: there are no more. */
  async step(after: Position): Promise<Position | undefined> {
    for (let naming = 0; naming < NAMINGS_MAX; naming++) {
      const filed = this.#filedBehind(after)
      if (filed.fragments.length > 0) return await this.#takeFragments(filed.fragments, after)
      if (filed.through > after) return await this.#note(filed.through)
      if (filed.cursor <= after) {
        const outputs = await this.#options.store.readOutputs(EVENTS, after, OUTPUT_BYTES)
        // What was filed meanwhile may be gone from the outputs.
        if (this.#filedBehind(after).cursor <= after)
          return outputs.length === 0 ? undefined : await this.#takeOutputs(outputs, after)
      } else await this.#options.clock.sleep(NAMING_MS)
    }
    throw new MillraceError(
      'lake_unavailable',
      `Events behind log position ${after} are filed, but their fragment has no name yet.`,
      {
        hint: 'The lake names it when it is opened again.',
        retryable: true,
      },
    )
  }

  /** `through`: all up to here is in named fragments; `cursor`: in recorded ones. */
  #filedBehind(after: Position): { fragments: FragmentRecord[]; through: Position; cursor: Position } {
    const { manifestPath } = this.#options.lake
    if (!existsSync(manifestPath)) return { fragments: [], through: 0, cursor: 0 }
    const manifest = Manifest.openForReading(manifestPath)
    try {
      const cursor = manifest.cursor(EVENTS)
      if (cursor <= after) return { fragments: [], through: cursor, cursor }
      const fragments = manifest.fragmentsBehind(EVENTS, after)
      const unnamed = fragments.findIndex(({ temporary }) => temporary !== null)
      const firstUnnamed = fragments[unnamed]
      const through = firstUnnamed ? Math.min(cursor, firstUnnamed.firstPosition - 1) : cursor
      return { fragments: unnamed < 0 ? fragments : fragments.slice(0, unnamed), through, cursor }
    } finally {
      manifest.close()
    }
  }

  async #takeFragments(fragments: readonly FragmentRecord[], after: Position): Promise<Position> {
    let bytes = 0
    const taken = fragments.filter(({ begin, end }, i) => (bytes += end - begin) <= FRAGMENT_BYTES || i === 0)
    const through = taken.at(-1)?.lastPosition ?? after
    const files = taken.map(({ path }) => join(this.#options.lake.directory, path))
    return await this.#takeLines(files, { after, through })
  }

  async #takeOutputs(outputs: readonly OutputBatch[], after: Position): Promise<Position> {
    const through = outputs.at(-1)?.through ?? after
    const sections = outputs.flatMap(({ payload }) => decodeBatch(payload)).filter(({ count }) => count > 0)
    if (sections.length === 0) return await this.#note(through)
    const file = join(this.#options.temporaryFolder, 'unfiled.ndjson')
    await writeFile(file, Buffer.concat(sections.flatMap((section) => [section.documentBytes(), Buffer.from('\n')])))
    try {
      return await this.#takeLines([file], { after, through })
    } finally {
      await rm(file, { force: true })
    }
  }

  async #takeLines(files: readonly string[], { after, through }: { after: Position; through: Position }): Promise<Position> {
    const { connection } = this.#options
    try {
      await inTransaction(connection, async () => {
        await connection.run(linesSql(files), [after, through])
        await connection.run(ADD_NAMES)
        await connection.run(ADD_LINES)
        await saveMeta(connection, EVENTS_THROUGH, String(through))
      })
    } finally {
      await connection.run('drop table if exists temp.lines')
    }
    return through
  }

  async #note(through: Position): Promise<Position> {
    await inTransaction(this.#options.connection, () => saveMeta(this.#options.connection, EVENTS_THROUGH, String(through)))
    return through
  }
}
