/**
 * Which tally answers a question. Who keeps more than is asked for knows the answer as well: so of several questions that differ by how
 * much they look at, only the largest is kept.
 */
import type { Keep, Tally, TallyState } from './segment.ts'

/** The same for tallies that differ by how much they keep, and by nothing else. */
export function tallyFamily({ kind, events, keeps }: Tally): string {
  return JSON.stringify([kind, events, keeps.keep, ...fixedOf(keeps)])
}

/** Of one family: whoever keeps the first can answer what the second is asked. */
export function covers(keeps: Keep, asked: Keep): boolean {
  switch (keeps.keep) {
    case 'count':
      return asked.keep === 'count' && keeps.cap >= asked.cap
    case 'latest':
    case 'earliest':
      return asked.keep === keeps.keep && keeps.size >= asked.size
    case 'all':
      return asked.keep === 'all' && reaches(keeps.forMs, asked.forMs) && reachesFrom(keeps.from, asked.from)
  }
}

/** Of the tallies of its family: one whose history is there, if there is one; else the one that came first. */
export function answeringTally(family: readonly TallyState[], asked: Tally): TallyState | undefined {
  const able = family.filter(({ tally }) => covers(tally.keeps, asked.keeps))
  return able.find(({ isComplete }) => isComplete) ?? able[0]
}

function fixedOf(keeps: Keep): unknown[] {
  switch (keeps.keep) {
    case 'count':
      return [keeps.from ?? null, keeps.until ?? null]
    case 'latest':
    case 'earliest':
      return []
    case 'all':
      // Of more than are kept the newest stay, so those until another instant are not among them.
      return [keeps.property ?? null, keeps.until ?? null]
  }
}

function reaches(forMs: number | undefined, askedMs: number | undefined): boolean {
  return forMs === undefined || (askedMs !== undefined && forMs >= askedMs)
}

function reachesFrom(from: number | undefined, asked: number | undefined): boolean {
  return from === undefined || (asked !== undefined && from <= asked)
}
