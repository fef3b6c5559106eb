/**
 * Strings as the database holds them: `text`, legible in `psql`, with an escape for NUL, which `text` cannot hold. Texts that are not
 * hashed keep their order.
 */
import { hash } from 'node:crypto'
import { invariant } from '../../base/errors.ts'

/** Starts an escape; JSON text contains neither this nor NUL, so documents are stored as they are. */
const ESCAPE = '\u0001'
const NUL = '\0'
const [ESCAPED_NUL, ESCAPED_ESCAPE, HASHED] = [`${ESCAPE}0`, `${ESCAPE}1`, `${ESCAPE}h`]
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const UNSTORABLE = /[\0\u0001]/

/** A B-tree takes entries of up to 2704 bytes, a character has up to 3; longer keys are looked up by their hash. */
const KEY_LENGTH_MAX = 800

export function toStored(text: string): string {
  invariant(text.isWellFormed(), 'spaces, keys and values are well-formed strings')
  if (!UNSTORABLE.test(text)) return text
  return text.replaceAll(ESCAPE, ESCAPED_ESCAPE).replaceAll(NUL, ESCAPED_NUL)
}

export function toStoredKey(key: string): string {
  const stored = toStored(key)
  return stored.length <= KEY_LENGTH_MAX ? stored : `${HASHED}${hash('sha256', stored)}`
}

/** The key of this one cannot be had back. */
export function isHashed(storedKey: string): boolean {
  return storedKey.startsWith(HASHED)
}

export function fromStored(stored: string): string {
  if (!stored.includes(ESCAPE)) return stored
  return stored.replaceAll(ESCAPED_NUL, NUL).replaceAll(ESCAPED_ESCAPE, ESCAPE)
}
