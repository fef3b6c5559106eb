/**
 * The one way in for tracked events: whatever an SDK of the field sends becomes a `TrackedEvent`, or is refused with the reason.
 * What was changed on the way stands in the event's corrections. An `alias` is taken as it was sent: analytics-next, once a user is
 * identified, sends that user's id instead of the new one, and nothing in the event tells.
 */
import { Buffer } from 'node:buffer'
import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import { formatPointer } from '../../base/json-pointer.ts'
import { readContextClaims, readMergeProperties, type SentClaims } from './claims.ts'
import { cleanJson, EVENT_NESTING_MAX, type Inspection, inspectJson, mayHoldUncleanText } from './clean-json.ts'
import { mergeBelow, placeTraits, readName, readObject, readProperties, withAddress } from './event-members.ts'
import { EnvelopeTime, readEventTimes, type Time, timeOf } from './event-times.ts'
import { readType } from './event-type.ts'
import type { EventType, TrackedEvent } from './event.ts'
import { type Identifiers, readIdentifiers, requireIdentifiers } from './identifiers.ts'
import { ItemReading, quoted, type Refusal } from './item-reading.ts'
import { isHashedMessageId, readMessageId } from './message-id.ts'

export type Envelope = { sentAt?: Json; context?: JsonObject; integrations?: JsonObject }

/** What the items of one request have in common. */
export type ArrivalOptions = {
  /** Name of the source. */
  source: string
  /** The type that the path names, or the letter of one. */
  pathType?: string | undefined
  /** Of history: when an event happened is what it says, whatever `sentAt` says. */
  keepsTimes?: true | undefined
  /** Members of an item win. */
  envelope: Envelope
  /** Milliseconds since the epoch, of the years 1970 to 9998. */
  receivedAt: number
  /** Of the connection; taken for events of browsers and mobile apps only. */
  ip?: string | undefined
  /** Of one event's JSON text in UTF-8. */
  eventBytesMax: number
  /** A new message id; called for items that have none, also for such that are refused then. */
  makeId: () => string
}

/** The same, looked at once for all items. */
export class Arrival {
  readonly options: ArrivalOptions
  readonly receivedAt: Time
  readonly sentAt: EnvelopeTime
  readonly keepsTimes: boolean
  /** Of the envelope's context and integrations. */
  readonly inspection: Inspection

  constructor(options: ArrivalOptions) {
    const { context = null, integrations = null, sentAt } = options.envelope
    this.options = options
    this.receivedAt = timeOf(options.receivedAt)
    this.sentAt = new EnvelopeTime(sentAt)
    this.keepsTimes = options.keepsTimes === true
    this.inspection = inspectJson([context, integrations], EVENT_NESTING_MAX)
  }

  /** The same request with another envelope. */
  with(envelope: Envelope): Arrival {
    return new Arrival({ ...this.options, envelope })
  }
}

/** `text` is the event's canonical form: JSON, members in the order of the type, absent ones left out, no line breaks. */
export type NormalizedItem = { event: TrackedEvent; text: string } | { refusal: Refusal }

/**
 * An event of what was parsed from JSON, of whatever form and depth. Never throws, and keeps nothing of `item` but parts that it
 * does not change. Nearly all items pass at the first look; the others are cleaned and looked at once more.
 */
export function normalizeEvent(item: Json, arrival: Arrival): NormalizedItem {
  if (!isObject(item))
    return { refusal: { code: 'event_invalid', pointer: '', message: `The item is ${describeKind(item)}, not an object.` } }
  const inspection = inspectJson(item, EVENT_NESTING_MAX)
  if (inspection === 'too-deep' || arrival.inspection === 'too-deep') return { refusal: nestingRefusal(item) }
  if (inspection === 'plain' && arrival.inspection === 'plain' && !isHashedMessageId(item['messageId'])) {
    const normalized = readItem(item, arrival, new ItemReading())
    if ('event' in normalized && !mayHoldUncleanText(normalized.text)) return normalized
  }
  return normalizeCleaned(item, arrival)
}

function normalizeCleaned(item: JsonObject, arrival: Arrival): NormalizedItem {
  const reading = new ItemReading()
  const { envelope } = arrival.options
  const { value, hasRemovedCharacters, hasRemovedNames, hasRemovedNumbers } = cleanJson({ item, envelope })
  if (hasRemovedCharacters) reading.correct('', 'NUL characters and halves of surrogate pairs were removed')
  if (hasRemovedNames) reading.correct('', 'members named "__proto__", "constructor" or "prototype" were removed')
  if (hasRemovedNumbers) reading.correct('', 'numbers beyond the range of a double became null')
  // Cleaning changes names, texts and numbers, but not what is an object.
  const cleaned = value as { item: JsonObject; envelope: Envelope }
  return readItem(cleaned.item, arrival.with(cleaned.envelope), reading)
}

