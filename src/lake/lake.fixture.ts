/** For tests: a log and a store in memory, documents to put into them, and the lake that must come of it. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Clock } from '../base/clock.ts'
import { FakeClock } from '../base/clock.ts'
import type { Derivation } from '../model/catalog.ts'
import { decodeBatch, encodeBatch, type Section } from '../model/document-batch.ts'
import type { Log, LogEntry } from '../log/log.ts'
import type { OutputBatch, Store } from '../store/store.ts'
import { createLakeWriter, type LakeReport, type LakeWriterOptions } from './lake-writer.ts'
import { listFragments, readFragments } from './read-lake.ts'

export const EVENTS = 'examples/segment/events'
export const TOGGLES = 'examples/segment/toggles'
export const PROFILES = 'examples/segment/profiles'

const DERIVATION: Derivation = { module: '/derive.ts', transforms: {} }
export const COLLECTIONS = [
  { name: EVENTS },
  { name: TOGGLES, derivation: DERIVATION },
  { name: PROFILES, derivation: DERIVATION },
]

/** 2026-01-01T09:00:00Z. */
export const NINE = Date.UTC(2026, 0, 1, 9)

export type PlacedDocument = { partition: string; text: string; source?: [position: number, index: number] }

/** Events of an entry, spread over partitions `vendor=1` … by `vendors`. */
export function events(position: number, vendors: readonly number[]): PlacedDocument[] {
  return vendors.map((vendor, i) => ({
    partition: `vendor=${vendor}`,
    text: JSON.stringify({ event: `${position}.${i}`, user: `Zoë ${i}`, segment: { vendor, name: 'trains' } }),
  }))
}

export function section(collection: string, documents: readonly PlacedDocument[]): Section {
  const sources = documents.flatMap(({ source }) => source ?? [])
  return {
    collection,
    schemaHash: 'a',
    documents: documents.map(({ text }) => text),
    keys: documents.map((_, i) => `[${i}]`),
    partitions: documents.map(({ partition }) => partition),
    ...(sources.length > 0 && { sources }),
  }
}

class MemoryLog implements Pick<Log, 'read'> {
  readonly entries: LogEntry[] = []

  append(sections: readonly Section[], appendedAt = NINE): void {
    this.entries.push({ position: this.entries.length + 1, appendedAt, payload: encodeBatch(sections) })
  }

  async read(after: number, { maxBytes }: { maxBytes: number }): Promise<LogEntry[]> {
    return takeBytes(this.entries.slice(after), maxBytes)
  }
}

class MemoryStore implements Pick<Store, 'readOutputs'> {
  outputs: OutputBatch[] = []

  publish(
    collection: string,
    documents: readonly PlacedDocument[],
    batch: { after: number; through: number; appendedAt?: number },
  ) {
    const payload = encodeBatch([section(collection, documents)])
    this.outputs.push({ collection, appendedAt: NINE, ...batch, payload })
  }

  async readOutputs(collection: string, after: number, maxBytes: number): Promise<OutputBatch[]> {
    const wanted = this.outputs.filter((batch) => batch.collection === collection && batch.through > after)
    return takeBytes(wanted, maxBytes)
  }
}

function takeBytes<T extends { payload: Uint8Array }>(items: readonly T[], maxBytes: number): T[] {
  let bytes = 0
  return items.filter((item, i) => (bytes += item.payload.length) <= maxBytes || i === 0)
}

export type Lake = {
  root: string
  directory: string
  manifestPath: string
  log: MemoryLog
  store: MemoryStore
  clock: Clock
}

/** Linux's file system in memory: a test of some hundred small files would spend its time waiting for the disk's flushes. */
const MEMORY_FOLDER = '/dev/shm'

/** An empty lake in a folder of its own, gone when the test is over. */
export async function newLake(): Promise<Lake> {
  const root = await mkdtemp(join(existsSync(MEMORY_FOLDER) ? MEMORY_FOLDER : tmpdir(), 'millrace-lake-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  return {
    root,
    directory: join(root, 'lake'),
    manifestPath: join(root, 'lake.db'),
    log: new MemoryLog(),
    store: new MemoryStore(),
    clock: new FakeClock(NINE),
  }
}

/** Runs a writer until everything is read, stops it, and tells what it reported. Rejects as `run` does. */
export async function fileAll(lake: Lake, options: Partial<LakeWriterOptions> = {}): Promise<LakeReport[]> {
  const writer = createLakeWriter({ collections: COLLECTIONS, ...lake, ...options })
  const stop = new AbortController()
  const reports: LakeReport[] = []
  await writer.run(
    stop.signal,
    () => Promise.resolve(),
    (report) => {
      reports.push(report)
      if (report.kind === 'idle') stop.abort()
    },
  )
  return reports
}

/** By collection and partition, the text of each journal of the lake. */
export async function journalsOf({ directory }: Lake): Promise<Record<string, string>> {
  const journals: Record<string, string> = {}
  for (const fragment of await listFragments(directory)) {
    const name = `${fragment.collection} ${fragment.partition}`
    for await (const line of readFragments([fragment])) journals[name] = `${journals[name] ?? ''}${line}\n`
  }
  return journals
}

/** The same, computed from the log and the store alone. */
export function expectedJournals({ log, store }: Lake): Record<string, string> {
  const derived = new Set(COLLECTIONS.filter((collection) => 'derivation' in collection).map(({ name }) => name))
  const journals: Record<string, string> = {}
  const inputs = log.entries.flatMap(({ payload }) => decodeBatch(payload)).filter(({ collection }) => !derived.has(collection))
  const outputs = store.outputs.flatMap(({ payload }) => decodeBatch(payload))
  for (const section of [...inputs, ...outputs]) {
    const numbers = section.partitionNumbers()
    section.documents().forEach((text, i) => {
      const name = `${section.collection} ${section.partitions[numbers[i] ?? 0] ?? ''}`
      journals[name] = `${journals[name] ?? ''}${text}\n`
    })
  }
  return journals
}
