/**
 * Sorts the items of a request into events and quarantine and appends both as one entry: sent = accepted + rejected, and what is
 * rejected lies in the quarantine, unless it is about somebody who is kept out.
 */
import { MillraceError } from '../../base/errors.ts'
import { isObject, type Json } from '../../base/json.ts'
import type { Log } from '../../log/log.ts'
import { BATCH_DOCUMENTS_MAX, encodeBatch } from '../../model/document-batch.ts'
import type { TrackedEvent } from '../../model/event/event.ts'
import type { Refusal } from '../../model/event/item-reading.ts'
import { itemMentionsAny, mentionsAny } from '../../model/event/mentioned-identifiers.ts'
import { findMessageId } from '../../model/event/message-id.ts'
import { Arrival, normalizeEvent } from '../../model/event/normalize-event.ts'
import type { QuarantinedItem } from '../../model/event/quarantine.ts'
import { INBOX, QUARANTINE } from '../../model/system-collections.ts'
import type { OrderedIds } from './ordered-ids.ts'
import { RefusedDelivery } from './refused-delivery.ts'
import { setAside } from './set-aside.ts'
import { type IsSuppressed, SUPPRESSION_REFUSAL } from './suppression.ts'
import { SystemSection } from './system-section.ts'
import type { Delivery, Rejection, Tracking, TrackingObserver, TrackingReceipt } from './tracking.ts'

export type TrackingParts = {
  log: Log
  /** For items in the quarantine, and for message ids that clients left out. */
  ids: OrderedIds
  isSuppressed: IsSuppressed
  observe?: TrackingObserver
}

/** Requests may run at once; each is one entry of the log, in the order in which `accept` was called. */
export function createTracking({ log, ids, isSuppressed, observe }: TrackingParts): Tracking {
  return {
    accept: async (delivery) => {
      requireWithinLimits(delivery)
      const sorting = new Sorting(delivery, { ids, isSuppressed })
      for (const [index, item] of delivery.items.entries()) sorting.add(item, index)
      const { events, quarantined, rejected } = sorting
      // Events of those who are kept out are no mistake of the client.
      if (delivery.source.isStrict && quarantined.length > 0) throw new RefusedDelivery(rejected, delivery.items.length)
      const receipt: TrackingReceipt = { accepted: events.length, rejected }
      if (events.length + quarantined.length === 0) return receipt
      const { position } = await log.append({ payload: sorting.encode() })
      observe?.({ events, quarantined })
      return { ...receipt, position }
    },
  }
}

function requireWithinLimits({ source, items }: Delivery): void {
  const limit = Math.min(source.limits.batchEventsMax, BATCH_DOCUMENTS_MAX)
  if (items.length <= limit) return
  throw new MillraceError(
    'body_too_large',
    `The request holds ${items.length} events; the limit of source "${source.name}" is ${limit}.`,
    { hint: 'Send the events in several requests.' },
  )
}

/** The items of one request, each an event or set aside or, of those who are to be kept out, neither. */
class Sorting {
  readonly events: TrackedEvent[] = []
  readonly quarantined: QuarantinedItem[] = []
  readonly rejected: Rejection[] = []
  readonly #parts: Pick<TrackingParts, 'ids' | 'isSuppressed'>
  readonly #delivery: Delivery
  readonly #arrival: Arrival
  readonly #inbox = new SystemSection(INBOX)
  readonly #quarantine = new SystemSection(QUARANTINE)

  constructor(delivery: Delivery, parts: Pick<TrackingParts, 'ids' | 'isSuppressed'>) {
    const { source, envelope, pathType, keepsTimes, receivedAt, ip } = delivery
    this.#parts = parts
    this.#delivery = delivery
    this.#arrival = new Arrival({
      source: source.name,
      pathType,
      envelope,
      keepsTimes,
      receivedAt,
      ip,
      eventBytesMax: source.limits.eventBytesMax,
      makeId: () => `millrace-${parts.ids.next(receivedAt)}`,
    })
  }

  add(item: Json, index: number): void {
    const normalized = normalizeEvent(item, this.#arrival)
    const isEvent = 'event' in normalized
    const { isSuppressed } = this.#parts
    const isKeptOut = isEvent
      ? mentionsAny(normalized.event, isSuppressed)
      : itemMentionsAny(item, this.#delivery.envelope.context, isSuppressed)
    if (isKeptOut) this.#reject(item, index, SUPPRESSION_REFUSAL)
    else if (isEvent) this.#accept(normalized.event, normalized.text)
    else this.#setAside(item, index, normalized.refusal)
  }

  encode(): Uint8Array {
    return encodeBatch([this.#inbox, this.#quarantine].filter(({ documents }) => documents.length > 0))
  }

  #accept(event: TrackedEvent, text: string): void {
    this.events.push(event)
    this.#inbox.add(event.id, text)
  }

  #setAside(item: Json, index: number, refusal: Refusal): void {
    const id = this.#parts.ids.next(this.#delivery.receivedAt)
    const quarantined = setAside(item, { arrival: this.#arrival, refusal, id })
    this.quarantined.push(quarantined)
    this.#quarantine.add(id, JSON.stringify(quarantined))
    this.#reject(item, index, refusal)
  }

  #reject(item: Json, index: number, { code, message }: Refusal): void {
    const messageId = isObject(item) ? (findMessageId(item['messageId']) ?? null) : null
    this.rejected.push({ index, messageId, code, message })
  }
}
