/**
 * Tracking: events from SDKs become one entry of the log. First station of a tracked event: it is normalized and checked here,
 * what cannot be one is set aside with the reason, and the request is answered when both are on disk.
 */
import type { Json, JsonObject } from '../../base/json.ts'
import type { Position } from '../../log/log.ts'
import type { Source } from '../../model/catalog.ts'
import type { TrackedEvent } from '../../model/event/event.ts'
import type { QuarantinedItem } from '../../model/event/quarantine.ts'
import type { ErrorCode } from '../../base/error-codes.ts'

/** One request, parsed: who sends, and what. */
export type Delivery = {
  source: Source
  items: Json[]
  /** What the envelope says for all items; members of an item win. */
  envelope: { sentAt?: Json; context?: JsonObject; integrations?: JsonObject }
  /** The type that the path names, for items without one. */
  pathType?: string
  /** History: `timestamp`, else `originalTimestamp`, is when an event happened, whatever `sentAt` says. */
  keepsTimes?: true
  /** Milliseconds since the epoch. */
  receivedAt: number
  /** Of the connection; taken for events of browsers and mobile apps only. */
  ip?: string
}

/** Why one item was not taken. */
export type Rejection = { index: number; messageId: string | null; code: ErrorCode; message: string }

export type TrackingReceipt = {
  /** Events on the log, repeats included: these are dropped when the log is applied. */
  accepted: number
  /** Set aside in the quarantine; of a strict source not kept. */
  rejected: Rejection[]
  /** Place in the log; absent when nothing was written. */
  position?: Position
}

/** What live watchers get to see. Called after the entry is on disk; must not throw and must not take long. */
export type TrackingObserver = (seen: { events: readonly TrackedEvent[]; quarantined: readonly QuarantinedItem[] }) => void

export interface Tracking {
  /**
   * Resolves when everything is on stable storage. Rejects with what `Log.append` rejects with, with `body_too_large` above the
   * source's limits, and for a strict source with a `RefusedDelivery` (`event_invalid`) when any item is bad; nothing is written
   * then. Events of people who are kept out are rejected with `person_suppressed`, also of a strict source, and kept nowhere.
   */
  accept(delivery: Delivery): Promise<TrackingReceipt>
}
