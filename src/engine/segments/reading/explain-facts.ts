/** Conditions about traits and memberships explained: what was found, who said so, and since when. */
import type { Json } from '../../../base/json.ts'
import type { Millis } from '../../../model/profile/entity.ts'
import type { MemberPredicate, TraitPredicate, ValueTest } from '../../../model/segment/predicate.ts'
import { spanOf } from '../../../model/segment/timeframe.ts'
import { findInstant, testValue } from '../../../model/segment/value-test.ts'
import type { Zone } from '../../../model/segment/zone.ts'
import { type Provenance, provenanceOf } from '../../profiles/reading/profile-report.ts'
import { ALWAYS, heldSince, type Since, sinceAny } from './held-since.ts'
import type { StoredSubject } from './stored-subject.ts'

export type FactFindings = {
  value: Json
  write?: Provenance
  since: Since
  /** It is about the account of a user who belongs to none. */
  isWithoutAccount?: true
}

/** The answer has held since the value was written, or since a date in it came or passed. */
export function explainTrait({ owner, trait, test }: TraitPredicate, subject: StoredSubject, now: Millis): FactFindings {
  const value = subject.fact(owner, trait)
  const write = subject.writeOf(owner, trait)
  const linkedSince = owner === 'account' ? subject.linkedSince : ALWAYS
  const { zone } = subject
  const writtenAt = write === undefined ? ALWAYS : Math.min(now, write.occurredAt)
  const since = heldSince(edgesOf(test, value, zone), (instant) => testValue(test, value, instant, zone).matches, {
    now,
    from: writtenAt,
  })
  return {
    value,
    ...(write && { write: provenanceOf(write) }),
    ...(owner === 'account' && !subject.hasAccount && { isWithoutAccount: true }),
    since: linkedSince === undefined ? undefined : Math.max(since, linkedSince),
  }
}

/** When time alone can have turned the answer. */
function edgesOf(test: ValueTest, value: Json, zone: Zone): Millis[] {
  if (test.test !== 'time') return []
  const instants = [value].flat().flatMap((one) => (typeof one === 'string' ? (findInstant(one, zone) ?? []) : []))
  return instants.flatMap((at) =>
    test.when.flatMap((frame) => {
      const { enter, leave } = spanOf(frame, at, zone, 'trait')
      return [enter, leave]
    }),
  )
}

/** Since when somebody is no member, nobody keeps. */
export function explainMember({ owner, segments }: MemberPredicate, subject: StoredSubject): FactFindings {
  const inside = segments.filter((segment) => subject.isMember(owner, segment))
  const since = sinceAny(inside.map((segment) => subject.memberSince(owner, segment)))
  const linkedSince = owner === 'account' ? subject.linkedSince : ALWAYS
  const isKnown = since !== undefined && linkedSince !== undefined
  return {
    value: inside,
    ...(owner === 'account' && !subject.hasAccount && { isWithoutAccount: true }),
    since: isKnown ? Math.max(since, linkedSince) : undefined,
  }
}
