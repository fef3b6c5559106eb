/**
 * The only way in for documents from outside: JSON.parse, and a refusal of what JSON can write but a program cannot hold
 * unchanged. A glance at the text tells that nothing of it is there; only then the parsed document is looked through.
 */
import { messageOf } from '../../base/errors.ts'
import type { Json } from '../../base/json.ts'
import { formatPointer, type JsonPointer } from '../../base/json-pointer.ts'
import { isDeeperThan, NESTING_MAX } from './nesting.ts'

export type ParsedDocument = { document: Json } | { problem: string; pointer?: JsonPointer }

/**
 * Refused, with the place: integers beyond ±(2^53 - 1), which would be rounded without a word, and numbers beyond the range of a
 * double, which would become null; properties named `__proto__`; nesting deeper than `NESTING_MAX`. Of a property that occurs twice the last one counts. Never throws.
 */
export function parseDocument(text: string): ParsedDocument {
  let document: Json
  try {
    document = JSON.parse(text) as Json
  } catch (error) {
    return { problem: `is not JSON: ${messageOf(error)}` }
  }
  if (text.length > SHALLOW_LENGTH && isDeeperThan(document, NESTING_MAX)) {
    return { problem: `is nested deeper than ${NESTING_MAX} levels` }
  }
  if (text.includes('__proto__') || text.includes('\\u00')) {
    const pointer = findProto(document, [])
    if (pointer !== undefined) return { problem: 'has a property named "__proto__", which is not allowed', pointer }
  }
  const mayBeUnsafe =
    (LONG_DIGITS.test(text) && (LONG_INTEGER.test(text) || text.length > LARGEST_DIGITS)) || LARGE_EXPONENT.test(text)
  return mayBeUnsafe ? refuseUnsafe(text, document) : { document }
}

/** A text that opens and closes more levels than are allowed is longer than this. */
const SHALLOW_LENGTH = 2 * NESTING_MAX

/**
 * Every integer from 2^53 has 16 digits or more. The first test is cheap (a counted `\d{16}` would take ten times as long, since
 * it does not skip ahead), the second spares long fractions the slow way.
 */
const LONG_DIGITS = new RegExp('[0-9]'.repeat(16))
const LONG_INTEGER = /(?<![\d.eE+])\d{16,}(?![\d.eE])/

/** The largest double is about 1.8e308: 309 digits when written without an exponent. */
const LARGEST_DIGITS = 309
const LARGE_EXPONENT = /[eE]\+?[0-9]{3}/

function findProto(value: Json, path: (string | number)[]): JsonPointer | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  for (const name of Object.keys(value)) {
    const below = [...path, name]
    const pointer = name === '__proto__' ? formatPointer(below) : findProto((value as Record<string, Json>)[name] as Json, below)
    if (pointer !== undefined) return pointer
  }
  return undefined
}

/** Enough to find it again. */
const SHOWN_DIGITS_MAX = 60

/** Parses once more with sight of the numbers' texts; `document` is the result when none is unsafe. */
function refuseUnsafe(text: string, document: Json): ParsedDocument {
  let unsafe: string | undefined
  // Stands for the number found until its place is known.
  const mark: Json = {}
  const reviver = (_name: string, value: Json, context?: { source?: string }): Json => {
    const source = context?.source
    if (unsafe !== undefined || typeof value !== 'number' || source === undefined) return value
    const isKept = Number.isSafeInteger(value) || (Number.isFinite(value) && !/^-?\d+$/.test(source))
    if (isKept) return value
    unsafe = source
    return mark
  }
  const marked = (JSON.parse as (text: string, reviver: unknown) => Json)(text, reviver)
  if (unsafe === undefined) return { document }
  const pointer = findValue(marked, mark, [])
  const number = unsafe.length > SHOWN_DIGITS_MAX ? `${unsafe.slice(0, SHOWN_DIGITS_MAX)}…` : unsafe
  const problem = /^-?\d+$/.test(unsafe)
    ? `has the integer ${number}, which is beyond ±(2^53 - 1) and would be rounded; send it as a string`
    : `has the number ${number}, which is beyond the range of a double; send it as a string`
  return pointer === undefined ? { problem } : { problem, pointer }
}

function findValue(value: Json, wanted: Json, path: (string | number)[]): JsonPointer | undefined {
  if (value === wanted) return formatPointer(path)
  if (typeof value !== 'object' || value === null) return undefined
  for (const name of Object.keys(value)) {
    const pointer = findValue((value as Record<string, Json>)[name] as Json, wanted, [...path, name])
    if (pointer !== undefined) return pointer
  }
  return undefined
}
