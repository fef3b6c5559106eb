/** The walk of one erasure through the log: finds the documents about its subject and writes tombstones over them. */
import { setImmediate } from 'node:timers/promises'
import type { Log, LogEntry, Position, Redaction } from '../../log/log.ts'
import { padBatch } from '../../model/padded-batch.ts'
import { nothingRedacted, type Redacted, redactBatch } from './redact-batch.ts'
import type { SubjectMatcher } from './subject-matcher.ts'

/** Compressed; some 5 ms of work, so that requests on the same thread hardly notice. */
const READ_BYTES = 200_000
/** Reads between two moments at which the caller can note how far the walk is. */
const READS = 64

export type LogWalk = {
  log: Pick<Log, 'read' | 'redact'>
  matcher: SubjectMatcher
  isDryRun: boolean
  /** What was found up to here was counted by a walk that died before it wrote all tombstones. */
  countedThrough: Position
  /** Before tombstones are written over what was found: what this notes must be on stable storage when it resolves. */
  onFound: (found: FoundDocuments) => Promise<void>
  signal: AbortSignal
}

/** Of the entries up to `through`, without those that were counted before. */
export type FoundDocuments = Pick<Redacted, 'events' | 'commands' | 'items'> & { through: Position; entries: number }

export type LogStretch = { position: Position; hasFound: boolean; isAtEnd: boolean }

/** Redacts a stretch of the log after `after`; what it resolves with is on stable storage. */
export async function redactStretch(walk: LogWalk, after: Position): Promise<LogStretch> {
  const stretch = { position: after, hasFound: false, isAtEnd: false }
  for (let reads = 0; reads < READS && !stretch.isAtEnd && !walk.signal.aborted; reads++) {
    const entries = await walk.log.read(stretch.position, { maxBytes: READ_BYTES })
    if (await redactEntries(walk, entries)) stretch.hasFound = true
    stretch.position = entries.at(-1)?.position ?? stretch.position
    stretch.isAtEnd = entries.length === 0
    await setImmediate()
  }
  return stretch
}

/** True when any was about the subject. */
async function redactEntries(walk: LogWalk, entries: readonly LogEntry[]): Promise<boolean> {
  const found: FoundDocuments = { ...nothingRedacted(), through: entries.at(-1)?.position ?? 0, entries: 0 }
  const changes: Redaction[] = []
  for (const { position, payload } of entries) {
    const redacted = redactBatch(payload, walk.matcher)
    if (redacted === undefined) continue
    changes.push({ position, payload: padBatch(redacted.payload, payload.byteLength) })
    if (position <= walk.countedThrough) continue
    found.entries++
    found.events += redacted.events
    found.commands += redacted.commands
    found.items.push(...redacted.items)
  }
  if (changes.length === 0) return false
  await walk.onFound(found)
  if (!walk.isDryRun) await walk.log.redact(changes)
  return true
}
