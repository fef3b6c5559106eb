/** The fragments of timeline events, hour by hour backwards; folders are read as far as somebody goes. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { EVENTS } from '../model/system-collections.ts'
import { HOUR_MS, parseFragmentPath } from './fragment-path.ts'
import { listFiles } from './read-lake.ts'

/** Files that are searched at once. */
export type TimelineStep = {
  files: string[]
  /** Its events, and those of all later steps, were received before this, milliseconds since the epoch. */
  until: number
}

type Hour = { hour: number; files: string[]; sizeBytes: number }

/** Of content in the first step and the last; each step is twice the one before. Half a gigabyte takes DuckDB about a second. */
export const FIRST_STEP_BYTES = 64 * 1024 * 1024
const LAST_STEP_BYTES = 512 * 1024 * 1024

type Reach = { receivedFrom: number; firstStepBytes: number }

/** From the newest hour on: whole hours until a step has its size, down to the one that holds `receivedFrom`. */
export async function* timelineSteps(directory: string, { receivedFrom, firstStepBytes }: Reach): AsyncGenerator<TimelineStep> {
  let files: string[] = []
  let sizeBytes = 0
  let until = 0
  let stepBytes = firstStepBytes
  for await (const hour of hoursNewestFirst(directory)) {
    if ((hour.hour + 1) * HOUR_MS <= receivedFrom) break
    if (files.length === 0) until = (hour.hour + 1) * HOUR_MS
    files.push(...hour.files)
    sizeBytes += hour.sizeBytes
    if (sizeBytes < stepBytes) continue
    yield { files, until }
    files = []
    sizeBytes = 0
    stepBytes = Math.min(2 * stepBytes, LAST_STEP_BYTES)
  }
  if (files.length > 0) yield { files, until }
}

async function* hoursNewestFirst(directory: string): AsyncGenerator<Hour> {
  const collection = join(directory, EVENTS)
  for (const pivot of await namesIn(collection, 'pivot=')) {
    const dates = await namesIn(join(collection, pivot), 'utc_date=')
    for (const date of dates.toSorted().toReversed()) yield* hoursOf(directory, `${EVENTS}/${pivot}/${date}`)
  }
}

async function* hoursOf(directory: string, folder: string): AsyncGenerator<Hour> {
  const hours = new Map<number, Hour>()
  for (const path of await listFiles(directory, folder)) {
    const fragment = parseFragmentPath(path)
    if (fragment === undefined) continue
    const { hour, begin, end } = fragment
    const known = hours.get(hour) ?? { hour, files: [], sizeBytes: 0 }
    known.files.push(join(directory, path))
    known.sizeBytes += end - begin
    hours.set(hour, known)
  }
  yield* [...hours.values()].toSorted((a, b) => b.hour - a.hour)
}

/** Names of a folder that begin so; none where there is no folder. */
async function namesIn(folder: string, start: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  })
  return names.filter((name) => name.startsWith(start))
}
