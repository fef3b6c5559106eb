/** The claims of a chunk's events with the documents that say who owns each: opened together, and looked up once. */
import type { Claim } from '../../model/event/event.ts'
import type { IdentityNote } from '../../model/event/timeline-event.ts'
import type { EntityId, EntityKind } from '../../model/profile/entity.ts'
import type { EventClaims } from '../../model/profile/event-claims.ts'
import { ANONYMOUS_ID, EXTERNAL_ID } from '../../model/profile/identity-rules.ts'
import type { OpenDocument } from '../apply/documents.ts'
import type { Identities } from './identities.ts'

/** `document` holds the part that owns the identifier, if any; who changes that changes it for all claims of the chunk. */
export type OpenClaim = Claim & { document: OpenDocument<EntityId> }

export type OpenClaims = {
  user: OpenClaim[]
  account: OpenClaim[]
  /** What an alias joins, either way. */
  joins: { external: OpenClaim; anonymous: OpenClaim } | undefined
  takes: OpenClaim | undefined
  notes: IdentityNote[]
}

export async function openClaims(
  identities: Record<EntityKind, Identities>,
  claims: readonly EventClaims[],
): Promise<OpenClaims[]> {
  const users = new Opening()
  const accounts = new Opening()
  const opened = claims.map(({ user, account, joins, takes, notes }) => ({
    user: user.map((claim) => users.add(claim)),
    account: account.map((claim) => accounts.add(claim)),
    joins:
      joins === undefined
        ? undefined
        : {
            external: users.add({ kind: EXTERNAL_ID, value: joins }),
            anonymous: users.add({ kind: ANONYMOUS_ID, value: joins }),
          },
    takes: takes === undefined ? undefined : users.add({ kind: ANONYMOUS_ID, value: takes }),
    notes,
  }))
  await users.open(identities.user)
  await accounts.open(identities.account)
  return opened
}

const UNOPENED: OpenDocument<EntityId> = { value: undefined, isChanged: false }

class Opening {
  readonly #claims: OpenClaim[] = []

  add({ kind, value }: Claim): OpenClaim {
    const claim = { kind, value, document: UNOPENED }
    this.#claims.push(claim)
    return claim
  }

  async open(identities: Identities): Promise<void> {
    const documents = await identities.openIdentifiers(this.#claims)
    this.#claims.forEach((claim, i) => (claim.document = documents[i] ?? UNOPENED))
  }
}
