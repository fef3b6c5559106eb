/** What was published about a subject and is still in the outputs: for the commit that forgets the subject. */
import type { Position } from '../../log/log.ts'
import { CHANGES, EVENTS } from '../../model/system-collections.ts'
import type { ReplacedOutput, StoreReader } from '../../store/store.ts'
import { redactBatch } from './redact-batch.ts'
import type { DocumentMatcher } from './subject-matcher.ts'

const READ_BYTES = 1_000_000

export type RedactedOutputs = { replaced: ReplacedOutput[]; events: number; changes: number }

/** Every committed batch that tells of the subject, without it. Batches of a transaction that is still open are its owner's to redact. */
export async function redactOutputs(store: Pick<StoreReader, 'readOutputs'>, matcher: DocumentMatcher): Promise<RedactedOutputs> {
  const redacted: RedactedOutputs = { replaced: [], events: 0, changes: 0 }
  for (const collection of [EVENTS, CHANGES]) await redactCollection({ store, collection, matcher }, redacted)
  return redacted
}

type Searched = { store: Pick<StoreReader, 'readOutputs'>; collection: string; matcher: DocumentMatcher }

async function redactCollection({ store, collection, matcher }: Searched, redacted: RedactedOutputs): Promise<void> {
  let after: Position = 0
  for (;;) {
    const batches = await store.readOutputs(collection, after, READ_BYTES)
    for (const { through, payload } of batches) {
      const batch = redactBatch(payload, matcher)
      if (batch === undefined) continue
      redacted.replaced.push({ collection, through, payload: batch.payload })
      redacted.events += batch.events
      redacted.changes += batch.changes
    }
    const last = batches.at(-1)
    if (last === undefined) return
    after = last.through
  }
}
