/** What is kept of an item that could not become an event: all that is needed to look at it, mend it and send it again. */
import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import { cleanJson } from '../../model/event/clean-json.ts'
import { mergeBelow, withAddress } from '../../model/event/event-members.ts'
import type { Refusal } from '../../model/event/item-reading.ts'
import { findMessageId } from '../../model/event/message-id.ts'
import type { Arrival } from '../../model/event/normalize-event.ts'
import { type QuarantinedItem, RAW_CHARACTERS_MAX } from '../../model/event/quarantine.ts'
import { boundedJsonText } from './bounded-json-text.ts'

type SetAside = { arrival: Arrival; refusal: Refusal; id: string }

/** Holds neither NULs nor lone surrogates outside of `raw`, where they stand as escapes; nor a write key. */
export function setAside(item: Json, { arrival, refusal, id }: SetAside): QuarantinedItem {
  const { source, pathType, keepsTimes } = arrival.options
  const { text, isCut } = boundedJsonText(withEnvelope(item, arrival), RAW_CHARACTERS_MAX)
  const sentAt = arrival.sentAt.time?.text
  const messageId = isObject(item) ? findMessageId(item['messageId']) : undefined
  const quarantined: QuarantinedItem = {
    id,
    source,
    receivedAt: arrival.receivedAt.text,
    ...(sentAt === undefined ? {} : { sentAt }),
    code: refusal.code,
    message: refusal.message,
    pointer: refusal.pointer,
    ...(messageId === undefined ? {} : { messageId }),
    ...(pathType === undefined ? {} : { pathType }),
    ...(keepsTimes ? { keepsTimes } : {}),
    raw: text,
    ...(isCut ? { isCut } : {}),
  }
  // The same members: none of them has a reserved name.
  return cleanJson(quarantined).value as QuarantinedItem
}

/** With what it shares with the other items of its request, so that it can be read alone; browsers put the write key into each. */
function withEnvelope(item: Json, arrival: Arrival): Json {
  if (!isObject(item)) return item
  const { writeKey: _secret, ...kept } = item
  const { envelope, ip } = arrival.options
  const context = withAddress(mergeBelow(envelope.context, ownObject(item, 'context')), ip)
  const integrations = mergeBelow(envelope.integrations, ownObject(item, 'integrations'))
  if (context !== undefined) kept['context'] = context
  if (integrations !== undefined) kept['integrations'] = integrations
  return kept
}

function ownObject(item: JsonObject, name: string): JsonObject | undefined {
  const member = item[name]
  return isObject(member) ? member : undefined
}
