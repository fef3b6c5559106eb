/** Stored outputs of a derived collection as source documents, for a derivation that lags behind the one that published them. */
import { deepFreeze } from '../../base/deep-freeze.ts'
import type { Json } from '../../base/json.ts'
import type { Position } from '../../log/log.ts'
import { decodeBatch } from '../../model/document-batch.ts'
import type { OutputBatch, Store } from '../../store/store.ts'
import type { SourceDocument } from './chunk.ts'

/** Outputs are read in steps of this size until the chunk's end is passed. */
const READ_BYTES = 1_000_000

/** Documents published for the log entries after `after` up to and including `through`, in their order. */
export async function readPublished(
  store: Store,
  collection: string,
  after: Position,
  through: Position,
): Promise<SourceDocument[]> {
  const documents: SourceDocument[] = []
  for (let reached = after; reached < through;) {
    const batches = await store.readOutputs(collection, reached, READ_BYTES)
    for (const batch of batches) {
      for (const document of publishedDocuments(batch)) {
        if (document.position > after && document.position <= through) documents.push(document)
      }
    }
    reached = batches.at(-1)?.through ?? through
  }
  return documents
}

function publishedDocuments(batch: OutputBatch): SourceDocument[] {
  return decodeBatch(batch.payload).flatMap((section) => {
    const numbers = section.partitionNumbers()
    const sources = section.sources()
    return section.documents().map((text, i) => ({
      value: deepFreeze(JSON.parse(text) as Json),
      partition: section.partitions[numbers[i] ?? 0] ?? '',
      position: sources[2 * i] ?? 0,
      index: sources[2 * i + 1] ?? 0,
    }))
  })
}
