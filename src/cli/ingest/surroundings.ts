import { randomUUID } from 'node:crypto'
import type { Readable, Writable } from 'node:stream'
import { type Clock, systemClock } from '../../base/clock.ts'

/** What the commands touch besides their arguments. */
export type IngestSurroundings = {
  stdin: Readable
  stdout: Writable
  stderr: Writable & { isTTY?: boolean }
  fetch: typeof fetch
  clock: Clock
  /** Different at each call, in every process. */
  uniqueId: () => string
}

export function processSurroundings(): IngestSurroundings {
  const { stdin, stdout, stderr } = process
  return { stdin, stdout, stderr, fetch: globalThis.fetch, clock: systemClock, uniqueId: () => randomUUID() }
}
