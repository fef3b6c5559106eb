/** The type of an event, from the body or else from the path. */
import type { Json } from '../../base/json.ts'
import { suggest } from '../../base/suggest.ts'
import { EVENT_TYPES, type EventType } from './event.ts'
import { type ItemReading, quoted } from './item-reading.ts'

/** The paths of browsers' libraries are single letters: `/v1/t`. */
const LETTERS: Record<string, EventType> = { i: 'identify', t: 'track', p: 'page', s: 'screen', g: 'group', a: 'alias' }

const TYPES = new Map<string, EventType>([...EVENT_TYPES.map((type) => [type, type] as const), ...Object.entries(LETTERS)])

/** The type that a word or a letter means, in any case and with blanks around it. */
export function typeNamed(text: string): EventType | undefined {
  return TYPES.get(text) ?? TYPES.get(text.trim().toLowerCase())
}

/** What the body says counts; the path speaks where the body says nothing. Case does not matter. */
export function readType(said: Json | undefined, pathType: string | undefined, reading: ItemReading): EventType | undefined {
  const isSaid = said !== undefined && said !== null && said !== ''
  const found = isSaid ? said : pathType
  if (found === undefined) {
    reading.refuse('type_unknown', '/type', `"type" is missing, and the path names none; it is one of ${EVENT_TYPES.join(', ')}.`)
    return undefined
  }
  const type = typeof found === 'string' ? typeNamed(found) : undefined
  if (type === undefined)
    reading.refuse('type_unknown', '/type', describeUnknown(found, isSaid ? '"type"' : 'The type of the path'))
  return type
}

/** Longer than any word that could be meant. */
const SUGGESTED_FOR_MAX = 20

function describeUnknown(found: Json, where: string): string {
  const isWord = typeof found === 'string' && found.length <= SUGGESTED_FOR_MAX
  const near = isWord ? suggest(found.trim().toLowerCase(), [...EVENT_TYPES]) : undefined
  const known = near === undefined ? `it is one of ${EVENT_TYPES.join(', ')}.` : `did you mean "${near}"?`
  return `${where} is ${quoted(found)}; ${known}`
}
