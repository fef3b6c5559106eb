/** Where the SDKs of the field put the write key of a request, in the order in which it is looked for. */
import type { FastifyRequest } from 'fastify'
import { isObject, type Json } from '../../base/json.ts'

/** `bearer` may be an access token or a key; a `key` may be followed by `:` and something that does not count. */
export type Credential = { kind: 'key' | 'bearer'; text: string }

/** `Authorization: Basic` (with or without colon and password), `Authorization: Bearer`, then `X-Write-Key`. */
export function headerCredentials({ headers }: Pick<FastifyRequest, 'headers'>): Credential[] {
  const found: Credential[] = []
  const { authorization } = headers
  if (authorization !== undefined) addAuthorization(found, authorization)
  const named = headers['x-write-key']
  if (typeof named === 'string') addKey(found, named)
  return found
}

/** `?writeKey=`, for requests that cannot have headers. */
export function queryCredentials({ query }: Pick<FastifyRequest, 'query'>): Credential[] {
  const found: Credential[] = []
  if (isObject(query)) addKey(found, query['writeKey'])
  return found
}

/** `writeKey` of the body, then of the first event of its batch. */
export function bodyCredentials(body: Json, items: readonly Json[]): Credential[] {
  const found: Credential[] = []
  if (isObject(body)) addKey(found, body['writeKey'])
  const [first] = items
  if (first !== body && isObject(first)) addKey(found, first['writeKey'])
  return found
}

function addAuthorization(found: Credential[], authorization: string): void {
  const blank = authorization.indexOf(' ')
  const scheme = authorization.slice(0, blank).toLowerCase()
  const rest = authorization.slice(blank + 1).trim()
  if (scheme === 'basic') addKey(found, Buffer.from(rest, 'base64').toString())
  else if (scheme === 'bearer' && rest !== '') found.push({ kind: 'bearer', text: rest })
}

function addKey(found: Credential[], value: unknown): void {
  if (typeof value !== 'string' || value === '' || value.startsWith(':') || value.length > KEY_CHARACTERS_MAX) return
  found.push({ kind: 'key', text: value })
}

/** No key is longer, with a password behind it. */
const KEY_CHARACTERS_MAX = 1_000

/** What the key may be: all of it, or what stands before the first colon. */
export function keysIn(text: string): string[] {
  const colon = text.indexOf(':')
  if (colon === -1) return [text]
  const first = text.slice(0, colon)
  return colon === text.length - 1 ? [first] : [text, first]
}