function readItem(item: JsonObject, arrival: Arrival, reading: ItemReading): NormalizedItem {
  const type = readType(item['type'], arrival.options.pathType, reading)
  const event = type === undefined ? undefined : readEvent(item, { type, arrival }, reading)
  if (reading.refusal !== undefined || event === undefined) return { refusal: reading.refusal as Refusal }
  const text = JSON.stringify(event)
  const { eventBytesMax } = arrival.options
  // A character takes three bytes at the most.
  const bytes = text.length * 3 <= eventBytesMax ? 0 : Buffer.byteLength(text)
  if (bytes <= eventBytesMax) return { event, text }
  return {
    refusal: {
      code: 'event_too_large',
      pointer: '',
      message: `The event has ${bytes} bytes as JSON; the limit is ${eventBytesMax}.`,
    },
  }
}

function readEvent(
  item: JsonObject,
  { type, arrival }: { type: EventType; arrival: Arrival },
  reading: ItemReading,
): TrackedEvent {
  const { source, envelope, ip, makeId } = arrival.options
  const sentContext = mergeBelow(envelope.context, readObject(item, 'context', reading))
  const claims = readClaims(item, type, sentContext, reading)
  const ids = readIdentifiers(item, sentContext, reading)
  if (type === 'alias') assumePreviousId(ids, reading)
  requireIdentifiers(type, ids, claims.user.length, reading)
  const name = readName(item, type, reading)
  const { traits, context } = placeTraits(type, readObject(item, 'traits', reading), withAddress(sentContext, ip))
  const properties = readProperties(item, type, reading)
  const integrations = mergeBelow(envelope.integrations, readObject(item, 'integrations', reading))
  const { occurredAt, sentAt, originalTimestamp } = readEventTimes(item, arrival, reading)

  // The order of assignments is the order of members in the text.
  const event: Partial<TrackedEvent> = { id: readMessageId(item['messageId'], makeId, reading), type }
  if (name !== undefined) event.name = name
  event.source = source
  if (ids.userId !== undefined) event.userId = ids.userId
  if (ids.anonymousId !== undefined) event.anonymousId = ids.anonymousId
  if (ids.groupId !== undefined) event.groupId = ids.groupId
  if (ids.previousId !== undefined) event.previousId = ids.previousId
  if (claims.user.length > 0) event.claims = [...claims.user]
  if (claims.account.length > 0) event.accountClaims = [...claims.account]
  if (traits !== undefined) event.traits = traits
  if (properties !== undefined) event.properties = properties
  if (context !== undefined) event.context = context
  if (integrations !== undefined) event.integrations = integrations
  event.occurredAt = occurredAt
  event.receivedAt = arrival.receivedAt.text
  if (sentAt !== undefined) event.sentAt = sentAt
  if (originalTimestamp !== undefined) event.originalTimestamp = originalTimestamp
  if (reading.corrections.length > 0) event.corrections = reading.corrections
  // All required members have been assigned above.
  return event as TrackedEvent
}

function readClaims(item: JsonObject, type: EventType, context: JsonObject | undefined, reading: ItemReading): SentClaims {
  const claims = readContextClaims(context, reading)
  if (type !== 'merge') return claims
  return { ...claims, user: [...claims.user, ...readMergeProperties(item['mergeProperties'], reading)] }
}

/** Browsers' libraries leave `previousId` out of `alias(userId)`: it is the anonymous id that is meant. */
function assumePreviousId(ids: Identifiers, reading: ItemReading): void {
  if (ids.previousId !== undefined || ids.userId === undefined || ids.anonymousId === undefined) return
  ids.previousId = ids.anonymousId
  reading.correct('/previousId', 'is absent: the anonymous id was taken')
}

function nestingRefusal(item: JsonObject): Refusal {
  const deep = Object.keys(item).find((name) => inspectJson(item[name] as Json, EVENT_NESTING_MAX - 1) === 'too-deep')
  const what = deep === undefined ? 'The envelope' : quoted(deep)
  const pointer = deep === undefined ? '' : formatPointer([deep.toWellFormed()])
  return { code: 'nesting_too_deep', pointer, message: `${what} is nested deeper than ${EVENT_NESTING_MAX} levels.` }
}

function describeKind(item: Json): string {
  return Array.isArray(item) ? 'a list' : quoted(item)
}
