/**
 * An erasure: the durable record of forgetting one user or account, from the request to the receipt. While it runs it must name
 * whom it is about; when it is done only counts, places and times remain, and salted hashes by which a person who knows an
 * identifier can tell that it was erased.
 */
import type { ErrorCode } from '../../base/error-codes.ts'
import type { Position } from '../../log/log.ts'
import type { Instant } from '../../model/event/event.ts'
import type { EntityKind } from '../../model/profile/entity.ts'
import type { Subject } from './subject.ts'

/** In the order in which they are passed; the table above `Eraser` says what each waits for. */
export const ERASURE_STATES = [
  'resolving',
  'forgetting',
  'redacting-log',
  'redacting-lake',
  'discarding-columns',
  'withdrawing-bodies',
  'scrubbing',
  'done',
] as const
export type ErasureState = (typeof ERASURE_STATES)[number]

/** What was removed, place by place; for a dry run, what would be. */
export type ErasedPlaces = {
  /** Profiles (a merged one has several parts), and identifiers that led to them. */
  state: { parts: number; identifiers: number; position: Position }
  /** Entries that were written over, with tracked events and with commands (pages of history, members of segments) in them; everything up to `position` was searched. */
  log: { entries: number; events: number; commands: number; position: Position }
  quarantine: { items: number }
  /** Timeline events and change records that were still to be filed or told. */
  outputs: { events: number; changes: number }
  lake: { fragments: number; events: number }
  /** They are made anew from what is left. */
  columns: { isDiscarded: boolean }
  /** Notifications on their way to webhooks: those that were made before are made anew. */
  bodies: { isWithdrawn: boolean }
  /** Identifiers that must stay out from now on. */
  suppression: { identifiers: number }
}

export type Erasure = {
  /** 24 hex digits. */
  id: string
  kind: EntityKind
  /** Nothing is changed: it is found out what would be. */
  isDryRun: boolean
  state: ErasureState
  requestedAt: Instant
  finishedAt?: Instant
  /** While it runs: whom it is about, as far as that is known. */
  subject?: Subject
  /** Once it is done: salted hashes of the identifiers. */
  subjectHashes?: string[]
  /** The position that must be applied before this state can be left. */
  waitsFor?: Position
  /** What the log held up to here is counted, though perhaps not gone yet. */
  countedThrough?: Position
  places: ErasedPlaces
  /** Why the last attempt did not succeed; it is tried again. */
  failure?: { code: ErrorCode; message: string }
}

/** What people get to see: nothing that identifies anybody. */
export type ErasureReport = Omit<Erasure, 'subject' | 'subjectHashes' | 'countedThrough'>

export function reportOf(erasure: Erasure): ErasureReport {
  const { subject: _subject, subjectHashes: _hashes, countedThrough: _countedThrough, ...report } = erasure
  return report
}

export function nothingErased(): ErasedPlaces {
  return {
    state: { parts: 0, identifiers: 0, position: 0 },
    log: { entries: 0, events: 0, commands: 0, position: 0 },
    quarantine: { items: 0 },
    outputs: { events: 0, changes: 0 },
    lake: { fragments: 0, events: 0 },
    columns: { isDiscarded: false },
    bodies: { isWithdrawn: false },
    suppression: { identifiers: 0 },
  }
}

/** With the places that a record of an earlier version does not name. */
export function completePlaces(places: ErasedPlaces): ErasedPlaces {
  const none = nothingErased()
  const { log, outputs, columns, bodies } = places
  return {
    ...places,
    log: { ...none.log, ...log },
    outputs: { ...none.outputs, ...outputs },
    columns: { ...none.columns, ...columns },
    bodies: { ...none.bodies, ...bodies },
  }
}

/** Records by id: durable when `save` resolves, each whole. Readable by their owner only, since they name people. */
export interface ErasureRecords {
  list(): Promise<Erasure[]>
  save(erasure: Erasure): Promise<void>
}

/** What the lake's thread is asked for; it holds the identifiers, so it is gone when the erasure is done. */
export type LakeOrder = { id: string; isDryRun: boolean; subject: Subject }

/** The lake as an erasure sees it: it has a thread of its own, which looks for orders and records what it has done. */
export interface LakeEraser {
  /** Durable when it resolves, and wakes the lake's thread. May be repeated. */
  order(order: LakeOrder): Promise<void>
  /** What was done, once no fragment holds a line of the subject any more; undefined before. */
  outcome(id: string): Promise<{ fragments: number; events: number } | undefined>
  /** No trace of the order is left when it resolves. May be repeated. */
  withdraw(id: string): Promise<void>
}

/** What is kept of everybody for questions about all: made of state and lake, and to be made anew when both have forgotten somebody. */
export interface ColumnsEraser {
  /** When it resolves, no file holds any of it, and no page of history that was made of it will still come onto the log. May be repeated. */
  discard(): Promise<void>
}

/** Notifications on their way to webhooks: each body is a copy of what people are known by. */
export interface BodiesEraser {
  /** True once nothing that was made before this position is kept or under way for any webhook; until then it asks for that. May be repeated. */
  forget(through: Position): Promise<boolean>
}
