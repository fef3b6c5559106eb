/** Why an item stands in the quarantine, and how to make an event of it. Pure. */
import { ERROR_CODES, type ErrorCode } from '../../../base/error-codes.ts'
import { isObject, type Json } from '../../../base/json.ts'
import { compilePointer, type JsonPointer, parsePointer } from '../../../base/json-pointer.ts'
import { EVENT_TYPES } from '../../../model/event/event.ts'
import type { QuarantinedItem } from '../../../model/event/quarantine.ts'

export type QuarantineExplanation = {
  /** What the code means, always the same; the item's message says what it was this time. */
  meaning: string
  /** What stands at the pointer; null with `isThere` false where nothing does, or what was sent is no JSON. */
  found: { isThere: boolean; value: Json }
  /** How to mend it, as sentences. */
  hint: string
  /** A merge patch to fill in and replay with; null where only another item in its place helps. */
  patch: Json
}

const BLANK = '…'

export function explainItem(item: QuarantinedItem): QuarantineExplanation {
  const sent = item.isCut ? undefined : parse(item.raw)
  const value = sent === undefined ? undefined : valueAt(sent, item.pointer)
  return {
    meaning: ERROR_CODES[item.code],
    found: { isThere: value !== undefined, value: value ?? null },
    ...adviceOn(item, sent),
  }
}

type Advice = Pick<QuarantineExplanation, 'hint' | 'patch'>

function adviceOn(item: QuarantinedItem, sent: Json | undefined): Advice {
  if (item.isCut) {
    return {
      hint: `Only its first ${item.raw.length} characters were kept: replay it with a whole item in its place.`,
      patch: null,
    }
  }
  if (!isObject(sent)) return { hint: 'What was sent is no JSON object: replay it with a whole item in its place.', patch: null }
  return (ADVICE[item.code] ?? generalAdvice)(item.pointer)
}

/** By code, from the pointer. */
const ADVICE: Partial<Record<ErrorCode, (pointer: JsonPointer) => Advice>> = {
  type_unknown: () => ({ hint: `Replay it with a type: ${EVENT_TYPES.join(', ')}.`, patch: { type: BLANK } }),
  event_name_missing: () => ({ hint: 'Replay it with a name for the event.', patch: { event: BLANK } }),
  identifier_missing: (pointer) => ({
    hint: 'Replay it with the identifier that it lacks.',
    patch: patchAt(pointer, BLANK) ?? { userId: BLANK },
  }),
  identifier_invalid: (pointer) => ({ hint: 'Replay it with another identifier, as a text.', patch: patchAt(pointer, BLANK) }),
  nesting_too_deep: (pointer) => ({
    hint: 'Replay it without the member, or with a flat one in its place.',
    patch: patchAt(pointer, null),
  }),
  event_too_large: (pointer) => ({
    hint: 'Raise the limit of its source in the catalog and replay it as it is, or replay it without what is large.',
    patch: patchAt(pointer, null),
  }),
}

function generalAdvice(pointer: JsonPointer): Advice {
  const hint = 'Replay it with a patch that mends what the message says, or with another item in its place.'
  return { hint, patch: patchAt(pointer, BLANK) }
}

/** A merge patch that puts `value` there; null where a patch cannot reach: into lists, and for the whole. */
function patchAt(pointer: JsonPointer, value: Json): Json {
  const names = parsePointer(pointer) ?? []
  if (names.length === 0 || names.some((name) => /^\d+$/.test(name) || name === '__proto__')) return null
  return names.reduceRight<Json>((inner, name) => ({ [name]: inner }), value)
}

function valueAt(sent: Json, pointer: JsonPointer): Json | undefined {
  return compilePointer(pointer)(sent)
}

function parse(raw: string): Json | undefined {
  try {
    return JSON.parse(raw) as Json
  } catch {
    return undefined
  }
}
