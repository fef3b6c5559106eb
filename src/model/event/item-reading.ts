/** One item on its way to becoming an event: what has been corrected, and the first reason why it cannot be one. */
import type { ErrorCode } from '../../base/error-codes.ts'
import type { Json } from '../../base/json.ts'
import type { JsonPointer } from '../../base/json-pointer.ts'
import type { Correction } from './event.ts'

/** Why an item cannot be an event; `message` is a sentence with names and values in quotes. */
export type Refusal = {
  code: ErrorCode
  /** Into the item as it was sent; empty for the whole. */
  pointer: JsonPointer
  message: string
}

export class ItemReading {
  readonly corrections: Correction[] = []
  #refusal: Refusal | undefined

  /** The first that was given. */
  get refusal(): Refusal | undefined {
    return this.#refusal
  }

  correct(member: JsonPointer, reason: string, was?: Json): void {
    this.corrections.push(was !== undefined && isShort(was) ? { member, reason, was } : { member, reason })
  }

  refuse(code: ErrorCode, pointer: JsonPointer, message: string): void {
    this.#refusal ??= { code, pointer, message }
  }
}

/** Of a value that is repeated in a correction. */
const WAS_CHARACTERS_MAX = 100

function isShort(value: Json): boolean {
  if (typeof value === 'string') return value.length <= WAS_CHARACTERS_MAX
  // A number beyond the range of a double was read as Infinity, which JSON cannot write.
  return typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
}

/** Enough to recognize a value by. */
const QUOTED_CHARACTERS_MAX = 60

/** A value as messages show it: in quotes, cut; of lists and objects only what they are. */
export function quoted(value: Json): string {
  if (typeof value === 'string') {
    const shown = value.length <= QUOTED_CHARACTERS_MAX ? value : `${value.slice(0, QUOTED_CHARACTERS_MAX)}…`
    return JSON.stringify(shown.toWellFormed())
  }
  if (typeof value !== 'object') return `"${String(value)}"`
  if (value === null) return '"null"'
  return Array.isArray(value) ? 'a list' : 'an object'
}
