/** What the tests of normalization have in common. */
import type { Json } from '../../base/json.ts'
import type { TrackedEvent } from './event.ts'
import type { Refusal } from './item-reading.ts'
import { Arrival, type ArrivalOptions, normalizeEvent, type NormalizedItem } from './normalize-event.ts'

export const RECEIVED_AT = '2026-03-01T08:00:10.000Z'

/** A track event that is well. */
export const TRACK = { type: 'track', event: 'Signed Up', userId: 'u1', messageId: 'm1' }

const OPTIONS: ArrivalOptions = {
  source: 'web',
  envelope: {},
  receivedAt: Date.parse(RECEIVED_AT),
  eventBytesMax: 32_768,
  makeId: () => 'made-1',
}

export function normalize(item: Json, options: Partial<ArrivalOptions> = {}): NormalizedItem {
  return normalizeEvent(item, new Arrival({ ...OPTIONS, ...options }))
}

/** What `item` becomes; throws when it is refused. */
export function eventOf(item: Json, options: Partial<ArrivalOptions> = {}): TrackedEvent {
  const normalized = normalize(item, options)
  if ('refusal' in normalized) throw new Error(`refused: ${JSON.stringify(normalized.refusal)}`)
  if (JSON.stringify(normalized.event) !== normalized.text) throw new Error(`not its text: ${normalized.text}`)
  return normalized.event
}

/** Why `item` is refused; throws when it is not. */
export function refusalOf(item: Json, options: Partial<ArrivalOptions> = {}): Refusal {
  const normalized = normalize(item, options)
  if ('event' in normalized) throw new Error(`accepted: ${normalized.text}`)
  return normalized.refusal
}
