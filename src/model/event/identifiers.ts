/** Identifiers as clients send them: text, or numbers by mistake; missing in many ways. */
import type { Json, JsonObject } from '../../base/json.ts'
import type { JsonPointer } from '../../base/json-pointer.ts'
import type { EventType } from './event.ts'
import { type ItemReading, quoted } from './item-reading.ts'

/** Far above any identifier of the field, and a key of every store can hold it. */
export const IDENTIFIER_CHARACTERS_MAX = 500

/**
 * The identifier without blanks around it; a number becomes text. Undefined when there is none: also for `""`, `null`,
 * `"undefined"` and `"null"`, which careless clients send, and for what is neither text nor number (both corrected).
 * Refuses the item for an identifier that `unusableReason` names.
 */
export function readIdentifier(value: Json | undefined, member: JsonPointer, reading: ItemReading): string | undefined {
  if (value === undefined || value === null) return undefined
  const reason = unusableReason(value)
  if (reason !== undefined) {
    reading.refuse('identifier_invalid', member, `"${nameOf(member)}" ${reason}.`)
    return undefined
  }
  if (typeof value === 'string') {
    const text = value.trim()
    return isPlaceholder(text) ? dropPlaceholder(text, member, reading) : text
  }
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  reading.correct(member, 'is neither text nor a number: taken as absent', value)
  return undefined
}

/** An integer that JSON has rounded may be somebody else's identifier; one that is too long fits no key. */
export function unusableReason(value: Json): string | undefined {
  if (typeof value === 'string') {
    if (value.length <= IDENTIFIER_CHARACTERS_MAX || value.trim().length <= IDENTIFIER_CHARACTERS_MAX) return undefined
    return `has ${value.trim().length} characters; the limit is ${IDENTIFIER_CHARACTERS_MAX}`
  }
  if (typeof value !== 'number' || !isRounded(value)) return undefined
  return `is the number ${quoted(value)}, which JSON may have rounded; send it as text`
}

/** Integers beyond 2^53 are not those that were sent. */
export function isRounded(value: number): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value)
}

/** What stands where a value is missing. */
export function isPlaceholder(text: string): boolean {
  return text === '' || text === 'undefined' || text === 'null'
}

function dropPlaceholder(text: string, member: JsonPointer, reading: ItemReading): undefined {
  if (text !== '') reading.correct(member, 'is no identifier: taken as absent', text)
  return undefined
}

function nameOf(member: JsonPointer): string {
  return member.slice(1).replaceAll('/', '.')
}

export type Identifiers = {
  userId: string | undefined
  anonymousId: string | undefined
  groupId: string | undefined
  previousId: string | undefined
}

/** `context.groupId` says to which account a user belongs, where the item itself does not. */
export function readIdentifiers(item: JsonObject, context: JsonObject | undefined, reading: ItemReading): Identifiers {
  const groupId = readIdentifier(item['groupId'], '/groupId', reading)
  return {
    userId: readIdentifier(item['userId'], '/userId', reading),
    anonymousId: readIdentifier(item['anonymousId'], '/anonymousId', reading),
    groupId: groupId ?? readIdentifier(context?.['groupId'], '/context/groupId', reading),
    previousId: readIdentifier(item['previousId'], '/previousId', reading),
  }
}

/** Refuses an item that lacks identifiers which its type needs. `claims`: how many further identifiers it has. */
export function requireIdentifiers(type: EventType, ids: Identifiers, claims: number, reading: ItemReading): void {
  const missing = missingIdentifier(type, ids, claims)
  if (missing === undefined) return
  reading.refuse(
    'identifier_missing',
    missing.pointer,
    `${articled(type)} event needs ${missing.needed}${describeDropped(reading)}.`,
  )
}

type MissingIdentifier = { pointer: JsonPointer; needed: string }

function missingIdentifier(type: EventType, ids: Identifiers, claims: number): MissingIdentifier | undefined {
  const isAboutUser = ids.userId !== undefined || ids.anonymousId !== undefined
  switch (type) {
    case 'track':
    case 'page':
    case 'screen':
      // With a groupId alone it is the account's event.
      if (isAboutUser || ids.groupId !== undefined) return undefined
      return { pointer: '/userId', needed: '"userId", "anonymousId" or, as an event of an account, "groupId"' }
    case 'identify':
      return isAboutUser ? undefined : { pointer: '/userId', needed: '"userId" or "anonymousId"' }
    case 'group':
      return ids.groupId !== undefined ? undefined : { pointer: '/groupId', needed: '"groupId"' }
    case 'alias':
      if (ids.userId === undefined) return { pointer: '/userId', needed: '"userId", the identifier to keep' }
      return ids.previousId !== undefined ? undefined : { pointer: '/previousId', needed: '"previousId"' }
    case 'unalias':
      if (ids.previousId === undefined) return { pointer: '/previousId', needed: '"previousId", the identifier to take away' }
      return isAboutUser ? undefined : { pointer: '/userId', needed: '"userId" or "anonymousId"' }
    case 'merge':
      if (claims + countPresent(ids.userId, ids.anonymousId, ids.previousId) >= 2) return undefined
      return {
        pointer: '/mergeProperties',
        needed: 'at least two identifiers, in "mergeProperties" or as "userId" and "previousId"',
      }
  }
}

function countPresent(...ids: (string | undefined)[]): number {
  return ids.filter((id) => id !== undefined).length
}

function articled(type: EventType): string {
  return /^[aeiou]/.test(type) ? `An ${type}` : `A ${type}`
}

/** Values that stood there and were none say more than "missing". */
function describeDropped({ corrections }: ItemReading): string {
  const dropped = corrections.filter(({ member }) => /(?:userId|anonymousId|groupId|previousId)$/.test(member))
  return dropped
    .map(({ member, was }) => `; "${nameOf(member)}" is ${was === undefined ? 'neither text nor a number' : quoted(was)}`)
    .join('')
}
