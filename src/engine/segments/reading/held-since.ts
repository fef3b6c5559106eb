/** Since when an answer has been what it is, where that follows from what happened. */
import type { Millis } from '../../../model/profile/entity.ts'

/** Negative infinity: for as long as there is anything. Undefined: not known. */
export type Since = Millis | undefined

export const ALWAYS = Number.NEGATIVE_INFINITY

/**
 * The last instant up to `now` at which the answer turned to what it is now. `boundaries`: all instants at which it can have turned.
 * `from`: nothing is known of what was before.
 */
export function heldSince(
  boundaries: readonly Millis[],
  answerAt: (instant: Millis) => boolean,
  { now, from = ALWAYS }: { now: Millis; from?: Millis },
): Millis {
  const answer = answerAt(now)
  const past = [...new Set(boundaries)].filter((at) => at <= now && at > from).toSorted((a, b) => b - a)
  return past.find((at) => answerAt(at - 1) !== answer) ?? from
}

/** All of the answers are needed: the last one to turn decides. Unknown when any is. */
export function sinceAll(parts: readonly Since[]): Since {
  return parts.reduce<Since>(
    (latest, one) => (latest === undefined || one === undefined ? undefined : Math.max(latest, one)),
    ALWAYS,
  )
}

/** Any of the answers is enough: it has held at least since the first of them turned. Unknown when none is known. */
export function sinceAny(parts: readonly Since[]): Since {
  const known = parts.filter((one) => one !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}
