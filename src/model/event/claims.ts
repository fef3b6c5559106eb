/** Further identifiers of an event: `context.externalIds` of Segment's libraries, `mergeProperties` of RudderStack's. */
import { isObject, type Json } from '../../base/json.ts'
import { ANONYMOUS_ID, EXTERNAL_ID } from '../profile/identity-rules.ts'
import type { Claim } from './event.ts'
import { readIdentifier, unusableReason } from './identifiers.ts'
import type { ItemReading } from './item-reading.ts'

/** What the field calls the kinds that Millrace has names of its own for. */
const KIND_NAMES = new Map([
  ['user_id', EXTERNAL_ID],
  ['userId', EXTERNAL_ID],
  ['externalId', EXTERNAL_ID],
  ['anonymousId', ANONYMOUS_ID],
  ['anonymous_id', ANONYMOUS_ID],
])

/** Of a kind's name. */
const KIND_CHARACTERS_MAX = 100

/** `[{ id, type, collection, encoding }]`: those of users, unencoded. Others are left out, with a correction. */
export function readExternalIds(list: Json | undefined, reading: ItemReading): Claim[] {
  if (list === undefined || list === null) return []
  if (!Array.isArray(list)) {
    reading.correct('/context/externalIds', 'is no list: left out', list)
    return []
  }
  const claims: Claim[] = []
  for (const [i, entry] of list.entries()) {
    const member = `/context/externalIds/${i}`
    if (!isObject(entry)) reading.correct(member, 'is no object: left out', entry)
    else if (!isOneOf(entry['collection'], 'users'))
      reading.correct(member, 'is not of the collection "users": left out', entry['collection'])
    else if (!isOneOf(entry['encoding'], 'none')) reading.correct(member, 'is encoded: left out', entry['encoding'])
    else addClaim(claims, { kind: entry['type'], value: entry['id'], member: [member, 'id'] }, reading)
  }
  return claims
}

/** `[{ type, value }]`: the identifiers that belong to one person. */
export function readMergeProperties(list: Json | undefined, reading: ItemReading): Claim[] {
  if (list === undefined || list === null) return []
  if (!Array.isArray(list)) {
    reading.correct('/mergeProperties', 'is no list: left out', list)
    return []
  }
  const claims: Claim[] = []
  for (const [i, entry] of list.entries()) {
    const member = `/mergeProperties/${i}`
    if (isObject(entry)) addClaim(claims, { kind: entry['type'], value: entry['value'], member: [member, 'value'] }, reading)
    else reading.correct(member, 'is no object: left out', entry)
  }
  return claims
}

type SentClaim = { kind: Json | undefined; value: Json | undefined; member: [entry: string, value: string] }

function addClaim(claims: Claim[], sent: SentClaim, reading: ItemReading): void {
  const [entry, valueName] = sent.member
  const kind = typeof sent.kind === 'string' ? sent.kind.trim() : ''
  if (kind === '' || kind.length > KIND_CHARACTERS_MAX) {
    reading.correct(`${entry}/type`, 'is not the name of a kind of identifier: left out', sent.kind)
    return
  }
  const reason = sent.value === undefined ? undefined : unusableReason(sent.value)
  if (reason !== undefined) {
    reading.correct(`${entry}/${valueName}`, `${reason}: left out`)
    return
  }
  const value = readIdentifier(sent.value, `${entry}/${valueName}`, reading)
  if (value !== undefined) claims.push({ kind: KIND_NAMES.get(kind) ?? kind, value })
}

function isOneOf(value: Json | undefined, expected: string): boolean {
  return value === undefined || value === null || value === expected
}
