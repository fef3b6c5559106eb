/** Which account a user belongs to: the one that was named last, else the one with the domain of an email. */
import type { Entity, Write } from '../../../model/profile/entity.ts'
import { newestLink, workDomains } from '../../../model/profile/account-link.ts'
import type { Identity } from '../../../model/profile/event-claims.ts'
import { DOMAIN } from '../../../model/profile/identity-rules.ts'
import type { Placed } from '../../../model/profile/survivor.ts'
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
