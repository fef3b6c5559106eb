/** What segments did, read from the store of a running server over a connection of its own, as its followers read it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { decodeBatch } from '../src/model/document-batch.ts'
import type { Change } from '../src/model/segment/entity-change.ts'
import { CHANGES } from '../src/model/system-collections.ts'
import { dataDirectory } from '../src/runtime/data-directory.ts'
import { openSqliteStoreReader } from '../src/store/sqlite/open-sqlite-store-reader.ts'
import type { StoreReader } from '../src/store/store.ts'

const READ_BYTES = 1024 * 1024
/** Between two looks; what is measured takes several. */
const LOOK_MS = 2

export type SeenChange = { change: Change; seenAt: number }

/** How many entries and exits were committed behind a position of the log. */
export async function countMoves(data: string, after: number): Promise<number> {
  const store = await openStore(data)
  let [position, moves] = [after, 0]
  for (;;) {
    const read = await readChanges(store, position)
    if (read === undefined) break
    position = read.through
    for (const change of read.changes)
      if (change.kind !== 'segment') moves += (change.entered?.length ?? 0) + (change.left?.length ?? 0)
  }
  await store.close()
  return moves
}

/**
 * Tells changes that are committed behind `after`, each with the time at which another connection has seen it (`Date.now`), until
 * `signal` aborts.
 */
export async function watchChanges(data: string, { after, signal, onChange }: WatchOptions): Promise<void> {
  const store = await openStore(data)
  for (let position = after; !signal.aborted;) {
    const read = await readChanges(store, position)
    if (read === undefined) {
      await sleep(LOOK_MS)
      continue
    }
    position = read.through
    for (const change of read.changes) onChange({ change, seenAt: read.seenAt })
  }
  await store.close()
}

type WatchOptions = { after: number; signal: AbortSignal; onChange: (seen: SeenChange) => void }

function openStore(data: string): Promise<StoreReader> {
  return openSqliteStoreReader(dataDirectory(data).storePath)
}

async function readChanges(store: StoreReader, after: number) {
  const batches = await store.readOutputs(CHANGES, after, READ_BYTES)
  const last = batches.at(-1)
  if (last === undefined) return undefined
  // Parsing takes longer than seeing.
  const seenAt = epochNow()
  // Written by `apply` and by nobody else.
  const changes = batches.flatMap(({ payload }) =>
    decodeBatch(payload).flatMap((section) => section.documents().map((text) => JSON.parse(text) as Change)),
  )
  return { through: last.through, seenAt, changes }
}

/** Milliseconds since the epoch, with fractions. */
export function epochNow(): number {
  return performance.timeOrigin + performance.now()
}
