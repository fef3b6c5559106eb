/** Users and accounts as notifications show them: what the store knows at present. */
import type { EntityKind } from '../../model/profile/entity.ts'
import type { Placed } from '../../model/profile/survivor.ts'
import { factsOf } from '../../model/segment/entity-facts.ts'
import type { TraitRules } from '../../model/profile/trait-rules.ts'
import type { EntityReport } from './notification.ts'

export type RulesByKind = Readonly<Record<EntityKind, TraitRules>>

/** `indexed_at`: when the latest that is known of it came, be it a trait or, as `touchedAt` says, an event. */
export function reportUser(
  user: Placed,
  rules: RulesByKind,
  { touchedAt, segments }: { touchedAt: string; segments: string[] },
): EntityReport {
  const writtenAt = lastWrittenAt(user)
  return {
    ...factsOf('user', { id: user.id, parts: user.entity.parts }, rules.user),
    id: user.id,
    indexed_at: touchedAt > writtenAt ? touchedAt : writtenAt,
    segment_ids: segments,
  }
}

/** `updated_at`: when the latest that is known of it came, unless a trait of that name says something else. */
export function reportAccount(account: Placed, rules: RulesByKind): EntityReport {
  return {
    updated_at: lastWrittenAt(account),
    ...factsOf('account', { id: account.id, parts: account.entity.parts }, rules.account),
    id: account.id,
  }
}

function lastWrittenAt({ entity: { parts, merges } }: Placed): string {
  let last = 0
  for (const { created, identifiers, writes, link } of parts) {
    last = Math.max(last, created.receivedAt, link?.at.receivedAt ?? 0)
    for (const { since } of identifiers) last = Math.max(last, since.receivedAt)
    for (const number in writes) last = Math.max(last, writes[number]?.receivedAt ?? 0)
  }
  for (const { cause } of merges) last = Math.max(last, cause.receivedAt)
  return new Date(last).toISOString()
}
