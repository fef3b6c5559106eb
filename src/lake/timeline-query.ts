/**
 * Timelines from the lake, newest first by when things happened, although files lie by when they were received: files are searched
 * backwards in steps of growing size, keeping the `limit` newest events so far, until whatever lies in older files must have
 * happened earlier than all of them: an event's time is never much ahead of its receipt. Late events, of any age, lie in newer
 * files than their time says, and so are never missed.
 *
 * Cost: about a million events a second are searched, from the newest back to the page's oldest event, or to where the entity was
 * created; memory is bounded. A page far back costs more than a near one, since late events may lie anywhere in between.
 */
import { existsSync } from 'node:fs'
import { invariant, MillraceError, messageOf } from '../base/errors.ts'
import type { Json } from '../base/json.ts'
import type { Position } from '../log/log.ts'
import { OCCURRED_AHEAD_MAX_MS } from '../model/event/event-order.ts'
import type { TimelineEvent } from '../model/event/timeline-event.ts'
import { firstOf, type TimelineQuery } from '../model/event/timeline-query.ts'
import { EVENTS } from '../model/system-collections.ts'
import { TIMELINE_COLUMN_TYPES } from './event-columns.ts'
import { Manifest } from './manifest.ts'
import { TimelineDatabase } from './timeline-database.ts'
import { FIRST_STEP_BYTES, timelineSteps } from './timeline-files.ts'
import { timelineSql } from './timeline-sql.ts'

export type LakeTimelineOptions = { directory: string; manifestPath: string; firstStepBytes?: number }

/** The lake as engine/profiles/reading wants it (`TimelineSource`). Safe beside the lake's writer. */
export class LakeTimeline {
  readonly #options: LakeTimelineOptions
  readonly #database = new TimelineDatabase()

  constructor(options: LakeTimelineOptions) {
    this.#options = options
  }

  /** Every `read` that is called after this has resolved finds all events up to this position. */
  async filedThrough(): Promise<Position> {
    const { manifestPath } = this.#options
    if (!existsSync(manifestPath)) return 0
    const manifest = Manifest.openForReading(manifestPath)
    try {
      // In this order: a fragment that is recorded in between is then among the unpublished, or at its place already.
      const cursor = manifest.cursor(EVENTS)
      const unpublished = manifest.unpublished().filter(({ collection }) => collection === EVENTS)
      return Math.min(cursor, ...unpublished.map(({ firstPosition }) => firstPosition - 1))
    } finally {
      manifest.close()
    }
  }

  /** The first `limit` filed events that match, newest first. Rejects with `lake_unavailable` and `server_busy`. */
  read(query: TimelineQuery): Promise<TimelineEvent[]> {
    return this.#database.inTurn(async () => {
      try {
        return await this.#search(query)
      } catch {
        // A file may have been rewritten between listing and opening (erasure): with a new list the second time is enough.
        return await this.#search(query).catch((error: unknown) => {
          throw this.#unavailable(error)
        })
      }
    })
  }

  /** When no query runs any more. */
  async close(): Promise<void> {
    await this.#database.inTurn(() => this.#database.close())
  }

  async #search(query: TimelineQuery): Promise<TimelineEvent[]> {
    const { directory, firstStepBytes = FIRST_STEP_BYTES } = this.#options
    const { filter, limit } = query
    const sinceMs = filter.since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(filter.since) - OCCURRED_AHEAD_MAX_MS
    const receivedFrom = Math.max(query.receivedFrom, sinceMs)
    let found: TimelineEvent[] = []
    for await (const { files, until } of timelineSteps(directory, { receivedFrom, firstStepBytes })) {
      const oldest = found.length === limit ? found.at(-1) : undefined
      if (oldest && Date.parse(oldest.occurredAt) >= until + OCCURRED_AHEAD_MAX_MS) break
      const rows = await this.#database.rows(timelineSql(query, files))
      found = firstOf([...found, ...rows.map(eventOfRow)], limit)
    }
    return found
  }

  #unavailable(error: unknown): MillraceError {
    return new MillraceError(
      'lake_unavailable',
      `The lake in "${this.#options.directory}" cannot be searched: ${messageOf(error)}.`,
      {
        hint: '`millrace lake verify` tells whether its files are whole.',
        cause: error,
        retryable: true,
      },
    )
  }
}

const COLUMNS = Object.entries(TIMELINE_COLUMN_TYPES)

function eventOfRow(row: readonly unknown[]): TimelineEvent {
  const members = COLUMNS.flatMap(([name, type], i): [string, Json][] => {
    const value = row[i]
    if (value === null || value === undefined) return []
    if (typeof value === 'bigint') return [[name, Number(value)]]
    invariant(typeof value === 'string', `DuckDB gives texts and integers only, not ${typeof value}`)
    return [[name, type === 'JSON' ? (JSON.parse(value) as Json) : value]]
  })
  // The columns are the type's members, and the file's lines are events of that type.
  return Object.fromEntries(members) as unknown as TimelineEvent
}
