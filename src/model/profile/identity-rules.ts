/** How identifiers lead to entities: the catalog's `identity`, with the defaults of the field filled in. */

export type IdentifierRule = {
  kind: string
  /** At most so many of one entity; one more is not added, and the event says so. 1 for kinds that cannot change. */
  limit: number
}

export type IdentityRules = {
  /** By falling priority: the first that is found decides. */
  user: IdentifierRule[]
  account: IdentifierRule[]
  /** What a user's external id looks like; absent: anything. */
  externalId?: ExternalIdRule
  /** Values of no kind are taken from these patterns (anchored, case-insensitive): `null`, `undefined`, `0…0`, … */
  blockedValues: string[]
  /** Domains of free mail, beside the public list: no account has one, and none is matched by one. */
  freemailDomains: string[]
}

/** Values that do not match as a whole (case counts) are taken as anonymous ids, or not at all. */
export type ExternalIdRule = { pattern: string; otherwise: 'anonymous_id' | 'ignore' }

/** By `external_id` a person is known for good: it never changes, and two entities that have one never merge by themselves. */
export const EXTERNAL_ID = 'external_id'
export const EMAIL = 'email'
export const DOMAIN = 'domain'
export const ANONYMOUS_ID = 'anonymous_id'

export const DEFAULT_IDENTITY_RULES: IdentityRules = {
  user: [
    { kind: EXTERNAL_ID, limit: 1 },
    { kind: EMAIL, limit: 5 },
    { kind: ANONYMOUS_ID, limit: 100 },
  ],
  account: [
    { kind: EXTERNAL_ID, limit: 1 },
    { kind: DOMAIN, limit: 5 },
    { kind: ANONYMOUS_ID, limit: 100 },
  ],
  blockedValues: [
    'null',
    'undefined',
    'none',
    'nan',
    'anonymous',
    'guest',
    'unknown',
    'true',
    'false',
    'n/a',
    '-1',
    '[0-]*',
    '\\[object object\\]',
  ],
  freemailDomains: [],
}
