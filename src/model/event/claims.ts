/** Further identifiers of an event: `context.externalIds` of Segment's libraries, `externalId` and `mergeProperties` of RudderStack's. */
import { isObject, type Json, type JsonObject } from '../../base/json.ts'
import type { EntityKind } from '../profile/entity.ts'
import type { JsonPointer } from '../../base/json-pointer.ts'
import { ANONYMOUS_ID, EXTERNAL_ID } from '../profile/identity-rules.ts'
import type { Claim } from './event.ts'
import { readIdentifier, unusableReason } from './identifiers.ts'
import type { ItemReading } from './item-reading.ts'

/** What the field calls the kinds that Millrace has names of its own for. */
const COMMON_NAMES = [
  ['externalId', EXTERNAL_ID],
  ['anonymousId', ANONYMOUS_ID],
  ['anonymous_id', ANONYMOUS_ID],
] as const
const KIND_NAMES: Record<EntityKind, ReadonlyMap<string, string>> = {
  user: new Map([...COMMON_NAMES, ['user_id', EXTERNAL_ID], ['userId', EXTERNAL_ID]]),
  account: new Map([
    ...COMMON_NAMES,
    ['group_id', EXTERNAL_ID],
    ['groupId', EXTERNAL_ID],
    ['account_id', EXTERNAL_ID],
    ['accountId', EXTERNAL_ID],
  ]),
}

/** Whom an external id belongs to, by what it says of its collection; without it, to the user. */
const COLLECTIONS: ReadonlyMap<Json | undefined, EntityKind> = new Map<Json | undefined, EntityKind>([
  [undefined, 'user'],
  [null, 'user'],
  ['users', 'user'],
  ['accounts', 'account'],
  ['groups', 'account'],
])

/** Of a kind's name. */
const KIND_CHARACTERS_MAX = 100

export type SentClaims = Readonly<Record<EntityKind, readonly Claim[]>>

const NO_CLAIMS: SentClaims = { user: [], account: [] }

/**
 * `externalIds`, or `externalId`: `[{ id, type, collection, encoding }]`, those of users and of accounts, unencoded. Others are left
 * out, with a correction.
 */
export function readContextClaims(context: JsonObject | undefined, reading: ItemReading): SentClaims {
  const several = context?.['externalIds']
  const single = context?.['externalId']
  if (isAbsent(several) && isAbsent(single)) return NO_CLAIMS
  const claims = { user: [], account: [] }
  readExternalIds(claims, { list: several, member: '/context/externalIds' }, reading)
  readExternalIds(claims, { list: single, member: '/context/externalId' }, reading)
  return claims
}

type SentList = { list: Json | undefined; member: JsonPointer }
type Claims = Record<EntityKind, Claim[]>

function readExternalIds(claims: Claims, { list, member }: SentList, reading: ItemReading): void {
  if (isAbsent(list)) return
  if (!Array.isArray(list)) return reading.correct(member, 'is no list: left out', list)
  for (const [i, entry] of list.entries()) readExternalId(claims, { entry, member: `${member}/${i}` }, reading)
}

type SentEntry = { entry: Json; member: JsonPointer }

function readExternalId(claims: Claims, { entry, member }: SentEntry, reading: ItemReading): void {
  if (!isObject(entry)) return reading.correct(member, 'is no object: left out', entry)
  const { id, type, collection, encoding } = entry
  const entity = COLLECTIONS.get(collection)
  if (entity === undefined) return reading.correct(member, 'is of no collection that is known: left out', collection)
  if (!isAbsent(encoding) && encoding !== 'none') return reading.correct(member, 'is encoded: left out', encoding)
  addClaim(claims[entity], { entity, kind: type, value: id, member: [member, 'id'] }, reading)
}

/** `[{ type, value }]`: the identifiers that belong to one person. */
export function readMergeProperties(list: Json | undefined, reading: ItemReading): Claim[] {
  if (isAbsent(list)) return []
  if (!Array.isArray(list)) {
    reading.correct('/mergeProperties', 'is no list: left out', list)
    return []
  }
  const claims: Claim[] = []
  for (const [i, entry] of list.entries()) {
    const member = `/mergeProperties/${i}`
    if (!isObject(entry)) reading.correct(member, 'is no object: left out', entry)
    else addClaim(claims, { entity: 'user', kind: entry['type'], value: entry['value'], member: [member, 'value'] }, reading)
  }
  return claims
}

type SentClaim = {
  entity: EntityKind
  kind: Json | undefined
  value: Json | undefined
  member: [entry: JsonPointer, value: string]
}

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
  if (value !== undefined) claims.push({ kind: KIND_NAMES[sent.entity].get(kind) ?? kind, value })
}

function isAbsent(value: Json | undefined): value is null | undefined {
  return value === undefined || value === null
}
