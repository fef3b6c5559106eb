/** The order in which writes of a trait count. It is total: no two events have the same place in the log. */
import type { Write } from './entity.ts'
import type { TraitRule } from './trait.ts'

export type TraitOrder = TraitRule['order']

/** Negative when `a` counts before `b`. `newest`: by time, then by place in the log; `last-received`: by place alone. */
export function compareWrites(a: Write, b: Write, order: TraitOrder): number {
  if (order === 'newest' && a.occurredAt !== b.occurredAt) return a.occurredAt - b.occurredAt
  return a.position - b.position || a.index - b.index
}
