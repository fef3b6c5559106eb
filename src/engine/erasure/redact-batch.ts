/** Takes the documents about the subject of an erasure out of one batch of the log or of the outputs: tombstones stay in their places. */
import { decodeBatch, type DecodedSection, encodeBatch, type Section } from '../../model/document-batch.ts'
import type { QuarantinedItem } from '../../model/event/quarantine.ts'
import { CHANGES, COMMANDS, EVENTS, INBOX, QUARANTINE } from '../../model/system-collections.ts'
import { redactChange } from './redact-change.ts'
import { redactCommand } from './redact-command.ts'
import type { DocumentMatcher } from './subject-matcher.ts'

/** What is left of a document that was erased, and of its key. Whoever reads the log or outputs leaves such documents out. */
const ERASED_DOCUMENT = '{"erased":true}'
const ERASED_KEY = '["erased"]'

export type RedactedBatch = Redacted & { payload: Buffer }

export type Redacted = {
  /** Tracked or timeline events that were taken out. */
  events: number
  /** Change records that tell less than before, or nothing. */
  changes: number
  /** Commands that do: pages of history and members of segments. */
  commands: number
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
  const redacted = nothingRedacted()
  const copies = sections.map((section) => redactSection(section, matcher, redacted))
  const { events, changes, commands, items } = redacted
  if (events + changes + commands + items.length === 0) return undefined
  return { payload: encodeBatch(copies), ...redacted }
}

export function nothingRedacted(): Redacted {
  return { events: 0, changes: 0, commands: 0, items: [] }
}

type RedactDocument = (text: string, matcher: DocumentMatcher, redacted: Redacted) => string | undefined

/** Each returns what is left of a document; undefined when that is all of it. */
const REDACTED: Readonly<Record<string, RedactDocument>> = {
  [INBOX]: redactEvent,
  [EVENTS]: redactEvent,
  [QUARANTINE]: (text, matcher, redacted) => {
    if (!matcher.concernsItem(text)) return undefined
    // An item was made by the door, and has an id.
    redacted.items.push((JSON.parse(text) as QuarantinedItem).id)
    return ERASED_DOCUMENT
  },
  [CHANGES]: (text, matcher, redacted) => {
    const left = matcher.mayConcern(text) ? redactChange(text, matcher) : undefined
    if (left !== undefined) redacted.changes++
    return left === null ? ERASED_DOCUMENT : left
  },
  [COMMANDS]: (text, matcher, redacted) => {
    const left = matcher.mayConcern(text) ? redactCommand(text, matcher) : undefined
    if (left !== undefined) redacted.commands++
    return left
  },
}

function redactEvent(text: string, matcher: DocumentMatcher, redacted: Redacted): string | undefined {
  if (!matcher.concernsEvent(text)) return undefined
  redacted.events++
  return ERASED_DOCUMENT
}

function mayConcern(section: DecodedSection, matcher: DocumentMatcher): boolean {
  return Object.hasOwn(REDACTED, section.collection) && matcher.mayConcern(section.documentBytes().toString('utf8'))
}

function redactSection(section: DecodedSection, matcher: DocumentMatcher, redacted: Redacted): Section {
  const copy = copySection(section)
  const redact = REDACTED[section.collection]
  if (redact === undefined) return copy
  for (const [i, text] of copy.documents.entries()) {
    const left = redact(text, matcher, redacted)
    if (left === undefined) continue
    copy.documents[i] = left
    if (left === ERASED_DOCUMENT) copy.keys[i] = ERASED_KEY
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
