/**
 * What JSON can write but must not come in: NUL characters and halves of surrogate pairs, which databases refuse, names that mean
 * something to JavaScript, numbers that no double holds, and nesting that would exhaust the stack of whoever follows it down.
 */
import type { Json, JsonObject } from '../../base/json.ts'

/** Of an item, itself included; far beyond what SDKs send. */
export const EVENT_NESTING_MAX = 32

export type Inspection = 'plain' | 'unclean' | 'too-deep'

/**
 * `unclean`: it has a reserved name, or a number beyond the range of a double, which JSON.parse makes Infinity. Any depth is safe to
 * ask about. Texts are not looked at: `mayHoldUncleanText` is faster.
 */
export function inspectJson(value: Json, levels: number): Inspection {
  if (typeof value !== 'object' || value === null) return 'plain'
  if (levels === 0) return 'too-deep'
  let found: Inspection = 'plain'
  if (Array.isArray(value)) {
    for (const item of value) {
      if (typeof item !== 'object' || item === null) {
        if (item === Infinity || item === -Infinity) found = 'unclean'
        continue
      }
      const below = inspectJson(item, levels - 1)
      if (below === 'too-deep') return below
      if (below !== 'plain') found = below
    }
    return found
  }
  for (const name in value) {
    if (isReservedName(name)) found = 'unclean'
    const member = value[name]
    if (typeof member !== 'object' || member === null) {
      if (member === Infinity || member === -Infinity) found = 'unclean'
      continue
    }
    const below = inspectJson(member, levels - 1)
    if (below === 'too-deep') return below
    if (below !== 'plain') found = below
  }
  return found
}

function isReservedName(name: string): boolean {
  // Lengths first, since nearly all names end here.
  if (name.length !== 9 && name.length !== 11) return false
  return name === '__proto__' || name === 'prototype' || name === 'constructor'
}

/** Whether JSON text that `JSON.stringify` wrote may hold characters that `cleanJson` removes; true once in a while when it holds none. */
export function mayHoldUncleanText(text: string): boolean {
  return text.includes('\\u0000') || text.includes('\\ud')
}

export type Cleaning = { value: Json; hasRemovedCharacters: boolean; hasRemovedNames: boolean; hasRemovedNumbers: boolean }

/** A copy without any of that. `value` must have been inspected: not too deep. */
export function cleanJson(value: Json): Cleaning {
  const cleaning: Cleaning = { value: null, hasRemovedCharacters: false, hasRemovedNames: false, hasRemovedNumbers: false }
  cleaning.value = cleanValue(value, cleaning)
  return cleaning
}

function cleanValue(value: Json, cleaning: Cleaning): Json {
  if (typeof value === 'string') return cleanText(value, cleaning)
  if (typeof value === 'number') return cleanNumber(value, cleaning)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => cleanValue(item, cleaning))
  const cleaned: JsonObject = {}
  for (const [name, member] of Object.entries(value)) {
    const cleanName = cleanText(name, cleaning)
    if (isReservedName(cleanName)) cleaning.hasRemovedNames = true
    else cleaned[cleanName] = cleanValue(member, cleaning)
  }
  return cleaned
}

function cleanNumber(value: number, cleaning: Cleaning): Json {
  if (Number.isFinite(value)) return value
  cleaning.hasRemovedNumbers = true
  return null
}

/** With the flag `u` this finds only surrogates that stand alone. */
// oxlint-disable-next-line no-control-regex -- NUL is what is looked for
const NUL_OR_LONE_SURROGATE = /[\u0000\uD800-\uDFFF]/gu

function cleanText(text: string, cleaning: Cleaning): string {
  if (text.isWellFormed() && !text.includes('\u0000')) return text
  cleaning.hasRemovedCharacters = true
  return text.replaceAll(NUL_OR_LONE_SURROGATE, '')
}
