/** Which account a user belongs to: the one that was named last, else the one with the domain of an email. */
import type { Entity, EntityId, Write } from '../../../model/profile/entity.ts'
import { domainOfEmail, normalizeIdentifier } from '../../../model/profile/identifier-value.ts'
import type { Identity } from '../../../model/profile/event-claims.ts'
import { DOMAIN, EMAIL } from '../../../model/profile/identity-rules.ts'
import type { Placed } from '../../../model/profile/survivor.ts'
import { compareWrites } from '../../../model/profile/trait-order.ts'
import type { ProfileLookup } from './profile-lookup.ts'

export type AccountLink = { placed: Placed } & ({ by: 'link'; at: Write } | { by: 'domain'; domain: string })

/** Undefined when the user belongs to none, also when the account was erased. */
export async function findLinkedAccount(
  user: Entity,
  lookup: ProfileLookup,
  identity: Identity,
): Promise<AccountLink | undefined> {
  const link = newestLink(user)
  if (link) {
    const placed = await lookup.follow('account', link.account)
    if (placed) return { placed, by: 'link', at: link.at }
  }
  for (const domain of workDomains(user, identity)) {
    const placed = await lookup.findOwner('account', { kind: DOMAIN, value: domain })
    if (placed) return { placed, by: 'domain', domain }
  }
  return undefined
}

function newestLink({ parts }: Entity): { account: EntityId; at: Write } | undefined {
  const links = parts.flatMap(({ link }) => link ?? [])
  return links.toSorted((a, b) => compareWrites(b.at, a.at, 'newest'))[0]
}

/** Free mail, and what is blocked, identifies no account. */
function workDomains({ parts }: Entity, { values }: Identity): Set<string> {
  const emails = parts.flatMap(({ identifiers }) => identifiers.filter(({ kind }) => kind === EMAIL))
  const domains = emails.map(({ value }) => normalizeIdentifier(DOMAIN, domainOfEmail(value), values))
  return new Set(domains.filter((domain) => typeof domain === 'string'))
}
