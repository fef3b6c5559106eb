/**
 * Identifiers that give a person away wherever they stand: email addresses, and long ones with digits (UUIDs, hashes). Short ones,
 * `42` or `anna`, mean the person only in the members that are there for identifiers: elsewhere they are quantities and first names.
 */
import { domainToUnicode } from 'node:url'
import { isObject, type Json } from '../../base/json.ts'
import type { Claim } from '../../model/event/event.ts'
import { DOMAIN, EMAIL } from '../../model/profile/identity-rules.ts'

/** A UUID has 36, ids of databases with random parts 16 to 24. */
const DISTINCTIVE_CHARACTERS = 16

export function isDistinctive({ kind, value }: Claim): boolean {
  if (kind === DOMAIN) return false
  return kind === EMAIL || (value.length >= DISTINCTIVE_CHARACTERS && /\d/.test(value))
}

/** In lower case: the ways in which a value is written in texts. */
export function spellings({ kind, value }: Claim): string[] {
  const forms = [value, encodeURIComponent(value)]
  if (kind === EMAIL || kind === DOMAIN) {
    const at = value.lastIndexOf('@') + 1
    forms.push(value.slice(0, at) + domainToUnicode(value.slice(at)))
  }
  return [...new Set(forms.map(foldText))]
}

/** The form in which texts and spellings are compared: one case, letters composed. */
export function foldText(text: string): string {
  return text.toLowerCase().normalize('NFC')
}

/** Characters that would make it another address or id: `mary.ann@example.com` is not `ann@example.com`. */
const GOES_ON = /[\p{L}\p{N}_%+-]/u

/** Whether `text` (folded) has `word` and not only as a part of a longer one. */
export function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const end = at + word.length
    const goesOnBefore = GOES_ON.test(text.charAt(at - 1)) || (text.charAt(at - 1) === '.' && GOES_ON.test(text.charAt(at - 2)))
    const goesOnAfter = GOES_ON.test(text.charAt(end)) || (text.charAt(end) === '.' && GOES_ON.test(text.charAt(end + 1)))
    if (!goesOnBefore && !goesOnAfter) return true
  }
  return false
}

/** True when `test` holds for any text in the value, names of members included. */
export function someText(value: Json | undefined, test: (text: string) => boolean): boolean {
  if (typeof value === 'string') return test(value)
  if (Array.isArray(value)) return value.some((item) => someText(item, test))
  if (!isObject(value)) return false
  return Object.entries(value).some(([name, member]) => test(name) || someText(member, test))
}
