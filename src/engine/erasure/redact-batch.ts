/** Takes the documents about the subject of an erasure out of one batch of the log or of the outputs: tombstones stay in their places. */
import { decodeBatch, type DecodedSection, encodeBatch, type Section } from '../../model/document-batch.ts'
import type { QuarantinedItem } from '../../model/event/quarantine.ts'
import { EVENTS, INBOX, QUARANTINE } from '../../model/system-collections.ts'
import type { DocumentMatcher } from './subject-matcher.ts'

/** What is left of a document that was erased, and of its key. Whoever reads the log or outputs leaves such documents out. */
const ERASED_DOCUMENT = '{"erased":true}'
const ERASED_KEY = '["erased"]'

export type RedactedBatch = {
  payload: Buffer
  /** Tracked or timeline events that were taken out. */
  events: number
  /** Ids of the quarantined items that were taken out. */
  items: QuarantinedItem['id'][]
}

/**
 * The batch without them, every other document, key, partition and source as it was; undefined when there are none. Looks at the
 * collections that Millrace itself keeps only: what documents of the catalog's collections mean, Millrace does not know.
 */
export function redactBatch(payload: Uint8Array, matcher: DocumentMatcher): RedactedBatch | undefined {
  const sections = decodeBatch(payload)
  // Nearly all batches end here: nothing of them is decoded further, nor copied.
  if (!sections.some((section) => mayConcern(section, matcher))) return undefined
  const redacted = { events: 0, items: [] as string[] }
  const copies = sections.map((section) => redactSection(section, matcher, redacted))
  if (redacted.events === 0 && redacted.items.length === 0) return undefined
  return { payload: encodeBatch(copies), ...redacted }
}

const REDACTED: readonly string[] = [INBOX, QUARANTINE, EVENTS]

function mayConcern(section: DecodedSection, matcher: DocumentMatcher): boolean {
  return REDACTED.includes(section.collection) && matcher.mayConcern(section.documentBytes().toString('utf8'))
}

function redactSection(section: DecodedSection, matcher: DocumentMatcher, redacted: Omit<RedactedBatch, 'payload'>): Section {
  const copy = copySection(section)
  if (!REDACTED.includes(section.collection)) return copy
  const isItem = section.collection === QUARANTINE
  for (const [i, text] of copy.documents.entries()) {
    if (!(isItem ? matcher.concernsItem(text) : matcher.concernsEvent(text))) continue
    // An item was made by the door, and has an id.
    if (isItem) redacted.items.push((JSON.parse(text) as QuarantinedItem).id)
    else redacted.events++
    copy.documents[i] = ERASED_DOCUMENT
    copy.keys[i] = ERASED_KEY
  }
  return copy
}

function copySection(section: DecodedSection): Section {
  const { collection, schemaHash, partitions } = section
  const sources = Array.from(section.sources())
  return {
    collection,
    schemaHash,
    documents: section.documents(),
    keys: section.keys(),
    partitions: Array.from(section.partitionNumbers(), (number) => partitions[number] ?? ''),
    ...(sources.length > 0 && { sources }),
  }
}
