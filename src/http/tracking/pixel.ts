/** Events as the address of an image, for mails and pages without scripts: each parameter is a member, dots lead inwards. */
import { isObject, type Json, type JsonObject } from '../../base/json.ts'

/** A transparent GIF of one pixel. */
export const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')

/** A browser or a mail program asks for the image itself: the address of the connection is the person's. */
export const PIXEL_ENVELOPE = { context: { direct: true } }

/** Parameters that mean something else. */
const NOT_MEMBERS = new Set(['writeKey'])
/** Names that would reach into what every object inherits. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype'])
const DEPTH_MAX = 5

/** `?event=Opened&userId=u1&properties.mail=welcome` is `{event, userId, properties: {mail}}`; of repeated ones the first counts. */
export function readPixel(query: unknown): Json {
  const event: JsonObject = {}
  if (!isObject(query)) return event
  for (const [name, value] of Object.entries(query)) {
    const text = Array.isArray(value) ? value[0] : value
    if (typeof text !== 'string' || NOT_MEMBERS.has(name)) continue
    put(event, name.split('.'), text)
  }
  return event
}

function put(event: JsonObject, path: readonly string[], text: string): void {
  if (path.length > DEPTH_MAX || path.some((name) => name === '' || FORBIDDEN.has(name))) return
  let at = event
  for (const name of path.slice(0, -1)) {
    const inner = (at[name] ??= {})
    if (!isObject(inner)) return
    at = inner
  }
  at[path.at(-1) ?? ''] ??= text
}
