/** What rules may ask of an entity, and how they answer. */
import type { Json } from '../../base/json.ts'
import type { Millis } from '../profile/entity.ts'
import type { CountTest, Owner, Verdict } from './predicate.ts'
import type { Counted, Tally } from './segment.ts'
import type { Zone } from './zone.ts'

/** An entity, as rules see it. */
export interface Subject {
  /** Of its calendar: the segment's, or its own. */
  readonly zone: Zone
  /** Null when there is no such value, or no account. */
  fact(owner: Owner, key: string): Json
  /** Of all its parts together; undefined when nothing was counted. */
  counted(tally: Tally): Counted | undefined
  isMember(owner: Owner, segment: string): boolean
  /** Accounts: how many of its users are in an internal segment. */
  usersIn(segment: string): number
}

export type Evaluator = (subject: Subject, now: Millis) => Verdict

export const NEVER = Number.POSITIVE_INFINITY

const HOLDS: Verdict = Object.freeze({ matches: true, until: NEVER })
const FAILS: Verdict = Object.freeze({ matches: false, until: NEVER })

export function constant(matches: boolean): Verdict {
  return matches ? HOLDS : FAILS
}

export function passesCount({ min, max, negated }: CountTest, count: number): boolean {
  return (count >= min && (max === null || count <= max)) !== negated
}
