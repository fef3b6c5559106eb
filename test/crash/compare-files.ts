/** Compares what a stopped server has in its files with what was sent to it: the log, and timelines in lake and outputs. */
import { openSqliteLogReader } from '../../src/log/sqlite/open-sqlite-log-reader.ts'
import { LakeTimeline } from '../../src/lake/timeline-query.ts'
import { verifyLake } from '../../src/lake/verify-lake.ts'
import { decodeBatch } from '../../src/model/document-batch.ts'
import { EVENT_TYPES } from '../../src/model/event/event.ts'
import type { TimelineEvent } from '../../src/model/event/timeline-event.ts'
import { EVENTS, INBOX } from '../../src/model/system-collections.ts'
import { type DataDirectory, dataDirectory } from '../../src/runtime/data-directory.ts'
import type { StoreReader } from '../../src/store/store.ts'
import type { Compared } from './compare-profiles.ts'
import type { ProfileTraffic } from './profile-traffic.ts'
import { readLakeLines } from './read-lake-lines.ts'
import { same } from './same.ts'

const READ_BYTES = 16 * 1024 * 1024
const TRACKED_TYPES: ReadonlySet<string> = new Set(EVENT_TYPES)

export type FileOptions = Compared & { openStore: () => Promise<StoreReader> }

/** Throws at the first difference. */
export async function compareFiles(data: string, traffic: ProfileTraffic, options: FileOptions): Promise<void> {
  const directory = dataDirectory(data)
  same('events on the log', await countLogged(directory), traffic.messages.size + options.repeated)
  const { problems } = await verifyLake({ directory: directory.lakePath, manifestPath: directory.lakeManifestPath })
  if (problems.length > 0) throw new Error(`The lake: ${JSON.stringify(problems)}`)
  const events = await allEvents(directory, options.openStore)
  compareMessages(events, traffic)
  compareOwners(events, traffic, options.parts)
}

/** Each message once, and no other. */
function compareMessages(events: readonly TimelineEvent[], { messages }: ProfileTraffic): void {
  const missing = new Set(messages)
  for (const { id, type, position, index } of events) {
    if (TRACKED_TYPES.has(type) && !missing.delete(id))
      throw new Error(`Message ${id} is filed again, or was never sent: position ${position}, index ${index}`)
  }
  same('messages that are filed nowhere', missing.size, 0)
}

/** Each on the timeline of whoever it speaks of; and everybody is created once. */
function compareOwners(events: readonly TimelineEvent[], { expected }: ProfileTraffic, parts: Compared['parts']): void {
  const owners = new Map([...expected].flatMap(([path, { messages }]) => messages.map((id) => [id, path] as const)))
  const created = new Set<string>()
  for (const { id, type, user = '', account = '' } of events) {
    const path = TRACKED_TYPES.has(type) ? owners.get(id) : undefined
    if (path !== undefined) same(`owner of message ${id}`, parts.get(path.startsWith('/users') ? user : account), path)
    if (type !== 'user_created' && type !== 'account_created') continue
    const part = type === 'user_created' ? user : account
    if (created.has(part)) throw new Error(`${part} is created twice.`)
    created.add(part)
  }
}

async function countLogged({ logPath }: DataDirectory): Promise<number> {
  const log = await openSqliteLogReader(logPath)
  let count = 0
  for (let after = 0; ;) {
    const entries = await log.read(after, { maxBytes: READ_BYTES })
    if (entries.length === 0) break
    for (const { position, payload } of entries) {
      for (const section of decodeBatch(payload)) if (section.collection === INBOX) count += section.documents().length
      after = position
    }
  }
  await log.close()
  return count
}

/** In the order in which they were published. */
export async function allEvents(directory: DataDirectory, openStore: () => Promise<StoreReader>): Promise<TimelineEvent[]> {
  const events = [...(await filedEvents(directory)), ...(await unfiledEvents(directory, openStore))]
  return events.toSorted((a, b) => a.position - b.position || a.index - b.index)
}

async function filedEvents({ lakePath }: DataDirectory): Promise<TimelineEvent[]> {
  return (await readLakeLines(`${lakePath}/${EVENTS}`)).map(eventIn)
}

/** What the store has beyond. */
async function unfiledEvents(
  { lakePath, lakeManifestPath }: DataDirectory,
  openStore: () => Promise<StoreReader>,
): Promise<TimelineEvent[]> {
  const lake = new LakeTimeline({ directory: lakePath, manifestPath: lakeManifestPath })
  const store = await openStore()
  const outputs = await store.readOutputs(EVENTS, await lake.filedThrough(), Number.MAX_SAFE_INTEGER)
  await store.close()
  await lake.close()
  return outputs.flatMap(({ payload }) =>
    decodeBatch(payload)
      .filter(({ collection }) => collection === EVENTS)
      .flatMap((section) => section.documents().map(eventIn)),
  )
}

function eventIn(line: string): TimelineEvent {
  // Written by Millrace; the caller compares it.
  return JSON.parse(line) as TimelineEvent
}
