/**
 * Write keys: what a client shows to be let in. Only the SHA-256 of a key is kept, so whoever reads the file cannot send with
 * it; keys that Millrace makes have 256 random bits, so a hash without salt is enough, and one lookup finds it.
 */
import { hash } from 'node:crypto'
import type { EventType, Instant } from '../../model/event/event.ts'
import { MillraceError } from '../../base/errors.ts'

/** `track`: send events of one source. `read`: see profiles and events. `admin`: that, and change them. */
export const KEY_SCOPES = ['track', 'read', 'admin'] as const
export type KeyScope = (typeof KEY_SCOPES)[number]

export type WriteKey = {
  /** 12 hex digits: by it people name the key. */
  id: string
  /** SHA-256 of the key in hex. */
  hash: string
  /** The first characters of the key, to recognize it by. */
  prefix: string
  /** Name of the source whose events it sends; only keys without `track` may do without one. */
  source?: string
  scopes: KeyScope[]
  /** With `track`: the only types that it may send; absent for all. */
  types?: EventType[]
  createdAt: Instant
  expiresAt?: Instant
  revokedAt?: Instant
}

/** What a new key is for. */
export type WriteKeyTerms = Pick<WriteKey, 'source' | 'scopes' | 'types' | 'expiresAt'>

/** How many random bytes `generateWriteKey` wants. */
export const KEY_BYTES = 32
const ID_CHARACTERS = 12
/** Of the random part: enough to tell keys apart, and far from enough to guess the rest. */
const SHOWN_CHARACTERS = 4

/** For example `mr_track_…` with 43 characters of base64url; what it begins with tells what a found key may do. */
export function generateWriteKey(scopes: readonly KeyScope[], random: Uint8Array): string {
  const strongest = KEY_SCOPES.findLast((scope) => scopes.includes(scope)) ?? 'track'
  return `mr_${strongest}_${Buffer.from(random).toString('base64url')}`
}

/** Keys of other systems that people keep: no blanks, at least 8 characters. */
const IMPORTED_KEY = /^[\w.:~+/=-]{8,200}$/

/** What is kept of `key`. Throws `usage_invalid` for terms that make no sense, and for keys that are none. */
export function writeKeyOf(key: string, terms: WriteKeyTerms, createdAt: Instant): WriteKey {
  if (!IMPORTED_KEY.test(key)) {
    throw new MillraceError('usage_invalid', 'A write key has 8 to 200 characters: letters, digits and _ . : ~ + / = -')
  }
  if (terms.scopes.length === 0) throw new MillraceError('usage_invalid', 'A write key needs a scope.')
  if (terms.scopes.includes('track') && terms.source === undefined) {
    throw new MillraceError('usage_invalid', 'A write key with the scope "track" needs a source.')
  }
  if (terms.types !== undefined && !terms.scopes.includes('track')) {
    throw new MillraceError('usage_invalid', 'Only a write key with the scope "track" can be limited to types of events.')
  }
  const digest = hashOfKey(key)
  return { id: digest.slice(0, ID_CHARACTERS), hash: digest, prefix: shownPart(key), ...definedIn(terms), createdAt }
}

function definedIn({ source, scopes, types, expiresAt }: WriteKeyTerms): WriteKeyTerms {
  return {
    ...(source !== undefined && { source }),
    scopes: [...scopes],
    ...(types !== undefined && { types: [...types] }),
    ...(expiresAt !== undefined && { expiresAt }),
  }
}

function shownPart(key: string): string {
  const [made = ''] = /^mr_[a-z]+_/.exec(key) ?? []
  return key.slice(0, made.length + SHOWN_CHARACTERS)
}

/** Keys are found by this, never compared: an answer's time says nothing about how much of a key was right. */
export function hashOfKey(key: string): string {
  return hash('sha256', key, 'hex')
}

export function standingOf({ revokedAt, expiresAt }: WriteKey, now: number): 'valid' | 'expired' | 'revoked' {
  if (revokedAt !== undefined) return 'revoked'
  return expiresAt !== undefined && Date.parse(expiresAt) <= now ? 'expired' : 'valid'
}

/** `admin` includes `read`; neither includes `track`. */
export function hasScope({ scopes }: WriteKey, scope: KeyScope): boolean {
  return scopes.includes(scope) || (scope === 'read' && scopes.includes('admin'))
}

/** The list with `key`. Throws `usage_invalid` when it is there: one key has one meaning. */
export function withKey(keys: readonly WriteKey[], key: WriteKey): WriteKey[] {
  const same = keys.find(({ hash }) => hash === key.hash)
  if (same === undefined) return [...keys, key]
  throw new MillraceError('usage_invalid', `This key is there already, as ${same.id}${ofSource(same)}.`, {
    hint: same.revokedAt === undefined ? 'It can be used as it is.' : 'It was revoked; make a new one.',
  })
}

function ofSource({ source }: WriteKey): string {
  return source === undefined ? '' : ` of the source "${source}"`
}

/** The list with the key `id` revoked; one that was revoked before keeps its instant. Throws `usage_invalid` when there is none. */
export function withoutKey(keys: readonly WriteKey[], id: string, revokedAt: Instant): WriteKey[] {
  if (!keys.some((key) => key.id === id)) {
    throw new MillraceError('usage_invalid', `There is no write key "${id}".`, {
      hint: '`millrace source key list` shows them with their ids.',
    })
  }
  return keys.map((key) => (key.id === id ? { ...key, revokedAt: key.revokedAt ?? revokedAt } : key))
}
