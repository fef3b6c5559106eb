import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  generateWriteKey,
  hashOfKey,
  hasScope,
  type KeyScope,
  standingOf,
  withKey,
  withoutKey,
  type WriteKeyTerms,
  writeKeyOf,
} from './write-keys.ts'

const AT = '2026-01-01T00:00:00.000Z'
const TEXT = 'segment-key-0123456789'
const terms = { source: 'web', scopes: ['track'] } satisfies WriteKeyTerms

test.each<[KeyScope[], string]>([
  [['track'], 'mr_track_'],
  [['read'], 'mr_read_'],
  [['read', 'admin', 'track'], 'mr_admin_'],
])('a key that is made for %j says so and has 256 bits', (scopes, start) => {
  const key = generateWriteKey(scopes, new Uint8Array(32).fill(255))
  expect(key).toBe(`${start}${'_'.repeat(42)}8`)
  expect(writeKeyOf(key, { source: 'web', scopes }, AT).prefix).toBe(`${start}____`)
})

test('of a key its SHA-256 is kept, and the beginning', () => {
  const digest = createHash('sha256').update(TEXT).digest('hex')
  expect(hashOfKey(TEXT)).toBe(digest)
  expect(writeKeyOf(TEXT, terms, AT)).toEqual({ id: digest.slice(0, 12), hash: digest, prefix: 'segm', ...terms, createdAt: AT })
})

describe('a key is refused', () => {
  test.each<[string, string, WriteKeyTerms]>([
    ['that is short', 'short', terms],
    ['with a blank', 'segment key 0123', terms],
    ['that tracks for no source', TEXT, { scopes: ['track'] }],
    ['without a scope', TEXT, { source: 'web', scopes: [] }],
    ['for types of events that it may not send', TEXT, { scopes: ['read'], types: ['page'] }],
  ])('%s', (_name, text, terms) => {
    expect(() => writeKeyOf(text, terms, AT)).toThrow(expect.objectContaining({ code: 'usage_invalid' }) as Error)
  })

  test('that is there already', () => {
    const key = writeKeyOf(TEXT, terms, AT)
    expect(() => withKey([key], key)).toThrow(`This key is there already, as ${key.id} of the source "web".`)
  })
})

test('a key holds until it expires or is revoked', () => {
  const key = writeKeyOf(TEXT, { ...terms, expiresAt: AT }, AT)
  expect(standingOf(key, Date.parse(AT) - 1)).toBe('valid')
  expect(standingOf(key, Date.parse(AT))).toBe('expired')
  const [revoked] = withoutKey([key], key.id, AT)
  expect(revoked && standingOf(revoked, 0)).toBe('revoked')
  expect(withoutKey(revoked ? [revoked] : [], key.id, '2027-01-01T00:00:00.000Z')).toEqual([revoked])
  expect(() => withoutKey([key], 'none', AT)).toThrow('There is no write key "none".')
})

test.each<[KeyScope[], KeyScope[]]>([
  [['track'], ['track']],
  [['read'], ['read']],
  [['admin'], ['read', 'admin']],
  [
    ['admin', 'track'],
    ['track', 'read', 'admin'],
  ],
])('%j allows %j', (scopes, allowed) => {
  const key = writeKeyOf(TEXT, { source: 'web', scopes }, AT)
  expect((['track', 'read', 'admin'] as const).filter((scope) => hasScope(key, scope))).toEqual(allowed)
})
