/** What the lake holds, journal by journal. */
import { existsSync } from 'node:fs'
import { formatJournal, HOUR_MS, type JournalName } from './fragment-path.ts'
import { Manifest } from './manifest.ts'
import { listFragments } from './read-lake.ts'

export type JournalSummary = JournalName & {
  fragments: number
  /** Undefined without a manifest: counting would read every file. */
  documents: number | undefined
  /** Uncompressed. */
  sizeBytes: number
  /** Start of the first and last hour with documents, milliseconds since the epoch. */
  firstHour: number
  lastHour: number
}

/** By collection and partition; published fragments only. */
export async function summarizeJournals(directory: string, manifestPath: string): Promise<JournalSummary[]> {
  const fragments = await listFragments(directory)
  const documentsOf = readCounts(manifestPath)
  return [...Map.groupBy(fragments, formatJournal).values()].flatMap((journal) => {
    const [first] = journal
    if (first === undefined) return []
    const hours = journal.map(({ hour }) => hour * HOUR_MS)
    return {
      collection: first.collection,
      partition: first.partition,
      fragments: journal.length,
      documents: documentsOf && journal.reduce((sum, { path }) => sum + (documentsOf.get(path) ?? 0), 0),
      sizeBytes: journal.reduce((sum, { begin, end }) => sum + end - begin, 0),
      firstHour: hours.reduce((a, b) => Math.min(a, b)),
      lastHour: hours.reduce((a, b) => Math.max(a, b)),
    }
  })
}

function readCounts(manifestPath: string): Map<string, number> | undefined {
  if (!existsSync(manifestPath)) return undefined
  const manifest = Manifest.openForReading(manifestPath)
  try {
    return new Map(manifest.fragments().map(({ path, documents }) => [path, documents]))
  } finally {
    manifest.close()
  }
}
