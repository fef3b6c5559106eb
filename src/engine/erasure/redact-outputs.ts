/** The published timeline events of a subject that the lake may not have filed yet: for the commit that forgets the subject. */
import type { Position } from '../../log/log.ts'
import { EVENTS } from '../../model/system-collections.ts'
import type { ReplacedOutput, StoreReader } from '../../store/store.ts'
import { redactBatch } from './redact-batch.ts'
import type { DocumentMatcher } from './subject-matcher.ts'

const READ_BYTES = 1_000_000

export type RedactedOutputs = { replaced: ReplacedOutput[]; events: number }

/** Every committed batch that holds such events, without them. Batches of a transaction that is still open are its owner's to redact. */
export async function redactOutputs(store: Pick<StoreReader, 'readOutputs'>, matcher: DocumentMatcher): Promise<RedactedOutputs> {
  const redacted: RedactedOutputs = { replaced: [], events: 0 }
  let after: Position = 0
  for (;;) {
    const batches = await store.readOutputs(EVENTS, after, READ_BYTES)
    for (const { through, payload } of batches) {
      const batch = redactBatch(payload, matcher)
      if (batch === undefined) continue
      redacted.replaced.push({ collection: EVENTS, through, payload: batch.payload })
      redacted.events += batch.events
    }
    const last = batches.at(-1)
    if (last === undefined) return redacted
    after = last.through
  }
}
