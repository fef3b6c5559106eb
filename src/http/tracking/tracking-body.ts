/** The body of a tracking request: its items, what it says about all of them, and what it says about the sender. */
import { MillraceError, messageOf } from '../../base/errors.ts'
import { isObject, type Json } from '../../base/json.ts'
import type { Delivery } from '../../engine/tracking/tracking.ts'

export type TrackingBody = { body: Json; items: Json[]; envelope: Delivery['envelope'] }

/** Bytes that are no UTF-8 become U+FFFD: one bad name must not cost the whole batch. Throws `body_invalid`. */
function parse(bytes: Buffer): Json {
  const hasByteOrderMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  try {
    return JSON.parse(bytes.toString('utf8', hasByteOrderMark ? 3 : 0)) as Json
  } catch (cause) {
    throw new MillraceError('body_invalid', `The request body is no JSON: ${messageOf(cause)}.`, { cause })
  }
}

/** One event. Throws `body_invalid`. */
export function readEventBody(bytes: Buffer): TrackingBody {
  const body = parse(bytes)
  if (isObject(body)) return { body, items: [body], envelope: {} }
  throw new MillraceError('body_invalid', 'The request body must be an event: a JSON object.')
}

/** `{batch: [event, …], sentAt, context, integrations}`, or just the list. Throws `body_invalid`. */
export function readBatchBody(bytes: Buffer): TrackingBody {
  const body = parse(bytes)
  if (Array.isArray(body)) return { body, items: body, envelope: {} }
  if (isObject(body) && Array.isArray(body['batch'])) return { body, items: body['batch'], envelope: envelopeOf(body) }
  throw new MillraceError('body_invalid', 'The request body must have a list of events.', {
    hint: 'It is {"batch": [event, …], "sentAt": "…"}.',
  })
}

function envelopeOf({ sentAt, context, integrations }: { [name: string]: Json }): Delivery['envelope'] {
  return {
    ...(sentAt !== undefined && { sentAt }),
    ...(isObject(context) && { context }),
    ...(isObject(integrations) && { integrations }),
  }
}
