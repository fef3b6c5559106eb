/** JSON text of what may be too large or too deep to write whole. */
import type { Json } from '../../base/json.ts'
import { inspectJson } from '../../model/event/clean-json.ts'

/** Far below what JSON.stringify can follow down on a small stack. */
const STRINGIFY_LEVELS_MAX = 200

/** The first `charactersMax` characters of the JSON text of `value`, of any depth. */
export function boundedJsonText(value: Json, charactersMax: number): { text: string; isCut: boolean } {
  const isDeep = inspectJson(value, STRINGIFY_LEVELS_MAX) === 'too-deep'
  const text = isDeep ? writeDown(value, charactersMax) : JSON.stringify(value)
  if (text.length <= charactersMax) return { text, isCut: false }
  // The cut may fall into a pair of surrogates.
  return { text: text.slice(0, charactersMax).toWellFormed(), isCut: true }
}

/** A value that is still to be written, or text as it is. */
type Pending = { value: Json } | { text: string }

/** Without recursion; ends soon after `charactersMax`. */
function writeDown(value: Json, charactersMax: number): string {
  const pending: Pending[] = [{ value }]
  let written = ''
  for (let next = pending.pop(); next !== undefined && written.length <= charactersMax; next = pending.pop()) {
    if ('text' in next) written += next.text
    else if (typeof next.value !== 'object' || next.value === null) written += JSON.stringify(next.value)
    else written += open(next.value, pending)
  }
  return written
}

/** The opening bracket; what is inside follows from `pending`, last first. */
function open(value: Json[] | { [name: string]: Json }, pending: Pending[]): string {
  const isList = Array.isArray(value)
  const entries = Object.entries(value)
  pending.push({ text: isList ? ']' : '}' })
  for (let i = entries.length - 1; i >= 0; i--) {
    const [name, member] = entries[i] as [string, Json]
    const comma = i === 0 ? '' : ','
    pending.push({ value: member }, { text: isList ? comma : `${comma}${JSON.stringify(name)}:` })
  }
  return isList ? '[' : '{'
}
