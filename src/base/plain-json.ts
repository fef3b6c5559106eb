import type { Json } from './json.ts'

/**
 * What JSON would make of a value that code has built: members that are undefined vanish, dates become text. The value itself
 * comes back when it is plain already (the usual case, which this is fast at). Throws TypeError for a cycle or a bigint.
 */
export function toPlainJson(value: unknown): Json | undefined {
  if (isPlain(value, 0)) return value as Json
  const text = JSON.stringify(value) as string | undefined
  return text === undefined ? undefined : (JSON.parse(text) as Json)
}

/** Deeper than any sensible document; a cycle ends here and is then refused by JSON.stringify. */
const DEPTH_MAX = 500

function isPlain(value: unknown, depth: number): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || depth > DEPTH_MAX) return false
  // Frozen parts come from the engine: they were parsed from JSON, or have been through here.
  if (Object.isFrozen(value)) return true
  if (Array.isArray(value)) return value.every((item) => isPlain(item, depth + 1))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return false
  for (const name in value) {
    if (!isPlain((value as Record<string, unknown>)[name], depth + 1)) return false
  }
  return true
}
