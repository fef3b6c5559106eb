/** The users that belong to an account, page by page: it may have more than fit into memory. */
import { newestLink } from '../../model/profile/account-link.ts'
import type { Entity, EntityId } from '../../model/profile/entity.ts'
import { DOMAIN } from '../../model/profile/identity-rules.ts'
import type { Placed } from '../../model/profile/survivor.ts'
import { ACCOUNT_USER_SPACE } from '../../model/segment/segment.ts'
import type { StoreReader } from '../../store/store.ts'
import type { AccountLink } from '../profiles/reading/linked-account.ts'

/** A user as it was found: under a part of the account, or under a domain. */
export type FoundUser = { user: EntityId; prefix: string }

export type FoundUsers = {
  found: FoundUser[]
  /** Where the next page begins; undefined on the last. */
  next: string | undefined
}

/** Of an account that is there: under all of its parts and domains, in the order of the texts. */
export function prefixesOf({ entity }: Placed): string[] {
  const domains = entity.parts.flatMap(({ identifiers }) => identifiers.filter(({ kind }) => kind === DOMAIN))
  return [...new Set([...entity.parts.map(({ id }) => id), ...domains.map(({ value }) => domainPrefix(value))])].toSorted()
}

/** Where this user is told of, wherever else it stands: the one place that says which account it belongs to. */
export function prefixOf(user: Entity, link: AccountLink | undefined): string | undefined {
  return link?.by === 'domain' ? domainPrefix(link.domain) : newestLink(user)?.account
}

function domainPrefix(domain: string): string {
  return `@${domain}`
}

/** Up to `limit` candidates behind the key `after`. Whether they belong to the account is still to be seen. */
export async function findUsers(
  store: Pick<StoreReader, 'scan'>,
  prefixes: readonly string[],
  { after, limit }: { after: string; limit: number },
): Promise<FoundUsers> {
  const found: FoundUser[] = []
  let next = after
  for (const prefix of prefixes) {
    const start = `${prefix}/`
    // The character behind "/".
    const until = `${prefix}0`
    if (after >= until) continue
    const range = { from: start, until, ...(after >= start && { after }) }
    const page = await store.scan(ACCOUNT_USER_SPACE, range, limit - found.length)
    found.push(...page.map(({ key }) => ({ user: key.slice(start.length), prefix })))
    next = page.at(-1)?.key ?? next
    if (found.length >= limit) return { found, next }
  }
  return { found, next: undefined }
}
