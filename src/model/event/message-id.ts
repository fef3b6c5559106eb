/** The id by which repeats of an event are known. */
import { hash } from 'node:crypto'
import type { Json } from '../../base/json.ts'
import { isPlaceholder, isRounded } from './identifiers.ts'
import type { ItemReading } from './item-reading.ts'

/** What the SDKs of the field stay below; the field's servers drop events with longer ones. */
const MESSAGE_ID_CHARACTERS_MAX = 100

/** The id that a client gave, in the form in which events have it; undefined when there is none that can be used. */
export function findMessageId(value: Json | undefined): string | undefined {
  // A rounded number would make different events one.
  if (typeof value === 'number') return Number.isFinite(value) && !isRounded(value) ? String(value) : undefined
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  if (isPlaceholder(text)) return undefined
  return text.length <= MESSAGE_ID_CHARACTERS_MAX ? text : `sha256:${hash('sha256', text)}`
}

/** Whether a hash stands for it, which does not show what characters it was made of. */
export function isHashedMessageId(value: Json | undefined): boolean {
  return typeof value === 'string' && value.length > MESSAGE_ID_CHARACTERS_MAX
}

/** Always an id: that of the client, its hash when it is too long, a new one when there is none. */
export function readMessageId(value: Json | undefined, makeId: () => string, reading: ItemReading): string {
  const found = findMessageId(value)
  if (found === undefined) {
    if (value !== undefined && value !== null && value !== '')
      reading.correct('/messageId', 'is no message id: a new one was made', value)
    return makeId()
  }
  if (typeof value === 'string' && value.length > MESSAGE_ID_CHARACTERS_MAX && found !== value.trim()) {
    reading.correct('/messageId', `is longer than ${MESSAGE_ID_CHARACTERS_MAX} characters: its hash stands for it`)
  }
  return found
}
