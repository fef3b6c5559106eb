/** What says which account a user belongs to: the one that its events named last, else the one with the domain of an email. */
import type { Entity, EntityId, Write } from './entity.ts'
import type { Identity } from './event-claims.ts'
import { domainOfEmail, normalizeIdentifier } from './identifier-value.ts'
import { DOMAIN, EMAIL } from './identity-rules.ts'
import { compareWrites } from './trait-order.ts'

export type Link = { account: EntityId; at: Write }

export function newestLink({ parts }: Entity): Link | undefined {
  const links = parts.flatMap(({ link }) => link ?? [])
  return links.toSorted((a, b) => compareWrites(b.at, a.at, 'newest'))[0]
}

/** Free mail, and what is blocked, identifies no account. */
export function workDomains({ parts }: Entity, { values }: Pick<Identity, 'values'>): Set<string> {
  const emails = parts.flatMap(({ identifiers }) => identifiers.filter(({ kind }) => kind === EMAIL))
  const domains = emails.map(({ value }) => normalizeIdentifier(DOMAIN, domainOfEmail(value), values))
  return new Set(domains.filter((domain) => typeof domain === 'string'))
}
