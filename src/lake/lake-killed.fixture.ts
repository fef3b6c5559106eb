/** For tests: as a program, files a log that is the same in every process and reports each step on a line, until it is killed. */
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../base/clock.ts'
import { encodeBatch, type Section } from '../model/document-batch.ts'
import { createLakeWriter } from './lake-writer.ts'

const COLLECTION = 'examples/segment/events'
const NINE = Date.UTC(2026, 0, 1, 9)

export const KILLED_OPTIONS = { fragmentBytes: 100_000 }

/** Enough for some hundred steps. */
const ENTRIES = 60

/** Fills anything that takes sections, a log of the tests for example. */
export function fillLog(log: { append: (sections: Section[]) => void }): void {
  for (let entry = 0; entry < ENTRIES; entry++) {
    const documents = Array.from({ length: 300 }, (_, i) => JSON.stringify({ event: `${entry}.${i}`, text: 'x'.repeat(i) }))
    const partitions = documents.map((_, i) => `vendor=${(entry + i) % 5}`)
    log.append([{ collection: COLLECTION, schemaHash: 'a', documents, keys: documents.map((_, i) => `[${i}]`), partitions }])
  }
}

if (import.meta.main) {
  const root = process.argv[2] ?? ''
  const payloads: Buffer[] = []
  fillLog({ append: (sections) => payloads.push(encodeBatch(sections)) })
  const entries = payloads.map((payload, i) => ({ position: i + 1, appendedAt: NINE, payload }))
  const writer = createLakeWriter({
    ...KILLED_OPTIONS,
    directory: join(root, 'lake'),
    manifestPath: join(root, 'lake.db'),
    collections: [{ name: COLLECTION }],
    log: { read: (after) => Promise.resolve(entries.slice(after, after + 5)) },
    store: { readOutputs: () => Promise.resolve([]) },
    clock: systemClock,
    onStep: (step) => writeSync(1, `${step}\n`),
  })
  await writer.run(
    new AbortController().signal,
    () => new Promise(() => undefined),
    () => undefined,
  )
}
